"""Where the sockets of a site are: in a folder of its own that nobody else may enter."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from awry.errors import WriteError

FOLDER = "AWRY_WATCH_FOLDER"
"""Environment variable by which a process learns of the folder."""
_LONGEST = 107  # bytes of a Unix socket's path
_PREFIX = "awry-"


def make_folder() -> Path:
    """A new folder that only this user may enter, with a path short enough for sockets.

    Raises:
        WriteError: there is no place for it.
    """
    asked = [os.environ.get("XDG_RUNTIME_DIR", ""), tempfile.gettempdir(), "/tmp", "/var/tmp"]
    for parent in filter(None, asked):
        # The longest name in it is that of a camera with 40 letters.
        if len(os.fsencode(parent)) + 60 > _LONGEST:
            continue
        try:
            return Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))  # 0700
        except OSError:
            continue
    raise WriteError(
        "There is no place for the sockets of the site: neither XDG_RUNTIME_DIR nor TMPDIR names "
        "a folder that can be written and has a short path. Set XDG_RUNTIME_DIR to one."
    )


def keeper(folder: Path) -> Path:
    """The keeper's socket."""
    return folder / "keeper"


def control(folder: Path) -> Path:
    """The supervisor's socket, for the command line."""
    return folder / "control"


def frames(folder: Path, camera: str) -> Path:
    """The socket of a camera's mailbox."""
    return folder / f"f-{camera}"


def live(folder: Path, camera: str) -> Path:
    """The socket of a camera's live pictures."""
    return folder / f"l-{camera}"
