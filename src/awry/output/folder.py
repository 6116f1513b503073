"""Tables as a folder of Parquet files, one a source, on any file system that fsspec knows."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from awry.errors import ConfigError, MissingError, WriteError
from awry.foreign import reason_of
from awry.output.names import file_name, file_stem
from awry.output.tables import TABLES, Row, TableWriter, check_table, widen_parquet

_LOCAL = ("file://", "local://")


def is_folder(place: str | Path) -> bool:
    """Whether somebody means a folder of tables: it ends in a slash, is there, or is an address.

    Raises:
        ConfigError: an address of one file.

    >>> is_folder("out/"), is_folder("s3://bucket/run"), is_folder("scores.csv")
    (True, True, False)
    """
    text = str(place)
    if "://" not in text:
        if text.endswith(("/", os.sep)):
            return True
        return Path(text).suffix not in TABLES and Path(text).is_dir()
    if text.endswith(TABLES):
        raise ConfigError(f"Cannot write {said(text)} as one file: give a folder, e.g. its parent.")
    return True


def local_path(place: str) -> Path | None:
    """Where a folder is on this machine; None where it is elsewhere."""
    for prefix in _LOCAL:
        if place.startswith(prefix):
            return Path(place.removeprefix(prefix))
    return None if "://" in place else Path(place)


def said(place: str) -> str:
    """A place without the name and the password that an address may carry.

    >>> said("sftp://user:word@host/run"), said("s3://bucket/run?key=1"), said("out/")
    ('sftp://***@host/run', 's3://bucket/run?***', 'out/')
    """
    if "://" not in place:
        return place
    kind, _, rest = place.partition("://")
    rest, query, _ = rest.partition("?")
    _, user, where = rest.rpartition("@")
    return f"{kind}://{'***@' if user else ''}{where}{'?***' if query else ''}"


class TableFolder:
    """Tables of one source after the other; each source's files appear whole, at its end.

    They are `KIND/SOURCE.parquet`, with the source's name in the column `source`. Rows grow in a
    temporary folder of this machine until then. In the end all files of a kind have the same
    columns: whoever reads them together takes those of the first.

    Args:
        place: a path, or an address such as `s3://bucket/run`.
        columns: kind -> the columns that come first.

    Raises:
        MissingError: pyarrow, or what reaches that file system, is not installed.
        ConfigError: there is no such kind of file system.
        WriteError: nothing can be written there.
    """

    def __init__(self, place: str, columns: Mapping[str, Sequence[str]]) -> None:
        check_table(Path("one.parquet"))
        self.place = place
        self._columns = {kind: list(first) for kind, first in columns.items()}
        self._had: dict[tuple[str, str], list[str]] = {}
        self._files, self._root = _file_system(place)
        with self._failures():
            for kind in columns:
                self._files.makedirs(f"{self._root}/{kind}", exist_ok=True)
            probe = f"{self._root}/.awry-{os.getpid()}"
            self._files.pipe_file(probe, b"")
            self._files.rm_file(probe)
        self._growing = tempfile.TemporaryDirectory(prefix="awry-tables-")
        self._tables: dict[tuple[str, str], TableWriter] = {}

    def add(self, kind: str, source: str, rows: Sequence[Row]) -> None:
        """Append rows of a source.

        Raises:
            WriteError: this machine's disk is full.
        """
        key = kind, source
        if key not in self._tables:
            path = Path(self._growing.name, kind, file_name(file_stem(source), ".parquet"))
            self._tables[key] = TableWriter(path, self._columns[kind])
        self._tables[key].add(rows)

    def finish(self, source: str) -> None:
        """A source has ended: its files appear, one of each kind, whether it has rows or not.

        Raises:
            WriteError: one cannot be written.
        """
        for kind in self._columns:
            self.add(kind, source, [])
            table = self._tables.pop((kind, source))
            table.finish()
            known = self._columns[kind]
            known += [name for name in table.columns if name not in known]
            self._had[kind, table.path.name] = table.columns
            with self._failures():
                self._put(table.path, f"{self._root}/{kind}", table.path.name)
            table.path.unlink()

    def even(self) -> None:
        """All sources have ended: files of a kind get the columns that came with later ones.

        Raises:
            WriteError: one cannot be written.
        """
        for (kind, name), columns in self._had.items():
            if columns == self._columns[kind]:
                continue
            wide = Path(self._growing.name, name)
            with self._failures():
                with self._files.open(f"{self._root}/{kind}/{name}") as file:
                    widen_parquet(file, wide, self._columns[kind])
                self._put(wide, f"{self._root}/{kind}", name)
            wide.unlink()

    def close(self) -> None:
        """End at once: what did not end is not there."""
        for table in self._tables.values():
            table.leave()
        self._tables.clear()
        self._growing.cleanup()

    def _put(self, file: Path, folder: str, name: str) -> None:
        growing = f"{folder}/.{name}.partial"
        try:
            self._files.put_file(str(file), growing)
            with suppress(FileNotFoundError):
                self._files.rm_file(f"{folder}/{name}")
            self._files.mv(growing, f"{folder}/{name}")
        except BaseException:
            with suppress(Exception):
                self._files.rm_file(growing)
            raise

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except WriteError:
            raise
        except Exception as error:  # each file system has errors of its own
            raise _unwritable(self.place, error) from None  # an error may hold a password


def _unwritable(place: str, error: Exception) -> WriteError:
    reason = reason_of(error).replace(place, said(place))
    return WriteError(f"Cannot write {said(place)}: {reason}.")


def _file_system(place: str) -> tuple[Any, str]:
    try:
        import fsspec
    except ImportError as error:
        raise MissingError(
            "Folders of tables need fsspec: pip install 'awry[cluster]', or write one file."
        ) from error
    try:
        files, root = fsspec.core.url_to_fs(place)
    except ImportError as error:
        raise MissingError(f"Cannot reach {said(place)}: {reason_of(error)}.") from error
    except ValueError as error:
        raise ConfigError(f"Cannot write {said(place)}: {reason_of(error)}.") from error
    except Exception as error:  # some file systems connect at once
        raise _unwritable(place, error) from None
    return files, str(root).rstrip("/")
