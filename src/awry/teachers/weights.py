"""Where local weight files are found, and what stands for their content."""

from __future__ import annotations

import hashlib
import os
from functools import lru_cache
from pathlib import Path

from awry.errors import MissingError

FOLDER = "AWRY_WEIGHTS"


def find_weights(name: str, what: str, instead: str) -> Path:
    """A weight file by its path, or by its name in the folder `$AWRY_WEIGHTS`.

    Args:
        name: as the user gave it.
        what: what the file is for, in words.
        instead: what can be used without it, in words.

    Raises:
        MissingError: there is no such file; says where it was looked for, and what to use instead.
    """
    given = Path(name).expanduser()
    folder = os.environ.get(FOLDER)
    places = [given, *([Path(folder) / name, Path(folder) / given.name] if folder else [])]
    for place in places:
        if place.is_file():
            return place
    where = f"nor in ${FOLDER}" if folder else f"and ${FOLDER} names no folder to look in"
    raise MissingError(
        f"{what} {name} is not there, {where}. Put the file there, or use {instead}."
    )


def file_hash(path: Path) -> str:
    """SHA-256 of a file's content, and of the `.data` beside it that large ONNX files have."""
    hashes = []
    for file in (path, path.with_name(path.name + ".data")):
        if file.is_file():
            hashes.append(sha256_of(file))
    return "+".join(hashes)


def sha256_of(file: Path) -> str:
    """SHA-256 of a file's content, in hexadecimal digits; read once while it stays as it is.

    Raises:
        OSError: it cannot be read.
    """
    facts = file.stat()
    return _hash(str(file.resolve()), facts.st_size, facts.st_mtime_ns)


@lru_cache(maxsize=64)
def _hash(path: str, size: int, time: int) -> str:
    with Path(path).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
