"""A person's marks on frames, as lines of JSON that are only ever added to."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from awry.errors import InputError, WriteError
from awry.storage import write_text

FEEDBACK = "feedback.jsonl"
_LARGEST = 2**53  # no clip has so many frames
Label = Literal["abnormal", "normal"]
Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class FeedbackMark:
    """What was said of a moment: of a frame, and of all frames of the event that it stood for.

    Attributes:
        source: the clip's name.
        frame: the position, in the clip as it was filmed, of the frame that was shown.
        label: `abnormal` or `normal`.
        time: when, ISO 8601 in UTC.
        first, last: the marked frames, both inclusive; `frame` lies between them.
    """

    source: str
    frame: int
    label: Label
    time: str
    first: int
    last: int

    @property
    def key(self) -> Key:
        """The frame that was shown."""
        return self.source, self.frame


class FeedbackLog:
    """A run's `feedback.jsonl`.

    Lines are marks `{"source", "frame", "label", "time", "first", "last"}` (the last two are
    missing where one frame alone is meant), marks taken back `{"undo": true, "source", "frame",
    "time"}`, and retrainings `{"learned": number, "marks": count, "time"}`. The last mark of a
    frame counts.

    Args:
        path: read where it is there; made by the first line that is added.

    Attributes:
        notes: lines that could not be read, one sentence each.
        interactions: how often was learned from feedback.

    Raises:
        InputError: the file is there but cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.notes: list[str] = []
        self.interactions = 0
        self._marks: list[FeedbackMark] = []
        self._learned_from: set[FeedbackMark] = set()
        self._ends_whole = True
        self._read()

    @property
    def marks(self) -> dict[Key, FeedbackMark]:
        """The marks that count, by frame, the oldest first."""
        newest: dict[Key, FeedbackMark] = {}
        for mark in self._marks:
            newest.pop(mark.key, None)
            newest[mark.key] = mark
        return newest

    @property
    def fresh(self) -> dict[Key, FeedbackMark]:
        """Those of them that were not learned from yet."""
        return {key: mark for key, mark in self.marks.items() if mark not in self._learned_from}

    @property
    def learned_from(self) -> set[Key]:
        """The frames whose marks were learned from and still count as they were then."""
        return {key for key, mark in self.marks.items() if mark in self._learned_from}

    def mark(
        self, source: str, frame: int, label: Label, span: tuple[int, int] | None = None
    ) -> str | None:
        """Say that a moment is abnormal or normal; the same once more adds nothing.

        Args:
            source: the clip's name.
            frame: the frame that was shown.
            label: what it is.
            span: the first and the last of the marked frames; None: `frame` alone.

        Returns:
            A sentence where it contradicts what was said before, else None.

        Raises:
            WriteError: the line cannot be written; nothing has changed then.
        """
        before = self.marks.get((source, frame))
        first, last = span or (frame, frame)
        new = FeedbackMark(source, frame, label, now(), first, last)
        if before == replace(new, time=before.time if before else ""):
            return None
        self._add(_line_of(new))
        if before is None or before.label == label:
            return None
        return f"Frame {frame} of {source} was marked {before.label} before; now it is {label}."

    def undo(self) -> FeedbackMark | None:
        """Take the newest mark back; what was said of its frame before counts again.

        Returns:
            The mark that is gone; None where there is none.

        Raises:
            WriteError: as `mark`.
        """
        if not self._marks:
            return None
        last = self._marks[-1]
        self._add({"undo": True, "source": last.source, "frame": last.frame, "time": now()})
        return last

    def learned(self, number: int) -> None:
        """Note that interaction `number` learned from the marks so far.

        Raises:
            WriteError: as `mark`.
        """
        self._add({"learned": number, "marks": len(self.marks), "time": now()})

    def export(self, path: Path) -> int:
        """Write the marks that count as a file for `take_in`; returns how many.

        Raises:
            WriteError: it cannot be written.
        """
        write_text(path, self.exported())
        return len(self.marks)

    def exported(self) -> str:
        """The text of that file."""
        return "".join(json.dumps(_line_of(mark)) + "\n" for mark in self.marks.values())

    def take_in(self, path: Path, refusal: Callable[[str, int], str | None]) -> ImportedMarks:
        """Add the marks of another file, which `export` wrote or which is such a log itself.

        Args:
            path: the file.
            refusal: says why there is no such frame, or None where there is.

        Raises:
            InputError: the file cannot be read.
            WriteError: as `mark`.
        """
        if not path.is_file():
            raise InputError(f"There is no feedback in {path}: no such file.")
        other = FeedbackLog(path)
        refused, contradictions, taken = list(other.notes), [], 0
        for mark in other.marks.values():
            why = refusal(mark.source, mark.frame)
            if why is not None:
                refused.append(why)
                continue
            span = (mark.first, mark.last)
            sentence = self.mark(mark.source, mark.frame, mark.label, span)
            contradictions += [sentence] if sentence else []
            taken += 1
        return ImportedMarks(taken, tuple(refused), tuple(contradictions))

    def _read(self) -> None:
        try:
            text = self.path.read_text("utf-8", errors="replace")
        except FileNotFoundError:
            return
        except OSError as error:
            raise InputError(f"Cannot read {self.path}: {error.strerror}.") from error
        self._ends_whole = not text or text.endswith("\n")
        for number, line in enumerate(text.split("\n"), 1):
            if not line.strip():
                continue
            try:
                self._take(json.loads(line))
            except (ValueError, LookupError, TypeError, RecursionError):
                self.notes.append(f"Line {number} of {self.path} cannot be read; it was skipped.")

    def _take(self, line: dict[str, Any]) -> None:
        """Let a line count. Raises what a line of another shape raises."""
        if "learned" in line:
            self.interactions = max(self.interactions, _whole(line["learned"]))
            self._learned_from = set(self.marks.values())
            return
        source, frame = line["source"], _whole(line["frame"])
        if not isinstance(source, str):
            raise ValueError(source)
        if "undo" in line:
            gone = [n for n, mark in enumerate(self._marks) if mark.key == (source, frame)]
            del self._marks[gone[-1] : gone[-1] + 1]
            return
        if line["label"] not in ("abnormal", "normal"):
            raise ValueError(line["label"])
        first, last = (_whole(line.get(end, frame)) for end in ("first", "last"))
        if not first <= frame <= last:
            raise ValueError((first, frame, last))
        time = str(line.get("time", ""))
        self._marks.append(FeedbackMark(source, frame, line["label"], time, first, last))

    def _add(self, line: dict[str, Any]) -> None:
        text = json.dumps(line) + "\n"
        if not self._ends_whole:  # what a crash left half-written stays a line of its own
            text = "\n" + text
        try:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise WriteError(
                f"Cannot write {self.path}: {error.strerror}. The mark was not taken; free some "
                "space or mend its rights, then mark again."
            ) from error
        self._ends_whole = True
        self._take(line)


@dataclass(frozen=True, slots=True)
class ImportedMarks:
    """What came of another file's marks.

    Attributes:
        taken: how many were taken.
        refused: those that were not, one sentence each.
        contradictions: differences from what was marked before, one sentence each.
    """

    taken: int
    refused: tuple[str, ...]
    contradictions: tuple[str, ...]


def now() -> str:
    """This moment, ISO 8601 in UTC."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def _line_of(mark: FeedbackMark) -> dict[str, Any]:
    line: dict[str, Any] = {
        "source": mark.source,
        "frame": mark.frame,
        "label": mark.label,
        "time": mark.time,
    }
    alone = mark.first == mark.last
    return line if alone else line | {"first": mark.first, "last": mark.last}


def _whole(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > _LARGEST:
        raise ValueError(value)
    return value
