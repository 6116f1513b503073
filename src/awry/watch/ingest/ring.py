"""The last seconds of a stream's packets, in memory, from which clips are cut."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from awry.watch.ingest.packets import Piece


@dataclass(slots=True)
class _Group:
    """A key packet and what is built upon it."""

    pieces: list[Piece] = field(default_factory=list)
    bytes: int = 0

    @property
    def at(self) -> float:
        return self.pieces[0].at

    @property
    def came(self) -> float:
        return self.pieces[0].arrived


class Ring:
    """Packets in groups that begin with a key packet; the oldest group goes first.

    Args:
        bytes: at most so many are kept. A group that alone is larger is left out, up to the next
            key packet.
        seconds: at most so many are kept, up to the length of a group more.

    Attributes:
        size: bytes that are kept now.
        left_out: packets that no group could take: before a first key packet, or too large.
    """

    def __init__(self, bytes: int, seconds: float) -> None:
        self._bytes = bytes
        self._seconds = seconds
        self._groups: deque[_Group] = deque()
        self._waits_for_key = True
        self.size = 0
        self.left_out = 0

    def add(self, piece: Piece) -> bool:
        """Keep the next packet; False where it was left out."""
        if piece.is_key and not piece.audio:
            self._groups.append(_Group())
            self._waits_for_key = False
        if self._waits_for_key:
            self.left_out += 1
            return False
        group = self._groups[-1]
        group.pieces.append(piece)
        group.bytes += len(piece.data)
        self.size += len(piece.data)
        self._thin(piece.arrived)
        return not self._waits_for_key

    def _thin(self, now: float) -> None:
        while len(self._groups) > 1 and (
            self.size > self._bytes or now - self._groups[1].came > self._seconds
        ):
            self._drop()
        # By arrival: the clock that people read may jump.
        if self.size > self._bytes or now - self._groups[0].came > 2 * self._seconds:
            self.left_out += len(self._groups[0].pieces)
            self._drop()
            self._waits_for_key = True

    def _drop(self) -> None:
        self.size -= self._groups.popleft().bytes

    @property
    def seconds(self) -> float:
        """How far back the oldest packet lies behind the newest."""
        if not self._groups:
            return 0.0
        return self._groups[-1].pieces[-1].arrived - self._groups[0].came

    def since(self, at: float) -> Iterator[Piece]:
        """The packets from the last key packet at or before a time; all where it is older.

        Args:
            at: seconds since 1970-01-01 UTC.
        """
        groups = list(self._groups)
        first = 0
        for place, group in enumerate(groups):
            if group.at <= at:
                first = place
        for group in groups[first:]:
            yield from group.pieces
