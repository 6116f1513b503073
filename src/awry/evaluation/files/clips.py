"""Files that are one clip each, or hold several by name."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise
from pathlib import Path

from natsort import natsorted

from awry.errors import InputError

TEXT = (".csv", ".txt")
SHOWN = 5


def clip_files(path: Path, endings: Collection[str]) -> tuple[list[Path], list[str]]:
    """The files to read in natural order, and a note on those of other kinds.

    Args:
        path: a file, or a folder with files.
        endings: of the files that can be read, e.g. `.csv`.

    Raises:
        InputError: nothing is there, nothing that can be read, or two files are of one clip.
    """
    expected = f"expected files ending in {', '.join(endings)}"
    if path.is_file():
        if path.suffix.lower() not in endings:
            raise InputError(f"Cannot read {path}; {expected}, or a folder of them.")
        return [path], []
    if not path.is_dir():
        raise InputError(f"There is no file or folder {path}.")
    there = natsorted((file for file in path.iterdir() if not file.name.startswith(".")), key=str)
    files = [file for file in there if file.is_file() and file.suffix.lower() in endings]
    if not files:
        raise InputError(f"There is nothing to read in {path}; {expected}.")
    for file, other in pairwise(files):
        if file.stem == other.stem:
            raise InputError(f"{file} and {other} are of one clip; keep one of them.")
    others = [file.name for file in there if file not in set(files)]
    return files, [f"Left aside in {path}: {listed(others)}."] if others else []


def listed(names: Sequence[str]) -> str:
    """Some of the names, and how many more there are."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def misspelt(name: str, known: Collection[str]) -> str | None:
    """The one of the known names that differs in folder, ending or case alone."""

    def plain(text: str) -> str:
        last = text.replace("\\", "/").rstrip("/").rsplit("/", 1)[-1]
        stem, dot, ending = last.rpartition(".")
        return (stem if dot and stem and ending.isalnum() else last).lower()

    return next((other for other in known if plain(other) == plain(name)), None)
