"""One instance a store."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from filelock import FileLock, Timeout

from awry.errors import InputError
from awry.storage import failure
from awry.watch.store.layout import Layout

MOMENT_S = 0.5
"""Whoever asks whether a store is held holds it for a moment: an owner waits so long for that."""


@contextmanager
def hold(layout: Layout, *, wait_s: float = MOMENT_S) -> Iterator[None]:
    """Own a store; the system lets it go when the process ends, however that happens.

    Args:
        layout: of the store.
        wait_s: for somebody who holds it.

    Raises:
        InputError: somebody owns it.
        WriteError: the place cannot be written.
    """
    try:
        layout.root.mkdir(parents=True, exist_ok=True)
        lock = FileLock(layout.lock, timeout=wait_s)
        lock.acquire()
    except Timeout:
        raise InputError(
            f"{layout.root} is in use: another `awry watch` runs on this store. Stop that one, or "
            "give each site a store of its own."
        ) from None
    except OSError as error:
        raise failure(layout.lock, error) from error
    try:
        yield
    finally:
        lock.release()


def is_held(layout: Layout) -> bool:
    """Whether somebody owns a store now; nothing is written where nobody ever did."""
    if not layout.lock.exists():
        return False
    try:
        with hold(layout, wait_s=0.0):
            return False
    except InputError:
        return True
