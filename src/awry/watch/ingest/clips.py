"""Clips of events: from the last key packet before an event to some seconds behind it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from awry.errors import AwryError
from awry.watch.ingest.clip_file import FILE_ERRORS, SUFFIX, Disk, Facts, trouble
from awry.watch.ingest.growing import GrowingFile
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.ingest.ring import Ring
from awry.watch.messages import EndClip, FileWritten, StartClip
from awry.watch.site.model import Camera

# A clip whose last packet does not come is ended so many seconds late.
_OVERDUE_S = 5.0
# A clip that could not be written is begun anew after so many seconds, so often.
_RETRY_S = 10.0
_RETRIES = 3
# What lasts longer than the longest event by this is an event whose end was never told.
_BEYOND_S = 60.0
# Packets that are written at once, so that the loop goes on: copied, and encoded anew.
_COPIED_AT_ONCE, _ENCODED_AT_ONCE = 300, 4
# Bytes that may wait to be written: a machine that is too slow must not run out of memory.
_WAITING_BYTES = 64 * 2**20
# Ended events that are remembered, so that nobody begins them anew.
_REMEMBERED = 1000
# The beginning is missing where it lies later than wanted by so many seconds.
_TOLERANCE_S = 1.0


def part_path(path: str, part: int) -> str:
    """Where a part of an event's clip lies.

    >>> part_path("media/door/e.mp4", 0), part_path("media/door/e.mp4", 2)
    ('media/door/e.mp4', 'media/door/e-2.mp4')
    """
    place = Path(path)
    return place.with_name(f"{place.stem}-{part}{place.suffix}").as_posix() if part else path


@dataclass(slots=True)
class _Clip:
    """An event that is recorded."""

    event: str
    path: str
    start: float
    end: float | None = None
    pending: deque[Piece] = field(default_factory=deque)
    file: GrowingFile | None = None
    next_part: int = 0
    failures: int = 0
    retry_at: float = float("-inf")
    note: str = ""
    waiting: int = 0  # bytes that are pending

    def forget_pending(self) -> None:
        """Leave out what waits."""
        self.pending.clear()
        self.waiting = 0


class Clips:
    """The clips of a camera that are being written; each event has its own.

    A clip is in several parts where the connection or the codec changed in between. A clip that
    cannot be written is begun anew a few times, and then given up; nothing else is disturbed.

    Args:
        camera: its settings.
        root: of the store.
        disk: how files come and go.
        tell: told of each file that stands whole.

    Attributes:
        trouble: why clips cannot be written now, a sentence; empty: they can.
        offset_s: seconds that the recorded stream's times lie behind those of the events.
        audio: codec of the sound; None: there is none.
    """

    def __init__(
        self, camera: Camera, root: Path, disk: Disk, tell: Callable[[FileWritten], None]
    ) -> None:
        self.camera = camera
        self._root = root
        self._disk = disk
        self._tell = tell
        self._clips: dict[str, _Clip] = {}
        self._done: deque[str] = deque(maxlen=_REMEMBERED)
        self._off = False
        self._written_at = 0.0
        self.trouble = ""
        self.offset_s = 0.0
        self.audio: Codec | None = None

    @property
    def open(self) -> int:
        """How many clips are being written."""
        return len(self._clips)

    @property
    def is_busy(self) -> bool:
        """Whether packets wait to be written."""
        return any(clip.pending for clip in self._clips.values())

    def file_age_s(self, monotonic: float) -> float:
        """Seconds since a packet was written, while clips are open; else 0."""
        return monotonic - self._written_at if self._clips else 0.0

    def start(self, message: StartClip, ring: Ring, monotonic: float) -> None:
        """Begin a clip with what the ring has; one that was begun before is left as it is."""
        known = message.event in self._clips or message.event in self._done
        if known or self.camera.recording == "off":
            return
        clip = _Clip(message.event, message.path, message.start)
        wanted = message.start - self.camera.pre_roll_s + self.offset_s
        clip.pending.extend(ring.since(wanted))
        clip.waiting = sum(len(one.data) for one in clip.pending)
        if not clip.pending or clip.pending[0].at > wanted + _TOLERANCE_S:
            clip.note = "Its beginning is missing: it was not in memory."
        if not self._clips:
            self._written_at = monotonic
        self._clips[message.event] = clip

    def end(self, message: EndClip) -> None:
        """The event ends then; where it was told before, the later word counts."""
        clip = self._clips.get(message.event)
        if clip is not None:
            clip.end = message.end

    def set_recording(self, on: bool, reason: str = "") -> None:
        """Whether files may be written; what is open is ended where not."""
        self._off = not on
        self.trouble = "" if on else reason or "There is no room for clips."
        for clip in self._clips.values() if self._off else ():
            clip.forget_pending()
            self._close(clip, self.trouble)

    def add(self, piece: Piece) -> None:
        """A packet came: all open clips take it."""
        for clip in self._clips.values():
            clip.pending.append(piece)
            clip.waiting += len(piece.data)
            if clip.waiting > _WAITING_BYTES:
                clip.forget_pending()
                self._close(
                    clip, "A stretch behind it is missing: it could not be written in time."
                )

    def step(self, now: float, monotonic: float) -> None:
        """Write some of what waits, and end what is over.

        Args:
            now: seconds since 1970-01-01 UTC.
            monotonic: by the clock that only grows.
        """
        masked = self.camera.recording == "masked"
        for clip in tuple(self._clips.values()):
            at_once = _ENCODED_AT_ONCE if masked else _COPIED_AT_ONCE
            over = self._write_some(clip, at_once, monotonic)
            if over or (not clip.pending and self._is_overdue(clip, now)):
                self._forget(clip)

    def close(self, monotonic: float) -> None:
        """Write what waits, and end all clips."""
        for clip in tuple(self._clips.values()):
            self._write_some(clip, len(clip.pending), monotonic)
            self._forget(clip, "" if clip.end is not None else "It was ended with the program.")

    def _forget(self, clip: _Clip, note: str = "") -> None:
        self._close(clip, note)
        del self._clips[clip.event]
        self._done.append(clip.event)

    def _is_overdue(self, clip: _Clip, now: float) -> bool:
        if clip.end is not None:
            return now > clip.end + self.camera.post_roll_s + _OVERDUE_S
        return abs(now - clip.start) > self.camera.longest_event_s + _BEYOND_S

    def _is_behind(self, clip: _Clip, piece: Piece) -> bool:
        at = piece.at - self.offset_s
        if clip.end is None:
            return at > clip.start + self.camera.longest_event_s + _BEYOND_S
        return at > clip.end + self.camera.post_roll_s

    def _write_some(self, clip: _Clip, at_once: int, monotonic: float) -> bool:
        """Write some of what waits; whether the clip is over."""
        for _ in range(min(at_once, len(clip.pending))):
            piece = clip.pending.popleft()
            clip.waiting -= len(piece.data)
            if self._is_behind(clip, piece):
                return True
            if self._off or monotonic < clip.retry_at:
                continue
            try:
                self._write(clip, piece)
                self._written_at = monotonic
            except (AwryError, *FILE_ERRORS) as error:
                self._failed(clip, error, monotonic)
        return False

    def _write(self, clip: _Clip, piece: Piece) -> None:
        if clip.file is not None and not clip.file.takes(piece):
            self._close(clip, "The stream was lost or changed; another part follows.")
        if clip.file is None:
            if piece.audio or not piece.is_key:
                return
            clip.file = self._begin(clip, piece)
            clip.note = ""
        clip.file.write(piece)
        self.trouble = ""

    def _begin(self, clip: _Clip, piece: Piece) -> GrowingFile:
        masked = self.camera.ignore if self.camera.recording == "masked" else ()
        while True:
            number, clip.next_part = clip.next_part, clip.next_part + 1
            path = part_path(clip.path, number)
            if (self._root / path).exists() or (self._root / (path + SUFFIX)).exists():
                continue
            start = piece.at - self.offset_s
            facts = Facts("clip", self.camera.name, start, clip.event, number, note=clip.note)
            audio = self.audio if self.camera.audio else None
            return GrowingFile(
                self._root, path, piece, facts, self._disk, audio=audio, masked=masked
            )

    def _failed(self, clip: _Clip, error: Exception, monotonic: float) -> None:
        """A file cannot be written: keep what is whole of it, and begin another later."""
        self.trouble = f"Clips cannot be written: {trouble(error)}."
        clip.failures += 1
        clip.retry_at = monotonic + _RETRY_S if clip.failures <= _RETRIES else float("inf")
        clip.note = "A stretch before it is missing: it could not be written."
        file, clip.file = clip.file, None
        rescued = None if file is None else file.rescue()
        if rescued is not None:
            self._tell(rescued)

    def _close(self, clip: _Clip, note: str = "") -> None:
        file, clip.file = clip.file, None
        if file is None:
            return
        file.notes += [note] if note else []
        try:
            written: FileWritten | None = file.finish()
        except (AwryError, *FILE_ERRORS) as error:
            self.trouble = f"Clips cannot be written: {trouble(error)}."
            written = file.rescue()
        if written is not None:
            self._tell(written)
