"""Reading bytes that somebody else wrote: whatever a parser raises ends in one sentence.

Parsers raise what they like on damaged or hostile files: ValueError, KeyError, struct.error,
RecursionError, MemoryError, errors of their own, even a panic of compiled code. Every reader of
foreign files parses inside `reading`, and nothing else happens there, so that mistakes of our own
are not taken for the file's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.errors import AwryError, DatasetError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MOST_EXPANSION = 1100
"""How much larger than its file content can be; zlib reaches 1032."""

_LONGEST = 200
_AROUND_NUMBERS = " \t\r\n\f\v\u00a0\u202f\"'"
# The exponent has few digits, so that it is small before it is computed with.
_WHOLE = re.compile(r"\+?([0-9]+)(?:[.,]0*)?(?:[eE]\+?([0-9]{1,4}))?")


LARGEST_NUMBER = 2**53
"""Beyond, a float no longer counts every whole number; no frame or pixel has such a number."""


@dataclass(slots=True)
class Position:
    """Where in the file the parser is.

    Attributes:
        line: from 1; None where the file has no lines, or before the first.
    """

    line: int | None = None


@contextmanager
def reading(
    path: str | Path, what: str, error: type[AwryError] = DatasetError, cure: str = ""
) -> Iterator[Position]:
    """Turn whatever is raised inside into one sentence; errors of awry pass as they are.

    Args:
        path: the file, for the message.
        what: what it is read as, e.g. "labels": "Cannot read FILE as labels: ...".
        error: the class that is raised.
        cure: a sentence to end with, on what to do.

    Yields:
        The place: set its `line` while reading lines, and messages name it.

    Raises:
        error: anything was raised inside, but for AwryError, KeyboardInterrupt and SystemExit.

    >>> with reading("labels.csv", "labels") as place:
    ...     for place.line, cell in enumerate(["0", "x"], 1):
    ...         _ = int(cell)
    Traceback (most recent call last):
    awry.errors.DatasetError: labels.csv, line 2: invalid literal for int() with base 10: 'x'.
    """
    place = Position()
    try:
        yield place
    except (AwryError, KeyboardInterrupt, SystemExit, GeneratorExit):
        raise
    except BaseException as raised:  # a panic of compiled code is no Exception
        said = f"{path}, line {place.line}"
        if place.line is None:
            said = f"Cannot read {path} as {what}"
        sentence = f"{said}: {reason_of(raised)}."
        raise error(f"{sentence} {cure}".rstrip()) from raised


def reason_of(error: BaseException) -> str:
    """What an exception says, for the middle of a sentence: one short line without a full stop.

    >>> reason_of(KeyError("clips"))
    "'clips' is missing"
    >>> reason_of(EOFError())
    'the file ends too early'
    """
    if isinstance(error, KeyError) and error.args:
        return f"{error.args[0]!r:.80} is missing"
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    if isinstance(error, MemoryError):
        return "it needs more memory than there is"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if problems := getattr(error, "errors", None):  # pydantic's, whose text is a table
        first = problems()[0]
        place = ".".join(str(part) for part in first["loc"])
        return f"{place}: {first['msg'][:1].lower()}{first['msg'][1:]}"[:_LONGEST]
    said = " ".join(str(error).split())
    if not said and isinstance(error, EOFError):
        return "the file ends too early"
    return quoted(said or type(error).__name__, _LONGEST).rstrip(". ")


def quoted(text: str, longest: int = 60) -> str:
    """Foreign text as a message may quote it: short, on one line, without control characters.

    >>> quoted("9" * 5000, 8)
    '99999999...'
    """
    plain = "".join(sign if sign.isprintable() else "?" for sign in text[: longest + 1])
    return plain if len(plain) <= longest else f"{plain[:longest]}..."


def whole_number(text: str) -> int:
    """A frame's or a track's number as it stands in a text file, from 0 to `LARGEST_NUMBER`.

    Quotes, signs and spaces around it, a fraction of zero, a decimal comma and an exponent are
    fine, as tables come out of spreadsheets and programs.

    Raises:
        ValueError: it is something else; to be raised inside of `reading`.

    >>> [whole_number(text) for text in (" 12", "12.0", "12,0", "1e3", '"+7"')]
    [12, 12, 12, 1000, 7]
    """
    bare = text.strip(_AROUND_NUMBERS)
    found = _WHOLE.fullmatch(bare)
    if found is None:
        raise ValueError(f"'{quoted(text)}' is not a whole number from 0 upwards")
    digits, exponent = found[1].lstrip("0") or "0", int((found[2] or "0").lstrip("0") or "0")
    zeros = 0 if digits == "0" else exponent
    if len(digits) + zeros > len(str(LARGEST_NUMBER)):
        raise ValueError(
            f"the number {digits[:20]}... of {len(digits) + zeros} digits is too large"
        )
    value = int(digits) * 10**zeros
    if value > LARGEST_NUMBER:
        raise ValueError(f"the number {value} is too large")
    return value


def read_text(path: Path) -> str:
    """Text in whatever encoding it is: UTF-8, UTF-16 or, where it is neither, Windows' Latin.

    Byte order marks are taken off; lines end with a line feed alone.

    Raises:
        OSError: the file cannot be read; to be raised inside of `reading`.
    """
    text = _decoded(path.read_bytes())
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    # Without a mark, every second byte of UTF-16 is zero where letters are Latin.
    even, odd = data[:400:2].count(0), data[1:400:2].count(0)
    if max(even, odd) > len(data[:400]) / 4:
        return data.decode("utf-16-le" if odd > even else "utf-16-be", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def read_json(
    path: Path, what: str = "JSON", error: type[AwryError] = DatasetError, cure: str = ""
) -> dict[str, Any]:
    """Read a JSON object from UTF-8 text, with or without a byte order mark.

    Raises:
        error: the file cannot be read, is no JSON, or holds something else than an object.
    """
    with reading(path, what, error, cure):
        text = read_text(path)
        if not text.strip("\0 \n"):
            raise ValueError("there is nothing in it, as after a power cut")
        loaded = json.loads(text)
        if not isinstance(loaded, dict):
            raise ValueError(f"it should hold one JSON object, but holds {json.dumps(loaded)[:40]}")
    return loaded


def read_npy(
    path: Path,
    what: str = "a NumPy array",
    error: type[AwryError] = DatasetError,
    *,
    mapped: bool = False,
) -> NDArray[Any]:
    """Read a `.npy` file; pickled objects are refused.

    The file is mapped first, so that a header that promises more than the file holds takes no
    memory.

    Args:
        path, what, error: as in `reading`.
        mapped: give a read-only memory map instead of a copy in memory.

    Raises:
        error: the file cannot be read, is shorter than its header says, or is no array.
    """
    import numpy as np

    with reading(path, what, error):
        loaded: np.ndarray[Any, Any] | Any = np.load(path, mmap_mode="r", allow_pickle=False)
        if not isinstance(loaded, np.ndarray):
            loaded.close()
            raise ValueError("it is an archive of several")
        return loaded if mapped else np.array(loaded)


def check_room(path: Path, wanted: int, expansion: int = MOST_EXPANSION) -> None:
    """Refuse content that cannot be in its file, before memory is taken for it.

    Args:
        path: the file.
        wanted: bytes that the content would take in memory.
        expansion: how much larger than its file content may be.

    Raises:
        ValueError: it is larger; to be raised inside of `reading`.
    """
    size = path.stat().st_size
    if wanted > size * expansion:
        raise ValueError(f"it promises {wanted} bytes of content, but has {size} bytes")
