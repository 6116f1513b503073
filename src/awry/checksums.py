"""Checksums for what is kept on disk only to save time: made anew where it is damaged.

CRC-32 finds every burst of up to 32 flipped bits, and misses one of four billion other damages. It
guards against failing disks and power cuts, not against people.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from awry.storage import write_text

_PIECE = 1 << 18
_KEY = "crc32"


def checksum(*parts: Any, start: int = 0) -> int:
    """CRC-32 of bytes, or of anything that gives its bytes, one after the other.

    Args:
        parts: bytes, memory views, contiguous arrays.
        start: of what came before.
    """
    for part in parts:
        start = zlib.crc32(part, start)
    return start


def file_checksum(path: Path) -> int:
    """CRC-32 of a file's content, read in pieces.

    Raises:
        OSError: it cannot be read.
    """
    total = 0
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            total = zlib.crc32(piece, total)
    return total


def write_sealed(path: Path, value: dict[str, Any]) -> None:
    """Write a JSON object with its checksum, whole or not at all.

    Raises:
        WriteError: it cannot be written.
    """
    write_text(path, json.dumps({_KEY: _of_json(value), **value}))


def read_sealed(path: Path) -> dict[str, Any] | None:
    """What `write_sealed` wrote; None where it is not there, damaged, or has no checksum."""
    try:
        value = json.loads(path.read_bytes())
        return value if value.pop(_KEY) == _of_json(value) else None
    except (OSError, ValueError, TypeError, AttributeError, KeyError, RecursionError):
        return None


def seal_files(folder: Path, names: Iterable[str], about: str) -> None:
    """Write the checksums of a folder's files into its file `about`.

    Raises:
        OSError, WriteError: a file cannot be read, or `about` not written.
    """
    write_sealed(folder / about, {name: file_checksum(folder / name) for name in names})


def files_whole(folder: Path, about: str) -> bool:
    """Whether every file that `seal_files` sealed is as it was written."""
    sums = read_sealed(folder / about)
    try:
        return bool(sums) and all(file_checksum(folder / n) == s for n, s in (sums or {}).items())
    except OSError:
        return False


def _of_json(value: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(value, sort_keys=True).encode())
