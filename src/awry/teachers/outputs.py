"""What teachers said, kept: a frame is looked at once however often it is asked about.

An entry's key covers the teacher's weights and options and the pixels themselves, so that nothing
stale can ever be found. During a fit entries are kept in a file on disk. A checksum stands beside
each, so that nothing damaged is found, and the file may be deleted at any time, also in the middle
of a run. Where several systems score one stream, the last entries are kept in memory.
"""

from __future__ import annotations

import hashlib
import sqlite3
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load, save

from awry.checksums import checksum
from awry.devices import Compute
from awry.errors import AwryError
from awry.foreign import reading

Arrays = dict[str, NDArray[np.generic]]
FILE = "teachers.sqlite"
_TABLE = "checked_outputs"

MEMORY_BYTES = 128 * 2**20
"""Of the last outputs in memory: some forty flow fields of 854x480 pixels."""

_folder: ContextVar[Path | None] = ContextVar("folder of teachers' outputs", default=None)
_memory: ContextVar[OutputMemory | None] = ContextVar("teachers' last outputs", default=None)


@contextmanager
def keep_outputs(folder: Path) -> Iterator[None]:
    """Teachers that are loaded inside keep what they say in a file of that folder."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def outputs_folder() -> Path | None:
    """The folder of the surrounding `keep_outputs`; None outside."""
    return _folder.get()


def kept_outputs() -> OutputFile | None:
    """The file of the surrounding `keep_outputs`; None outside."""
    folder = outputs_folder()
    return None if folder is None else OutputFile(folder / FILE)


@contextmanager
def share_outputs(memory: OutputMemory) -> Iterator[None]:
    """Teachers that are asked inside look into that memory first, and leave there what they say."""
    token = _memory.set(memory)
    try:
        yield
    finally:
        _memory.reset(token)


def said_before(
    key: Callable[[], str], compute: Callable[[], Mapping[str, NDArray[np.generic]]], costly: bool
) -> Mapping[str, NDArray[np.generic]]:
    """A teacher's answer: from memory, from disk, or computed and then kept in both.

    Args:
        key: makes what stands for the question; not called where nothing is kept.
        compute: asks the teacher.
        costly: whether the answer is worth keeping on disk.
    """
    memory, file = _memory.get(), kept_outputs() if costly else None
    if memory is None and file is None:
        return compute()
    name = key()

    def asked() -> Mapping[str, NDArray[np.generic]]:
        return compute() if file is None else file.get(name, compute)

    return asked() if memory is None else memory.get(name, asked)


class OutputMemory:
    """The last named arrays in memory, found by their key.

    Args:
        most: bytes; the entries that were longest not asked for go first.

    Attributes:
        asked, found: how many questions there were, and how many of them were known.
    """

    def __init__(self, most: int = MEMORY_BYTES) -> None:
        self.asked = self.found = 0
        self._most, self._bytes = most, 0
        self._entries: OrderedDict[str, Arrays] = OrderedDict()
        self._lock = Lock()
        self._under_way: dict[str, Lock] = {}

    def get(self, key: str, compute: Callable[[], Mapping[str, NDArray[np.generic]]]) -> Arrays:
        """The arrays under a key, computed and kept where they are not there; the caller's own.

        Threads that ask the same wait for the first of them.
        """
        with self._lock:
            self.asked += 1
            mine = self._under_way.setdefault(key, Lock())
        with mine:
            known = self._known(key)
            if known is None:
                known = {name: np.array(array) for name, array in compute().items()}
                self._keep(key, known)
        return {name: array.copy() for name, array in known.items()}

    def _known(self, key: str) -> Arrays | None:
        with self._lock:
            if key not in self._entries:
                return None
            self.found += 1
            self._entries.move_to_end(key)
            self._under_way.pop(key, None)
            return self._entries[key]

    def _keep(self, key: str, arrays: Arrays) -> None:
        with self._lock:
            self._bytes += _size(arrays) - _size(self._entries.pop(key, {}))
            self._entries[key] = arrays
            self._under_way.pop(key, None)
            while self._bytes > self._most:
                self._bytes -= _size(self._entries.popitem(last=False)[1])


def _size(arrays: Arrays) -> int:
    return sum(array.nbytes for array in arrays.values())


class OutputFile:
    """A file of named arrays, found by their key.

    A write is whole or not at all. A damaged file is put aside by starting anew: what it held can
    always be computed again, so no trouble with it ever stops a run.

    Args:
        path: made when it is needed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def get(self, key: str, compute: Callable[[], Mapping[str, NDArray[np.generic]]]) -> Arrays:
        """The arrays under a key, computed and kept where they are not there yet."""
        arrays = self._read(key)
        if arrays is None:
            arrays = {name: np.ascontiguousarray(array) for name, array in compute().items()}
            self._write(key, arrays)
        return arrays

    def _read(self, key: str) -> Arrays | None:
        if not self.path.is_file():
            return None
        try:
            with closing(self._open()) as file:
                row = file.execute(f"SELECT crc32, value FROM {_TABLE} WHERE key = ?", (key,))
                stored = row.fetchone()
            return None if stored is None else self._checked(key, *stored)
        except (sqlite3.OperationalError, OverflowError):  # locked for a minute, or no such table
            return None
        except (sqlite3.DatabaseError, UnicodeError):
            warnings.warn(f"{self.path} is damaged; it is made anew.", stacklevel=3)
            with suppress(OSError):
                self.path.unlink(missing_ok=True)
            return None

    def _checked(self, key: str, total: object, value: object) -> Arrays | None:
        """The arrays of an entry; None where it is damaged, to be written anew under its key."""
        with suppress(AwryError), reading(self.path, "teachers' outputs"):
            if not isinstance(value, bytes) or total != checksum(key.encode(), value):
                raise ValueError("the checksum does not fit")
            return load(value)
        warnings.warn(
            f"{self.path} holds a damaged entry; the teacher is asked again.", stacklevel=4
        )
        return None

    def _write(self, key: str, arrays: Arrays) -> None:
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
        with suppress(sqlite3.Error), closing(self._open()) as file, file:
            file.execute("DROP TABLE IF EXISTS outputs")  # of an older awry, without checksums
            columns = "key TEXT PRIMARY KEY, crc32 INTEGER, value BLOB"
            file.execute(f"CREATE TABLE IF NOT EXISTS {_TABLE} ({columns})")
            value = save(arrays)
            row = (key, checksum(key.encode(), value), value)
            file.execute(f"INSERT OR REPLACE INTO {_TABLE} VALUES (?, ?, ?)", row)

    def _open(self) -> sqlite3.Connection:
        file = sqlite3.connect(self.path, timeout=60)
        # A power cut may cost the file, which only has to be computed again.
        file.execute("PRAGMA synchronous = OFF")
        return file


def question(compute: Compute, *things: object) -> str:
    """What stands for a question to a teacher that calculates so; see `digest`.

    Devices share their answers. Another precision than 32 has answers of its own.
    """
    return digest(*things) if compute.precision == "32" else digest(*things, compute.precision)


def digest(*things: object) -> str:
    """SHA-256 over words, numbers and arrays, in order."""
    total = hashlib.sha256()
    for thing in things:
        if isinstance(thing, np.ndarray):
            total.update(repr((thing.shape, thing.dtype.str)).encode())
            total.update(np.ascontiguousarray(thing).data)
        else:
            total.update(repr(thing).encode())
        total.update(b"\0")
    return total.hexdigest()
