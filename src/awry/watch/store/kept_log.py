"""The newest lines of a site's log, kept in the store: so many files of so many bytes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

LEVELS = ("debug", "info", "warning", "error", "critical")
FILES, BYTES = 4, 2 * 2**20
"""At most so many files of about so many bytes each."""
_NAME = "log.jsonl"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the log.

    Attributes:
        id: numbers grow from line to line.
        at: seconds since 1970-01-01 UTC.
        process: e.g. `ingest door`.
        level: one of `LEVELS`.
        message: what was said, without secrets.
    """

    id: int
    at: float
    process: str
    level: str
    message: str


@dataclass(frozen=True, slots=True)
class LogFilter:
    """Which lines are wanted; what is empty does not matter.

    Attributes:
        level: lines of this level, and of graver ones.
        process: its kind, e.g. `ingest`.
        camera: lines of its processes, and those that name it.
        text: stands in the message, in whatever case.
        before, after: only lines of smaller, of greater numbers.
    """

    level: str = ""
    process: str = ""
    camera: str = ""
    text: str = ""
    before: int | None = None
    after: int | None = None

    def takes(self, line: LogLine) -> bool:
        """Whether a line is wanted."""
        kind, _, name = line.process.partition(" ")
        return (
            (not self.level or _gravity(line.level) >= _gravity(self.level))
            and self.process in ("", kind)
            and (not self.camera or name == self.camera or _names(line.message, self.camera))
            and self.text.casefold() in line.message.casefold()
            and (self.before is None or line.id < self.before)
            and (self.after is None or line.id > self.after)
        )


class KeptLog:
    """Keeps lines of the log; the oldest go. What cannot be written is left out.

    Args:
        folder: of the files.
        files: at most so many.
        most: bytes of a file, about.
    """

    def __init__(self, folder: Path, *, files: int = FILES, most: int = BYTES) -> None:
        self._folder, self._files, self._most = folder, files, most
        self._file: IO[str] | None = None
        self._last: int | None = None

    def __call__(self, text: str) -> None:
        """Keep a line, which is JSON as `supervisor.logs.line` writes it, without secrets."""
        try:
            if self._last is None:
                self._last = next((one.id for one in _lines(self._folder)), 0)
            self._last += 1
            file = self._opened()
            file.write(json.dumps({"id": self._last, **json.loads(text)}) + "\n")
            file.flush()
        except (OSError, ValueError):  # a full disk: the log is the first that may have holes
            self.close()

    def close(self) -> None:
        """End writing; the next line opens the file again."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _opened(self) -> IO[str]:
        if self._file is not None and self._file.tell() >= self._most:
            self.close()
            self._rotate()
        if self._file is None:
            self._folder.mkdir(parents=True, exist_ok=True)
            path = self._folder / _NAME
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            self._file = os.fdopen(handle, "a", encoding="utf-8")
        return self._file

    def _rotate(self) -> None:
        places = _places(self._folder, self._files)
        for newer, older in reversed(list(pairwise(places))):
            if newer.exists():
                newer.replace(older)
        if self._files == 1:
            places[0].unlink(missing_ok=True)


def read_log(folder: Path, wanted: LogFilter, *, limit: int = 200) -> tuple[LogLine, ...]:
    """Lines of the log, newest first.

    Args:
        folder: of the files; lines may be written meanwhile.
        wanted: which ones.
        limit: at most so many.
    """
    found: list[LogLine] = []
    for line in _lines(folder):
        if wanted.after is not None and line.id <= wanted.after:
            break
        if wanted.takes(line):
            found.append(line)
            if len(found) >= limit:
                break
    return tuple(found)


def _lines(folder: Path) -> Iterator[LogLine]:
    """All lines, newest first; one that is half written, or comes twice, is left out."""
    last = float("inf")
    for path in _places(folder, FILES * 4):
        try:
            text = path.read_bytes()
        except FileNotFoundError:
            break
        for raw in reversed(text.splitlines()):
            line = _line(raw)
            if line is not None and line.id < last:
                last = line.id
                yield line


def _line(raw: bytes) -> LogLine | None:
    try:
        said: Any = json.loads(raw)
        at = datetime.fromisoformat(said["at"]).timestamp()
        texts = str(said["process"]), str(said["level"]), str(said["message"])
        return LogLine(int(said["id"]), at, *texts)
    except (ValueError, TypeError, LookupError, OverflowError):
        return None


def _places(folder: Path, count: int) -> list[Path]:
    """The files, newest first, whether they are there or not."""
    older = [folder / f"log.{number}.jsonl" for number in range(1, count)]
    return [folder / _NAME, *older]


def _gravity(level: str) -> int:
    return LEVELS.index(level) if level in LEVELS else 1


def _names(message: str, camera: str) -> bool:
    """Whether a message names a camera as a word of its own."""
    words = "".join(one if one.isalnum() or one in "_-" else " " for one in message)
    return camera in words.split()
