"""Footage to learn from: short stretches of the stream, spread over the time that is left."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from awry.errors import AwryError
from awry.watch.ingest.clip_file import FILE_ERRORS, SUFFIX, Disk, Facts, trouble
from awry.watch.ingest.growing import GrowingFile
from awry.watch.ingest.packets import Piece
from awry.watch.messages import FileWritten, Gather, Light

STRETCH_S = 10.0
"""Seconds of a file."""
# The stream's bytes a second are known after so many seconds.
_KNOWN_S = 10.0
# Shorter ones teach nothing.
_SHORTEST_S = 2.0
# After a file that could not be written.
_RETRY_S = 60.0
# However few bytes are left, stretches are due some time.
_LEAST_SHARE = 0.001


class Gatherer:
    """Keeps stretches of a camera's stream as files, as many as were asked for.

    Stretches are copied as they came, without sound. Where all of the time that is left would be
    more than the bytes that are left, stretches lie apart, evenly. Nothing is kept while the
    camera is tampered with; a stretch during which that begins is thrown away.

    Args:
        camera: its name.
        root: of the store.
        disk: how files come and go.
        tell: told of each file that stands whole.

    Attributes:
        trouble: why footage cannot be written now, a sentence; empty: it can.
    """

    def __init__(
        self, camera: str, root: Path, disk: Disk, tell: Callable[[FileWritten], None]
    ) -> None:
        self._camera = camera
        self._root = root
        self._disk = disk
        self._tell = tell
        self._until = 0.0  # by the clock that only grows
        self._bytes = 0
        self._file: GrowingFile | None = None
        self._light: Light = "day"
        self._begun = 0.0
        self._due = float("-inf")
        self._rate_since: float | None = None
        self._rate_bytes = 0
        self._rate: float | None = None
        self.trouble = ""

    def want(self, message: Gather, monotonic: float) -> None:
        """So much footage is wanted from now on."""
        self._until = monotonic + message.seconds
        self._bytes = message.bytes
        if message.seconds <= 0 or message.bytes <= 0:
            self._end(monotonic)

    def add(self, piece: Piece, light: Light, *, tampered: bool) -> None:
        """A packet came.

        Args:
            piece: the packet; sound is left out.
            light: mode of the pictures.
            tampered: whether a flag is on.
        """
        if piece.audio:
            return
        now = piece.arrived
        self._measure(piece)
        if self._file is not None:
            self._go_on(piece, light, tampered)
        if self._file is None and piece.is_key and not tampered and self._is_due(now):
            self._begin(piece, light)

    def lost(self) -> None:
        """The connection was lost."""
        self._rate_since = None
        if self._file is not None:
            self._end(self._begun + STRETCH_S)

    def close(self, monotonic: float) -> None:
        """End what is open."""
        self._end(monotonic)

    def share(self, monotonic: float) -> float:
        """Share of the time that is kept, in [0, 1]."""
        left_s = self._until - monotonic
        if left_s <= 0 or self._bytes <= 0:
            return 0.0
        if not self._rate:
            return 1.0
        return min(1.0, max(_LEAST_SHARE, self._bytes / (self._rate * left_s)))

    def _measure(self, piece: Piece) -> None:
        """Bytes a second, over ten seconds, smoothed."""
        if self._rate_since is None or piece.arrived < self._rate_since:
            self._rate_since, self._rate_bytes = piece.arrived, 0
        self._rate_bytes += len(piece.data)
        passed = piece.arrived - self._rate_since
        if passed >= _KNOWN_S:
            rate = self._rate_bytes / passed
            self._rate = rate if self._rate is None else 0.7 * self._rate + 0.3 * rate
            self._rate_since, self._rate_bytes = piece.arrived, 0

    def _is_due(self, now: float) -> bool:
        return self._rate is not None and now >= self._due and self.share(now) > 0

    def _go_on(self, piece: Piece, light: Light, tampered: bool) -> None:
        file = self._file
        assert file is not None
        if tampered:
            self._drop()
        elif (
            not file.takes(piece)
            or light != self._light
            or (piece.is_key and piece.arrived - self._begun >= STRETCH_S)
        ):
            self._end(piece.arrived)
        elif file.size > 2 * self._bytes:  # no key packet comes
            self._drop()
        else:
            try:
                file.write(piece)
            except (AwryError, *FILE_ERRORS) as error:
                self._failed(error, piece.arrived)

    def _begin(self, piece: Piece, light: Light) -> None:
        share = self.share(piece.arrived)
        self._due = piece.arrived + STRETCH_S / share
        moment = datetime.fromtimestamp(piece.at, UTC)
        name = f"{moment:%Y%m%dT%H%M%S}-{moment.microsecond // 1000:03d}"
        path = f"footage/{self._camera}/{name}.mp4"
        if any((self._root / one).exists() for one in (path, path + SUFFIX)):
            return  # the clock was set back
        facts = Facts("footage", self._camera, piece.at, light=light)
        try:
            self._file = GrowingFile(self._root, path, piece, facts, self._disk)
            self._light, self._begun = light, piece.arrived
            self._file.write(piece)
        except (AwryError, *FILE_ERRORS) as error:
            self._failed(error, piece.arrived)

    def _end(self, now: float) -> None:
        """The stretch is long enough: it takes its name, unless it is too short to be of use."""
        file, self._file = self._file, None
        if file is None:
            return
        try:
            if now - self._begun < _SHORTEST_S:
                file.drop()
                return
            written = file.finish()
        except (AwryError, *FILE_ERRORS) as error:
            self._file = file
            self._failed(error, now)
            return
        self.trouble = ""
        self._bytes -= written.bytes
        self._tell(written)

    def _drop(self) -> None:
        file, self._file = self._file, None
        if file is not None:
            try:
                file.drop()
            except OSError as error:
                self.trouble = f"Footage cannot be removed: {trouble(error)}."

    def _failed(self, error: Exception, now: float) -> None:
        self.trouble = f"Footage cannot be written: {trouble(error)}."
        self._due = now + _RETRY_S
        file, self._file = self._file, None
        if file is not None:
            try:
                file.drop()
            except OSError:
                return  # the next start adopts it
