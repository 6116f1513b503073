"""When the disk runs full: clips stop, events and scores go on, and all comes back by itself."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from awry.watch.clock import Clock
from awry.watch.site.model import Retention
from awry.watch.store.disk import Disk
from awry.watch.store.layout import Layout
from awry.watch.store.retention import GIB

MIB = 2**20
AGAIN_S = 300.0
"""After a write failed, clips stay off for so long at least, whatever the disk says is free."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the disk stands.

    Attributes:
        recording: whether there is room for clips.
        changed: whether that is otherwise than at the step before.
        free: bytes that are free for media.
        reason: a sentence for people; empty while there is room.
    """

    recording: bool
    changed: bool
    free: int
    reason: str = ""


class DiskGuard:
    """Watches the disk of a store, and its ballast.

    Retention keeps `free_gib` free. Where it cannot, clips stop below a quarter of that, and start
    again above a half. The ballast is a file that is given up when the database finds no room; it
    is made again once clips are written again.

    Args:
        layout: of the store.
        disk: the file system.
        limits: of the site.
        clock: the time.
    """

    def __init__(self, layout: Layout, disk: Disk, limits: Retention, clock: Clock) -> None:
        self._layout, self._disk, self._clock = layout, disk, clock
        floor = int(limits.free_gib * GIB)
        self.ballast_bytes = min(64 * MIB, max(4 * MIB, floor // 8))
        self.stop_below = max(floor // 4, self.ballast_bytes)
        self.start_above = max(floor // 2, 2 * self.ballast_bytes)
        self._recording = True
        self._failed_at: float | None = None
        self._said = True

    @property
    def recording(self) -> bool:
        """Whether there is room for clips, as far as is known."""
        return self._recording

    def failed(self) -> None:
        """A write found no room (`disk.is_full`): give up the ballast and stop clips at once."""
        self._failed_at = self._clock.monotonic()
        self._recording = False
        self._release()

    def step(self) -> Verdict:
        """Look at the disk; every few seconds is enough."""
        media, root = self._free()
        least = min(media, root)
        if self._recording and least < self.stop_below:
            self._recording = False
        elif not self._recording and least >= self.start_above and self._waited():
            self._recording, self._failed_at = True, None
        if root < self.ballast_bytes // 2:
            self._release()
        elif self._recording and root >= self.start_above + self.ballast_bytes:
            self._restore()
        changed, self._said = self._recording != self._said, self._recording
        return Verdict(self._recording, changed, media, "" if self._recording else self._why(least))

    def _free(self) -> tuple[int, int]:
        try:
            return self._disk.free(self._layout.media), self._disk.free(self._layout.root)
        except OSError:  # the disk is gone
            return 0, 0

    def _waited(self) -> bool:
        return self._failed_at is None or self._clock.monotonic() - self._failed_at >= AGAIN_S

    def _why(self, free: int) -> str:
        if free >= self.stop_below and self._failed_at is not None:
            return "A write found no room on the disk: clips are off for a while, events go on."
        return (
            f"The disk has {free / GIB:.2f} GiB left: clips are off until "
            f"{self.start_above / GIB:.2f} GiB are free, events and scores go on."
        )

    def _release(self) -> None:
        with suppress(OSError):  # what is full or gone is tried again
            self._disk.unlink(self._layout.ballast)

    def _restore(self) -> None:
        try:
            if self._disk.size(self._layout.ballast) != self.ballast_bytes:
                self._disk.reserve(self._layout.ballast, self.ballast_bytes)
        except OSError:
            self._release()
