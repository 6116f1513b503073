"""Names of files that are made from the names of sources."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

_LONGEST = 255 - len(".npz.partial.npy")
"""Bytes of a name that every usual file system takes, also while the file grows."""


def file_stem(name: str) -> str:
    """A source's name as part of a file's: addresses have slashes in theirs.

    >>> file_stem("10.0.0.7/live cam")
    '10.0.0.7_live_cam'
    """
    return re.sub(r"[^\w.-]", "_", name).lstrip(".") or "_"


def file_name(stem: str, suffix: str) -> str:
    """A file's name; a stem that is too long is cut, and told from others by a hash of it all.

    >>> file_name("gate", ".npz")
    'gate.npz'
    >>> len(file_name("x" * 300, ".npz"))
    239
    """
    whole = f"{stem}{suffix}"
    if len(os.fsencode(whole)) <= _LONGEST:
        return whole
    mark = f"~{hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]}{suffix}"
    room = _LONGEST - len(os.fsencode(mark))
    return os.fsencode(stem)[:room].decode("utf-8", "ignore") + mark


def with_name(path: Path, name: str) -> Path:
    """A path with a source's or a bundle's name behind its stem.

    >>> with_name(Path("look.mp4"), "gate").name
    'look-gate.mp4'
    """
    return path.with_name(file_name(f"{path.stem}-{file_stem(name)}", path.suffix))
