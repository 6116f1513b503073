"""Names of files that are made from the names of sources."""

from __future__ import annotations

import re
from pathlib import Path


def file_stem(name: str) -> str:
    """A source's name as part of a file's: addresses have slashes in theirs.

    >>> file_stem("10.0.0.7/live cam")
    '10.0.0.7_live_cam'
    """
    return re.sub(r"[^\w.-]", "_", name).lstrip(".") or "_"


def with_name(path: Path, name: str) -> Path:
    """A path with a source's or a bundle's name behind its stem.

    >>> with_name(Path("look.mp4"), "gate").name
    'look-gate.mp4'
    """
    return path.with_name(f"{path.stem}-{file_stem(name)}{path.suffix}")
