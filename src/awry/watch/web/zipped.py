"""Files as a ZIP that is made while it is sent: nothing is written to the disk."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

Known = TypeVar("Known")
_CHUNK = 256 * 1024


def zipped(
    files: Iterable[tuple[Path, str, Known]],
    texts: Callable[[list[Known]], Mapping[str, str]],
    folders: Iterable[str] = (),
) -> Iterator[bytes]:
    """A ZIP, piece by piece, its files stored as they are.

    Args:
        files: path, name in the ZIP, and what is known of each; one that cannot be read any longer
            is left out.
        texts: name -> text for the end of the ZIP, by what is known of the files that are in it.
        folders: that are there though they may be empty.
    """
    sink = _Sink()
    done: list[Known] = []
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_STORED, allowZip64=True) as made:
        for folder in folders:
            made.mkdir(folder)
        for path, name, known in files:
            try:
                source = path.open("rb")
            except OSError:
                continue
            with source:
                entry = zipfile.ZipInfo(name)
                entry.external_attr = 0o644 << 16
                with made.open(entry, "w", force_zip64=True) as target:
                    while data := source.read(_CHUNK):
                        target.write(data)
                        yield sink.taken()
            done.append(known)
        for name, text in texts(done).items():
            made.writestr(name, text)
            yield sink.taken()
    yield sink.taken()


class _Sink(io.RawIOBase):
    """What was written since it was last asked."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        data = b"".join(self._pieces)
        self._pieces.clear()
        return data
