"""Where each picture stands among all that a file announces.

Labels, masks and tracks speak of the frames of a clip as it was filmed. So a frame that was lost
keeps its place, and those after it do not move up. What was filmed is what the file announces: its
packets, in the order of their presentation stamps; and, where all steps between stamps are equal,
also what a gap of several such steps leaves out.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

# A picture may be decoded this much earlier than it is shown (H.264 and HEVC allow 16).
REORDER = 16
# A longer gap in the stamps is none of lost frames but of the clock, or of the recording.
_LONGEST_LOSS_S = 60.0
# How far, in steps, a gap may be from a whole number of steps.
_INEXACT = 0.25
# More than this a container's numbering is not believed to leave out.
_MOST_MISSING = 100_000
# Stamps that fail so often to be in the order of presentation are not believed any more.
_DISBELIEF = 3


@dataclass(slots=True, eq=False)
class Packet:
    """What is known of an announced picture.

    Attributes:
        number: counted in the order of decoding.
        stamp: presentation stamp in ticks, or None where there is none that can be relied on.
        failed: the decoder refused it.
        corrupt: the demuxer doubts it.
        wild: its stamp runs ahead of those that follow, and says nothing of its place.
    """

    number: int
    stamp: int | None
    failed: bool = False
    corrupt: bool = False
    wild: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture's place.

    Attributes:
        place: how many pictures were filmed before it.
        lost: the packets since the picture before that gave none.
        missing: how many pictures are missing since then, with or without a packet.
    """

    place: int
    lost: list[Packet]
    missing: int


class Places:
    """Counts the places of pictures, in the order in which they are shown.

    Args:
        tick: seconds of one tick of the stamps.
        step: seconds between pictures, where all steps are equal but for losses; else None.
        counted: stamps do no more than number the packets.
        gaps_are_losses: a gap of several steps is a loss, since this kind of file does not tell
            otherwise how many pictures there are.
        from_first: the first picture has place 0, whatever came before it.
    """

    def __init__(
        self,
        tick: float,
        step: float | None,
        *,
        counted: bool = False,
        gaps_are_losses: bool = False,
        from_first: bool = False,
    ) -> None:
        self._tick = tick
        self._step = step
        self._counted = counted
        self._gaps_are_losses = gaps_are_losses
        self._from_first = from_first
        # Announced and without a picture so far, in the order of decoding.
        self._pending: list[Packet] = []
        self._number = 0
        # Pictures that were placed or lost; the last place that was given.
        self._count = 0
        self._place = -1
        # Of the last picture with a good stamp; how many were placed since without one, and how
        # many packets in a row came from before it.
        self._stamp: int | None = None
        self._unstamped = 0
        self._past = 0
        # Numbers that were taken for lost, in case their pictures come after all.
        self._given_up: deque[int] = deque(maxlen=4 * REORDER)
        self._late = 0
        # Pictures beyond the first of a packet: in packed streams, a later packet has none then.
        self._surplus = 0
        self._arrived = -1

    @property
    def length(self) -> int:
        """Places of all that was announced so far."""
        return max(self._count, self._place + 1) + len(self._pending)

    def announce(self, stamp: int | None, number: int | None = None) -> Packet:
        """A packet that stands for a picture.

        Args:
            stamp: presentation stamp in ticks.
            number: where the container numbers its pictures; what it leaves out is lost.
        """
        number = self._number if number is None else max(number, self._number)
        for missing in range(self._number, min(number, self._number + _MOST_MISSING)):
            self._pending.append(Packet(missing, None, failed=True))
        self._number = number + 1
        behind = self._stamp is not None and stamp is not None and stamp <= self._stamp
        self._past = self._past + 1 if behind else 0
        if self._past > REORDER:  # the clock has started anew
            self._stamp, behind = None, False
        packet = Packet(number, None if self._counted or behind else stamp)
        self._pending.append(packet)
        return packet

    def arrived(self, packet: Packet) -> None:
        """A picture of this packet came out of the decoder, so it is not lost."""
        self._surplus += packet.number == self._arrived
        self._arrived = packet.number
        if packet in self._pending:
            self._pending.remove(packet)
        elif packet.number in self._given_up:
            self._given_up.remove(packet.number)
            self._count -= 1
            self._late += 1
            self._counted |= self._late >= _DISBELIEF

    def owes(self, time_s: float, within_s: float) -> bool:
        """Whether a packet near a time, on the stamps' clock, has given no picture so far."""
        return any(
            packet.stamp is not None and abs(packet.stamp * self._tick - time_s) <= within_s
            for packet in self._pending
        )

    def place(
        self,
        packet: Packet,
        ahead: Sequence[Packet] = (),
        *,
        reorders: bool = True,
        anchor: bool = False,
    ) -> Placed:
        """The place of the next picture that is shown.

        Args:
            packet: the picture's.
            ahead: those of the next pictures, as far as they are known.
            reorders: the decoder may show pictures in another order than they are stored.
            anchor: this is no bidirectional picture, so that all that were stored before it are
                shown before it.
        """
        stamp = None if self._counted or packet.wild else packet.stamp
        if stamp is not None and any(p.stamp is not None and p.stamp < stamp for p in ahead):
            stamp = None  # it runs ahead
        in_order = anchor or not reorders
        lost = [one for one in self._pending if _is_before(one, packet, stamp, in_order)]
        for one in lost:
            self._pending.remove(one)
        self._given_up.extend(one.number for one in lost)
        if self._from_first and self._place < 0:
            lost = []
        excused = min(self._surplus, sum(not one.failed for one in lost))
        self._surplus -= excused
        missing = len(lost) - excused
        by_steps = self._missing_by_steps(stamp)
        if by_steps is not None and (by_steps < missing or self._gaps_are_losses):
            missing = by_steps
        self._count += missing + 1
        self._place = max(self._place + 1, self._count - 1)
        if stamp is not None:
            self._stamp, self._unstamped = stamp, 0
        else:
            self._unstamped += 1
        return Placed(self._place, lost[:missing], missing)

    def finish(self) -> int:
        """How many pictures were announced and had not come at the end."""
        missing = max(0, len(self._pending) - self._surplus)
        self._pending = []
        self._count += missing
        return missing

    def _missing_by_steps(self, stamp: int | None) -> int | None:
        """Pictures that are missing before this stamp, or None where steps do not tell."""
        if stamp is None or self._stamp is None or self._step is None:
            return None
        seconds = (stamp - self._stamp) * self._tick
        steps = round(seconds / self._step)
        exact = abs(seconds / self._step - steps) <= _INEXACT
        if steps < 1 or not exact or seconds > _LONGEST_LOSS_S:
            return None
        return max(0, steps - 1 - self._unstamped)


def _is_before(one: Packet, packet: Packet, stamp: int | None, in_order: bool) -> bool:
    """Whether a packet that gave no picture so far stood before a picture that is shown now."""
    if one.number + REORDER < packet.number:
        return True
    if one.stamp is not None and stamp is not None:
        return one.stamp < stamp
    return one.number < packet.number and (one.failed or in_order)
