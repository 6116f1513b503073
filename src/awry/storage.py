"""Outputs appear whole or not at all: written beside their place, then renamed."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from awry.errors import WriteError
from awry.names import writable

_NUMBER = r"(?:-?\d[\d.eE+-]*|null)"
_NUMBERS = re.compile(rf"(?<=\[)\n\s+{_NUMBER}(?:,\n\s+{_NUMBER})*\n\s+(?=\])")


def failure(path: Path, error: OSError) -> WriteError:
    """The sentence for a place that cannot be written."""
    reason = error.strerror or str(error)
    return WriteError(
        f"Cannot write {path}: {reason}. Nothing was left half-written; "
        "free some space or choose another place."
    )


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`; on success it takes the place of `path`.

    The temporary path has the same ending, so that libraries recognise the format.

    Raises:
        WriteError: the disk is full or the place cannot be written; nothing is left behind.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(
            dir=path.parent, prefix=f".{path.stem}.", suffix=path.suffix
        )
        os.close(handle)
        temporary = Path(name)
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        settle_file(temporary, path)
    except OSError as error:
        raise failure(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path, *, replace: bool = True) -> Iterator[Path]:
    """Give a temporary folder beside `path`; on success it takes the place of `path`.

    Args:
        path: the folder to make.
        replace: a folder that stands at `path` by then is replaced; without it that one stays,
            for content that several processes may make alike at the same time.

    Raises:
        WriteError: the disk is full or the place cannot be written; nothing is left behind.
    """
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}."))
        temporary.chmod(0o777 & ~_umask())
        yield temporary
        _settle(temporary, path, replace)
    except OSError as error:
        raise failure(path, error) from error
    finally:
        if temporary is not None and temporary.exists():
            shutil.rmtree(temporary, ignore_errors=True)


def settle_file(new: Path, path: Path) -> None:
    """Let a file take another's place for good: a power cut leaves either the one or the other.

    Raises:
        OSError: it cannot; `path` is as before.
    """
    sync(new)
    new.replace(path)
    sync(path.parent)


def sync(path: Path) -> None:
    """Have the disk itself hold a file's content, or a folder's names.

    Raises:
        OSError: the disk is full or failing.
    """
    try:
        handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    except PermissionError:  # Windows opens no folders
        if path.is_dir():
            return
        raise
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.EBADF, errno.ENOTSUP):  # nothing to sync there
            raise
    finally:
        os.close(handle)


def _sync_tree(folder: Path) -> None:
    for place, _, files in os.walk(folder):
        for name in files:
            sync(Path(place, name))
        sync(Path(place))


def _settle(new: Path, path: Path, replace: bool) -> None:
    _sync_tree(new)
    _put(new, path, replace)
    sync(path.parent)


def _put(new: Path, path: Path, replace: bool) -> None:
    if path.exists() and replace:
        _swap(new, path)
        return
    try:
        new.replace(path)
    except OSError:
        if replace or not path.is_dir():  # somebody else's folder, the same as this one
            raise


def _swap(new: Path, path: Path) -> None:
    """Put one folder in another's place; the other stays if that fails."""
    old = Path(tempfile.mkdtemp(dir=path.parent, prefix=f".{path.name}.old."))
    try:
        path.replace(old / "was")
        try:
            new.replace(path)
        except OSError:
            (old / "was").replace(path)
            raise
    except OSError:
        with suppress(OSError):  # it holds something only where even that failed
            old.rmdir()
        raise
    shutil.rmtree(old, ignore_errors=True)


def json_text(value: Any) -> str:
    """Plain values as JSON for people: indented, with lists of numbers on one line.

    Raises:
        ValueError: a number is NaN or infinite.

    >>> print(json_text({"a": [1, 2.5, None], "b": {}}), end="")
    {
      "a": [1, 2.5, null],
      "b": {}
    }
    """
    text = json.dumps(value, indent=2, allow_nan=False)
    return _NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n"


def write_json(path: Path, value: Any) -> None:
    """Write `json_text` whole, or not at all; as `write_text`."""
    write_text(path, json_text(value))


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text as a whole file."""
    with whole_file(path) as temporary:
        temporary.write_text(writable(text), encoding="utf-8")  # file names may be no UTF-8


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
