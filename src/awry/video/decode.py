"""Decoded pictures become frames with their places and times: for files, streams and cameras."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from av.container import InputContainer
from av.video.frame import PictureType

from awry.frames import Frame
from awry.video.container import claimed_rate, counts_frames, has_clock, opening_notes, the_video
from awry.video.pace import Pace
from awry.video.places import REORDER, Packet, Placed, Places
from awry.video.source import SourceHealth
from awry.video.table import FrameTable
from awry.video.timeline import JUMP_S, Timeline
from awry.video.unpack import LISTED, READ_ERRORS, Picture, Unpacker
from awry.video.upright import Turn, turn_of, upright_image

# So many of the next frames' stamps are looked at before a frame's own is believed.
_AHEAD = 4
# Live, a stamp is believed at once that is so near to where it was expected.
_SUDDEN_S = 0.5
# Codecs without pyramids of bidirectional pictures.
_SIMPLE_B = frozenset({"mpeg1video", "mpeg2video", "mpeg4", "vc1", "wmv3"})


@dataclass(slots=True)
class _Damage:
    """Which pictures suffer from an earlier error.

    Pictures are built on ones that were decoded before them, so damage lasts until the next key
    picture. `_since` holds the numbers, in the order of decoding, behind which pictures suffer;
    `built_on_b` tells whether bidirectional pictures are built upon in this codec.
    """

    built_on_b: bool
    _since: list[int] = field(default_factory=list)

    def begin(self, number: int) -> None:
        self._since.append(number)

    def judge(self, picture: Picture) -> bool:
        """Whether this picture is damaged."""
        number = picture.packet.number
        if picture.decoded.key_frame:
            self._since = [since for since in self._since if since >= number]
        suffers = any(since < number for since in self._since)
        ends_here = picture.decoded.pict_type == PictureType.B and not self.built_on_b
        if picture.suspect and not suffers and not ends_here:
            self.begin(number)
        return picture.suspect or suffers


class Decoder:
    """The frames of the video of an open container.

    Args:
        container: freshly opened, not yet read.
        health: filled while frames are read.
        live: deliver each frame at once, unless its stamp is in doubt, instead of looking at the
            stamps that follow; none from before the first key frame; and count places from the
            first frame that comes.
        pace: as it was measured; None takes what the container claims.
        clock: seconds for containers that carry no time of their own; None takes the stamps.
    """

    def __init__(
        self,
        container: InputContainer,
        health: SourceHealth,
        *,
        live: bool = False,
        pace: Pace | None = None,
        clock: Callable[[], float] | None = None,
    ) -> None:
        if pace is None:
            rate = claimed_rate(container)
            pace = Pace(None if rate is None else 1 / rate)
        self._container = container
        self._health = health
        self._live = live
        self._pace = pace
        self._clock = clock
        self._counted = counts_frames(container)
        self._table = FrameTable(container)
        self._places = _places(container, self._table, pace, live)
        self._unpacker = Unpacker(
            container, self._places, self._table, health, broken_start=not live
        )
        self._damage = _Damage(the_video(container).codec_context.name not in _SIMPLE_B)
        self._first_lost: int | None = None
        self._last = -1
        self._turn = Turn()
        # Where the last picture ends, and the furthest end of any, wild stamps among them.
        self._end_s: float | None = None
        self._furthest_s: float | None = None

    def frames(self) -> Iterator[Frame]:
        """Frames in presentation order.

        Raises:
            av.FFmpegError: the connection failed or timed out; broken data raise nothing.
        """
        for note in self._opening_notes():
            self._health.remark(note)
        timeline = Timeline(self._pace.step, self._health)
        before = -1
        for picture, ahead in self._with_ahead():
            placed = self._placed(picture, ahead)
            damaged = self._damage.judge(picture)
            if damaged:
                self._health.damaged.append(placed.place)
            stamp, following = self._stamps(picture, ahead, placed.place)
            time = timeline.next(stamp, following, placed.place - before)
            before = self._last = placed.place
            yield Frame(placed.place, time, upright_image(picture.decoded), damaged)
        timeline.close()
        self._close()

    def _opening_notes(self) -> list[str]:
        notes = opening_notes(self._container)
        if self._clock is None and not has_clock(self._container) and self._pace.rate:
            notes.append(
                "The file carries no time stamps; times are counted by its rate of "
                f"{self._pace.rate:g} frames/s, which may be an assumption."
            )
        return notes

    def _with_ahead(self) -> Iterator[tuple[Picture, list[Picture]]]:
        """Each picture with the next ones, as far as they are looked at, as they are shown.

        Live, a picture waits for the next one only where its stamp alone leaves in doubt what it
        means.
        """
        held: list[Picture] = []
        pictures = self._unpacker.pictures()
        error: Exception | None = None
        more = True
        while more:
            try:
                picture = next(pictures, None)
            except READ_ERRORS as lost:  # what is held comes first
                picture, error = None, lost
            more = picture is not None
            held += [] if picture is None else [picture]
            while held and (not more or len(held) > self._looked_at(held[0])):
                sort = self._unpacker.reorders and not self._counted and not self._live
                first = held.pop(self._first_shown(held) if sort else 0)
                yield first, list(held)
        if error is not None:
            raise error

    def _first_shown(self, held: Sequence[Picture]) -> int:
        """Which of the next pictures is shown first.

        A decoder that has lost a picture may give one before others that are shown before it.
        Where nothing but this picture fits what is due, it is its stamp that is wrong.
        """
        stamp = held[0].stamp
        if stamp is None:
            return 0
        earlier = [
            (one.stamp, place)
            for place, one in enumerate(held)
            if one.stamp is not None and stamp - JUMP_S < one.stamp < stamp
        ]
        if not earlier:
            return 0
        due_s, step = self._end_s, self._pace.step
        if due_s is not None and step is not None and self._pace.constant:
            steps = (min(earlier)[0] - due_s) / step
            if 0.5 < steps < 1.5 and not self._places.owes(due_s, step / 2):
                held[0].packet.wild = True
                return 0
        return min(earlier)[1]

    def _looked_at(self, picture: Picture) -> int:
        """How many pictures must be known after this one."""
        return int(self._is_sudden(picture)) if self._live else _AHEAD

    def _is_sudden(self, picture: Picture) -> bool:
        """Whether a stamp is the first one, or far from where it was expected."""
        if self._clock is not None or self._counted or picture.stamp is None:
            return False
        return self._end_s is None or abs(picture.stamp - self._end_s) > _SUDDEN_S

    def _placed(self, picture: Picture, ahead: list[Picture]) -> Placed:
        """The picture's place; what is missing before it is counted, and suffers the rest."""
        placed = self._places.place(
            picture.packet,
            [later.packet for later in ahead],
            reorders=self._unpacker.reorders,
            anchor=picture.decoded.pict_type in (PictureType.I, PictureType.P),
        )
        self._lose(placed.missing, placed.place - placed.missing)
        for packet in placed.lost:
            if not self._table.is_empty(packet.number):
                self._damage.begin(packet.number)
        if placed.missing > len(placed.lost):  # they had no packets, so stood before this one
            self._damage.begin(picture.packet.number - 1)
        turn = turn_of(picture.decoded)
        if turn != self._turn and turn.words is not None:
            self._health.remark(turn.words)
        self._turn = turn
        return placed

    def _lose(self, count: int, first: int) -> None:
        self._health.lost += count
        if count and self._first_lost is None:
            self._first_lost = first

    def _stamps(
        self, picture: Picture, ahead: list[Picture], place: int
    ) -> tuple[float | None, list[float]]:
        """A picture's seconds on the stream's clock, and those of the next ones."""
        if self._clock is not None:
            return self._clock(), []
        if self._counted:
            return (None if self._pace.step is None else place * self._pace.step), []
        following = [later.stamp for later in ahead if later.stamp is not None]
        if picture.stamp is not None:
            end_s = picture.stamp + (self._pace.step or 0.0)
            self._furthest_s = max(end_s, self._furthest_s or end_s)
            if not following or picture.stamp <= max(following):  # else it is a wild one
                self._end_s = end_s
        return picture.stamp, following

    def _close(self) -> None:
        """Count what is missing at the end, and sum up."""
        health = self._health
        broken = bool(health.lost) or any(place < self._last for place in health.damaged)
        told = self._table.tells_where or not broken
        unfinished = self._places.finish()
        length = self._places.length
        self._lose(unfinished, length - unfinished)
        if not self._live:
            # A container's length is its furthest stamp's: with a wild one it tells nothing.
            end_s = self._end_s if self._furthest_s == self._end_s else None
            missing = self._table.total(length, end_s, self._pace) - length
            # Frames that are missing at unknown places cannot be counted among the others.
            self._lose(missing if told else 0, length)
            if missing:
                health.notes.append(
                    f"The file announces {length + missing} frames; {missing} of them are missing"
                    + (" at its end." if told else ", and it does not tell where.")
                )
        if self._unpacker.failed > LISTED:
            health.notes.append(f"Packets that could not be decoded: {self._unpacker.failed}.")
        if health.lost:
            health.notes.append(
                f"Lost frames: {health.lost}, the first is frame {self._first_lost}."
            )
        if health.damaged:
            count, first = len(health.damaged), health.damaged[0]
            health.notes.append(f"Damaged frames: {count}, the first is frame {first}.")


def _places(container: InputContainer, table: FrameTable, pace: Pace, live: bool) -> Places:
    return Places(
        float(the_video(container).time_base or 0),
        pace.step if pace.constant else None,
        counted=counts_frames(container),
        gaps_are_losses=table.gaps_are_losses,
        from_first=live,
    )


def announced_frames(container: InputContainer, pace: Pace) -> int:
    """Frames that a file announces, in its packets, its stamps and its table; nothing is decoded.

    Args:
        container: freshly opened; it is used up.
        pace: as measured.
    """
    table = FrameTable(container)
    places = _places(container, table, pace, live=False)
    unpacker = Unpacker(container, places, table, SourceHealth(), broken_start=True)
    packets = []
    for packet in unpacker.packets():
        places.arrived(packet)
        packets.append(packet)
    wild = _without_wild(packets)
    for packet in packets:
        places.place(packet, reorders=False)
    end_s = None
    if packets and packets[-1].stamp is not None and not wild:
        end_s = packets[-1].stamp * float(the_video(container).time_base or 0) + (pace.step or 0.0)
    return table.total(places.length, end_s, pace)


def _without_wild(packets: list[Packet]) -> bool:
    """Put packets in the order of their stamps; wild ones stay behind the packet before them.

    A stamp is wild that is later than those of all next packets that a decoder could reorder; at
    the file's end, where these are few, it must be later by more steps than that.

    Args:
        packets: in the order of decoding; sorted in place.

    Returns:
        Whether there is a wild one.
    """
    stamps = sorted(packet.stamp for packet in packets if packet.stamp is not None)
    farthest = REORDER * float(np.median(np.diff(stamps))) if len(stamps) > 1 else 0.0
    dropped = False
    order: dict[int, tuple[int, int]] = {}
    before = 0
    for place, packet in enumerate(packets):
        following = [one.stamp for one in packets[place + 1 : place + 1 + REORDER] if one.stamp]
        if packet.stamp is not None and following:
            room = 0 if len(following) == REORDER else farthest
            packet.wild = packet.stamp > max(following) + room
            dropped = dropped or packet.wild
        before = before if packet.wild or packet.stamp is None else packet.stamp
        order[packet.number] = (before, packet.number)
    packets.sort(key=lambda packet: order[packet.number])
    return dropped
