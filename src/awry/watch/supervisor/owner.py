"""Who runs a store: one supervisor, and no process that an earlier one left behind."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.errors import InputError
from awry.storage import failure
from awry.watch.ipc import places
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold

LEFT_S = 30.0
"""Processes whose supervisor was killed end by themselves; they are waited for so long."""
_NAME = "awry-"


@dataclass(frozen=True, slots=True)
class Owned:
    """A store that is this process's.

    Attributes:
        folder: of the site's sockets, new and empty.
        kept: a file that every process of the site must inherit: while one of them lives, no other
            supervisor begins.
    """

    folder: Path
    kept: int


@contextmanager
def owned(layout: Layout, wait: Callable[[float], None] = time.sleep) -> Iterator[Owned]:
    """Own a store, until the end.

    Args:
        layout: of the store.
        wait: lets so many seconds pass.

    Raises:
        InputError: another supervisor runs, or processes that one left behind do not end.
        WriteError: the place cannot be written.
    """
    with hold(layout):
        kept = _nobody_left(layout, wait)
        try:
            _forget(layout)
            folder = places.make_folder()
            try:
                _write(layout, folder)
                yield Owned(folder, kept)
            finally:
                layout.running.unlink(missing_ok=True)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(kept)


def sockets_of(layout: Layout) -> Path | None:
    """The folder of the sockets of the site that runs on a store; None: none does.

    A supervisor that was killed leaves its word behind: then nobody answers there.
    """
    folder = _said(layout).get("folder")
    return Path(folder) if isinstance(folder, str) and Path(folder).is_dir() else None


def _nobody_left(layout: Layout, wait: Callable[[float], None]) -> int:
    """A lock on the processes of the site, which they inherit."""
    try:
        kept = os.open(layout.processes, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise failure(layout.processes, error) from error
    waited = 0.0
    while True:
        try:
            fcntl.flock(kept, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return kept
        except OSError:
            if waited >= LEFT_S:
                os.close(kept)
                raise InputError(
                    f"Processes of an earlier `awry watch` on {layout.root} are still running. "
                    "End them (their command lines hold awry.watch.supervisor.child), then start "
                    "again."
                ) from None
        wait(0.2)
        waited += 0.2


def _write(layout: Layout, folder: Path) -> None:
    text = json.dumps({"folder": str(folder), "pid": os.getpid()})
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=layout.root, prefix=f".{layout.running.name}.")  # 0600
        temporary = Path(name)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        temporary.replace(layout.running)
    except OSError as error:
        if temporary is not None:
            temporary.unlink(missing_ok=True)
        raise failure(layout.running, error) from error


def _said(layout: Layout) -> dict[str, Any]:
    try:
        said = json.loads(layout.running.read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return said if isinstance(said, dict) else {}


def _forget(layout: Layout) -> None:
    """Remove the sockets of a supervisor that was killed."""
    folder = sockets_of(layout)
    if folder is not None and folder.name.startswith(_NAME) and not folder.is_symlink():
        with contextlib.suppress(OSError):
            if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077 == 0:
                shutil.rmtree(folder, ignore_errors=True)
