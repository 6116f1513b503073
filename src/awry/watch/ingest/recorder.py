"""What is kept of a stream: the last seconds in memory, clips of events, footage to learn from."""

from __future__ import annotations

from collections.abc import Callable

from awry.watch.ingest.clip_file import Disk
from awry.watch.ingest.clips import Clips
from awry.watch.ingest.gather import Gatherer
from awry.watch.ingest.packets import Piece
from awry.watch.ingest.ring import Ring
from awry.watch.messages import FileWritten, Light, Recording
from awry.watch.site.portions import IngestSettings

# A larger difference between two streams of a camera is a camera whose clocks are wrong.
_MOST_OFFSET_S = 30.0


class Recorder:
    """The ring, the clips and the footage of the stream that is recorded.

    Args:
        settings: of the camera.
        disk: how files come and go.
        tell: told of each file that stands whole.

    Attributes:
        ring: the last seconds.
        clips: those that are written now.
        gatherer: footage to learn from.
    """

    def __init__(
        self, settings: IngestSettings, disk: Disk, tell: Callable[[FileWritten], None]
    ) -> None:
        camera, root = settings.camera, settings.store
        self.ring = Ring(settings.ring_bytes, settings.ring_s)
        self.clips = Clips(camera, root, disk, tell)
        self.gatherer = Gatherer(camera.name, root, disk, tell)
        self._on = True

    def use(self, settings: IngestSettings) -> None:
        """Other settings, from the next file on."""
        self.clips.camera = settings.camera

    def set_recording(self, message: Recording) -> None:
        """Whether the disk has room."""
        self._on = message.on
        self.clips.set_recording(message.on, message.reason)
        if not message.on:
            self.gatherer.lost()

    def measure(self, detect_s: float | None, record_s: float | None) -> None:
        """Find by how much the recorded stream's times lie behind those of the scored one.

        Each is placed by when its packets arrive, so what is left is the difference of their
        delays. The camera's own clock, where both streams tell it, shows that.

        Args:
            detect_s, record_s: from the camera's clock to ours, by each stream; None: not told.
        """
        if detect_s is not None and record_s is not None:
            offset = record_s - detect_s
            self.clips.offset_s = offset if abs(offset) <= _MOST_OFFSET_S else 0.0

    def add(self, piece: Piece, light: Light, *, tampered: bool) -> None:
        """The next packet.

        Args:
            piece: the packet.
            light: mode of the pictures.
            tampered: whether a flag is on.
        """
        if not self.ring.add(piece):
            return
        self.clips.add(piece)
        if self._on:
            self.gatherer.add(piece, light, tampered=tampered)

    def step(self, now: float, monotonic: float) -> None:
        """Write what waits; see `Clips.step`."""
        self.clips.step(now, monotonic)

    def lost(self) -> None:
        """The connection was lost."""
        self.gatherer.lost()

    def close(self, monotonic: float) -> None:
        """End all files."""
        self.clips.close(monotonic)
        self.gatherer.close(monotonic)

    @property
    def is_busy(self) -> bool:
        """Whether packets wait to be written."""
        return self.clips.is_busy

    @property
    def trouble(self) -> str:
        """Why nothing can be recorded, a sentence; empty: it can, or the keeper said so itself."""
        if not self._on:
            return ""
        return self.clips.trouble or self.gatherer.trouble

    def figures(self, monotonic: float) -> dict[str, float]:
        """For `Load`."""
        return {
            "ring_bytes": float(self.ring.size),
            "ring_s": self.ring.seconds,
            "clips": float(self.clips.open),
            "file_age_s": self.clips.file_age_s(monotonic),
            "offset_s": self.clips.offset_s,
            "gathered_share": self.gatherer.share(monotonic),
        }
