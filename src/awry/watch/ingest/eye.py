"""What looks at a camera's packets: pictures on the detector's grid, the light, tampering."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from av.video.frame import VideoFrame

from awry.watch.clock import Clock
from awry.watch.ingest.decode import Decoded, PacketDecoder
from awry.watch.ingest.grid import image_of, misfit
from awry.watch.ingest.light import LightMode
from awry.watch.ingest.packets import Codec, Piece, is_needed
from awry.watch.ingest.tamper import Flagged, TamperRule, TamperWatch
from awry.watch.ingest.thumbnail import mark_of, thumbnail_of
from awry.watch.ipc.frames import FrameSink, GridEnd, GridFrame
from awry.watch.messages import Gap, Message, new_uid
from awry.watch.site.portions import Grid
from awry.watch.steps import Steps

# Pictures are looked at for light and tampering so often, in seconds.
_GLANCE_S = 0.5
# Without a detector so many seconds lie between pictures that are decoded, where that can be.
_IDLE_S = 1.0
# Key packets that come at least so often suffice then, in seconds.
_KEYS_SUFFICE_S = 2.5
# Packets that waited for longer are left out up to the next key packet, so that delays never grow.
_LATE_S = 2.0
# A shorter time without pictures is no gap.
_GAP_S = 1.0


class Decoder(Protocol):
    """What makes pictures of packets; see `decode.PacketDecoder`."""

    def decode(self, piece: Piece) -> Sequence[Decoded]:
        """The pictures that are ready with this packet."""
        ...


@dataclass(slots=True)
class Seen:
    """What came of packets.

    Attributes:
        pictures: how many were decoded.
        flags: those that came on or went off.
        misfit: why the pictures cannot be scored; empty: they can.
    """

    pictures: int = 0
    flags: list[Flagged] = field(default_factory=list)
    misfit: str = ""


def _unseen(picture: VideoFrame, at: float) -> None:
    return


class Eye:
    """Decodes a camera's packets and puts the steps of its grid into its mailbox.

    A session begins with the first picture, and anew after a lost connection, a jump of the clock
    or of the stamps, a change of the picture's size, and after packets that were left out.

    Args:
        camera: its name.
        grid: what its detector wants; None: it has none, and pictures are only looked at.
        clock: the time.
        sink: the mailbox.
        tell: told of gaps.
        decoder: makes a decoder for a codec.
        tamper: when flags come on.
        show: given each picture with its time, seconds since 1970-01-01 UTC.

    Attributes:
        pictures, steps, damaged, late: pictures decoded, put into the mailbox, of these damaged,
            and packets left out since they came too late, all since the beginning.
    """

    def __init__(
        self,
        camera: str,
        grid: Grid | None,
        clock: Clock,
        sink: FrameSink,
        tell: Callable[[Message], None],
        *,
        decoder: Callable[[Codec], Decoder] = PacketDecoder,
        tamper: TamperRule | None = None,
        show: Callable[[VideoFrame, float], None] = _unseen,
    ) -> None:
        self._camera = camera
        self._grid = grid
        self._clock = clock
        self._sink = sink
        self._tell = tell
        self._make = decoder
        self._show = show
        self._watch = TamperWatch(tamper)
        self._light = LightMode()
        self._decoder: Decoder | None = None
        self._codec: Codec | None = None
        self._run: int | None = None
        self._session = ""
        self._size = (0, 0)
        self._steps = Steps(None)
        self._last_at: float | None = None
        self._why = "The camera was not connected yet."
        self._thumbnail_at: float | None = None
        self._key_mark: int | None = None
        self._key_at: float | None = None
        self._key_every: float | None = None
        self._skips = False
        self.pictures = self.steps = self.damaged = self.late = 0

    @property
    def light(self) -> LightMode:
        """The light of its pictures."""
        return self._light

    @property
    def tampered(self) -> bool:
        """Whether a flag is on."""
        return bool(self._watch.flags)

    def use(self, grid: Grid | None) -> None:
        """Another detector: its grid begins a session."""
        if grid != self._grid:
            self.end("The camera has another detector.")
            self._grid = grid

    def add(self, piece: Piece) -> Seen:
        """A packet of the video came."""
        seen = Seen()
        if piece.run != self._run or self._codec is None or not self._codec.same_as(piece.codec):
            if not piece.is_key:
                return seen
            if self._run is not None and piece.run != self._run:
                self.end(self._why or "The times of the stream jumped.")
            self._run, self._codec = piece.run, piece.codec
            self._decoder = self._make(piece.codec)
        if self._is_late(piece) or not self._is_wanted(piece):
            return seen
        assert self._decoder is not None
        for decoded in self._decoder.decode(piece):
            self._see(decoded, seen)
            if seen.misfit:
                break
        return seen

    def end(self, why: str) -> None:
        """The session ends, e.g. since the connection was lost.

        Args:
            why: a sentence for people.
        """
        if self._session:  # attempts that fail later are no reason of the gap
            self._why = why
        self._run = self._key_at = None
        self._watch.forget_still()
        self._end_session()

    def expect(self, why: str) -> None:
        """The next packets begin another session, since times jumped.

        Args:
            why: a sentence for people.
        """
        self._why = why

    def _end_session(self) -> None:
        if self._session:
            at = self._last_at if self._last_at is not None else self._clock.now()
            self._sink.put(GridEnd(self._camera, self._session, at))
            self._session = ""

    def _is_late(self, piece: Piece) -> bool:
        late_s = self._clock.monotonic() - piece.arrived
        if late_s > _LATE_S:
            self._skips = True
        elif piece.is_key:
            self._skips = False
        if self._skips:
            self.late += 1
            if self._session:
                self._why = "This machine could not decode in time."
                self._end_session()
        return self._skips

    def _is_wanted(self, piece: Piece) -> bool:
        """Whether the packet must be decoded."""
        if piece.is_key:
            if self._key_at is not None and piece.at > self._key_at:
                self._key_every = piece.at - self._key_at
            self._key_at = piece.at
        stamp = piece.at
        only_keys = piece.codec.name == "mjpeg"
        if self._grid is None:
            if not only_keys and (self._key_every or _KEYS_SUFFICE_S) >= _KEYS_SUFFICE_S:
                return True
            return piece.is_key and self._is_due(stamp, _IDLE_S)
        self._steps.see(stamp)
        if not self._session or self._is_due(stamp, _GLANCE_S) or self._steps.wants(stamp):
            return True
        return not only_keys and is_needed(piece.codec.name, piece.data)

    def _is_due(self, at: float, every_s: float) -> bool:
        """Whether a picture is to be looked at again; a jump of the clock makes it due."""
        return self._thumbnail_at is None or not 0 <= at - self._thumbnail_at < every_s

    def _see(self, decoded: Decoded, seen: Seen) -> None:
        picture, at = decoded.picture, decoded.piece.at
        self.pictures += 1
        seen.pictures += 1
        self._show(picture, at)
        if decoded.piece.is_key:
            self._key_mark = mark_of(picture)
        if self._grid is not None:
            seen.misfit = misfit(picture.width, picture.height, self._grid)
            if seen.misfit:
                return
        self._begin_session(picture, at)
        every_s = _IDLE_S if self._grid is None else _GLANCE_S
        if self._is_due(at, every_s) and not decoded.damaged:
            self._see_thumbnail(picture, at, seen)
        if self._grid is not None:
            self._put(decoded, self._grid)
        self._last_at = at

    def _begin_session(self, picture: VideoFrame, at: float) -> None:
        size = (picture.width, picture.height)
        if self._session and size != self._size:
            self._why = f"The picture's size changed to {size[0]}x{size[1]}."
            self._end_session()
        if self._session:
            return
        if self._last_at is not None and at - self._last_at > _GAP_S:
            why = self._why or "No pictures came."
            self._tell(Gap(new_uid(), self._camera, self._last_at, at, why))
        self._why = ""
        self._session, self._size = new_uid(), size
        self._steps = Steps(None if self._grid is None else self._grid.rate)

    def _see_thumbnail(self, picture: VideoFrame, at: float, seen: Seen) -> None:
        thumbnail = thumbnail_of(picture, at, self._key_mark)
        self._thumbnail_at, self._key_mark = at, None
        self._light.see(thumbnail)
        seen.flags += self._watch.see(thumbnail, self._light.mode)

    def _put(self, decoded: Decoded, grid: Grid) -> None:
        step = self._steps.take(decoded.piece.at)
        if step is None:
            return
        self.steps += 1
        self.damaged += decoded.damaged
        frame = GridFrame(
            self._camera,
            self._session,
            step,
            decoded.piece.at,
            image_of(decoded.picture, grid),
            light=self._light.mode,
            damaged=decoded.damaged,
        )
        self._sink.put(frame)
