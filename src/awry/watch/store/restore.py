"""A backup takes the place of a store: asked for while the site runs, done at its next start.

Nothing is deleted: what the store held before becomes a backup itself. The backup is copied beside
the store first; then every part is swapped by a rename. A start that dies in between goes on with
the next one, since a part that was swapped is no longer among those that wait.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import asdict, dataclass
from pathlib import Path

from awry.errors import InputError
from awry.storage import failure, sync, whole_file
from awry.watch.store.backups import check, new_name, place_of
from awry.watch.store.layout import Layout

_STAGE, _READY = ".restoring", "ready"
_PARTS = ("awry.db-wal", "awry.db-shm", "awry.db", "media", "footage", "bundles")
"""In this order: a log of changes must never meet a database that it does not belong to."""


@dataclass(frozen=True, slots=True)
class Wish:
    """That a backup be restored at the next start.

    Attributes:
        backup: its name.
        by: who asked for it.
        at: when, seconds since 1970-01-01 UTC.
    """

    backup: str
    by: str
    at: float


@dataclass(frozen=True, slots=True)
class Restored:
    """What a start did.

    Attributes:
        done: whether the store is the backup now.
        said: a sentence for the log.
        wish: what was asked for; None: it could not be read.
        before: name of the backup that holds what was there before; empty: nothing was swapped.
    """

    done: bool
    said: str
    wish: Wish | None = None
    before: str = ""


def wished(layout: Layout) -> Wish | None:
    """What is to be restored at the next start; None: nothing."""
    try:
        said = json.loads(layout.restore.read_text("utf-8"))
        return Wish(str(said["backup"]), str(said["by"]), float(said["at"]))
    except (OSError, ValueError, TypeError, LookupError):
        return None


def wish(layout: Layout, wanted: Wish) -> None:
    """Ask for a backup to be restored at the next start; a wish from before goes.

    Raises:
        InputError: there is no such backup, or it cannot be restored; the message says why.
        WriteError: the wish cannot be written.
    """
    place = place_of(layout, wanted.backup)
    found = check(layout, wanted.backup)
    if place.is_file():
        raise InputError(
            f"{wanted.backup} is a copy of the database alone, from before an upgrade. It is "
            "restored by hand: see the documentation of `awry watch`."
        )
    if not found.sound:
        raise InputError(f"{wanted.backup} cannot be restored. {' '.join(found.said)}")
    with whole_file(layout.restore) as temporary:
        temporary.write_text(json.dumps(asdict(wanted)), "utf-8")


def drop_wish(layout: Layout) -> bool:
    """Restore nothing at the next start; whether something was to be.

    Raises:
        WriteError: the wish cannot be taken back.
    """
    try:
        layout.restore.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise failure(layout.restore, error) from error
    return True


def restore_if_wished(
    layout: Layout, now: float, timezone: str = "UTC", *, foreign: bool = False
) -> Restored | None:
    """Restore what was asked for; for who owns the store, while nothing else runs on it.

    Args:
        layout: of the store.
        now: seconds since 1970-01-01 UTC.
        timezone: of the site.
        foreign: whether the site's database is another than SQLite in the store.

    Returns:
        what was done; None: nothing was asked for. Where it is refused the store is as before, and
        the wish is gone.

    Raises:
        WriteError: the disk is full or failing. The next start goes on where this one ended.
    """
    stage = layout.root / _STAGE
    if not layout.restore.exists():
        shutil.rmtree(stage, ignore_errors=True)
        return None
    wanted = wished(layout)
    try:
        if not (stage / _READY).exists():
            _refuse(layout, wanted, foreign)
            assert wanted is not None
            name = new_name(layout, now, timezone, "before-restore")
            _copy(layout, place_of(layout, wanted.backup), stage, name)
        before = (stage / _READY).read_text("utf-8")
        _swap(layout, stage, layout.backups / before)
    except InputError as error:
        drop_wish(layout)
        return Restored(False, f"Nothing was restored: {error}", wanted)
    except OSError as error:
        raise failure(layout.root, error) from error
    drop_wish(layout)
    shutil.rmtree(stage, ignore_errors=True)
    name = wanted.backup if wanted is not None else "a backup"
    said = f"The store is {name} now; what was there before is the backup {before}."
    return Restored(True, said, wanted, before)


def _refuse(layout: Layout, wanted: Wish | None, foreign: bool) -> None:
    if wanted is None:
        raise InputError(f"{layout.restore.name} cannot be read; ask for it again.")
    if foreign:
        raise InputError("The site's database is not in its store; restore it with its own tools.")
    found = check(layout, wanted.backup)
    if not found.sound or not place_of(layout, wanted.backup).is_dir():
        raise InputError(f"{wanted.backup} cannot be restored. {' '.join(found.said)}")


def _copy(layout: Layout, backup: Path, stage: Path, before: str) -> None:
    """All of a backup beside the store, ready to be swapped in."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    for name in ("media", "footage", "bundles"):
        (stage / name).mkdir()
        if (backup / name).is_dir():
            shutil.copytree(backup / name, stage / name, copy_function=_link, dirs_exist_ok=True)
    # Never a link: the database is changed in place, and the backup's must stay as it is.
    for name in (layout.database.name, f"{layout.database.name}-wal"):
        if (backup / name).exists():  # a log of changes is there where a kill was before
            shutil.copy2(backup / name, stage / name)
    sync(stage / layout.database.name)
    with whole_file(stage / _READY) as temporary:
        temporary.write_text(before, "utf-8")


def _swap(layout: Layout, stage: Path, before: Path) -> None:
    """Every part of the store that still waits for its new one; again and again does no harm."""
    before.mkdir(parents=True, exist_ok=True)
    waiting = (stage / layout.database.name).exists()
    for name in _PARTS:
        here, new = layout.root / name, stage / name
        log = name.startswith(f"{layout.database.name}-")
        if (new.exists() or (log and waiting)) and here.exists() and not (before / name).exists():
            here.rename(before / name)
        if new.exists():
            new.rename(here)
    sync(before)
    sync(layout.root)


def _link(source: str, target: str) -> str:
    try:
        os.link(source, target)
    except OSError:  # another disk, or one without links
        shutil.copy2(source, target)
    return target
