"""Whether everything can be written where it is to go, and harms nothing that stands there.

Every command asks before it computes anything. An output is never an input, or another output;
what awry did not write is replaced only where the user says so; and a place that cannot be written
is known before the work instead of after it.
"""

from __future__ import annotations

import errno
import os
import tempfile
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from awry.errors import ConfigError, WriteError
from awry.output.own import is_ours
from awry.storage import failure
from awry.video.kinds import has_footage_ending

REPORT = {"metrics.json": "json", "report.html": "page"}
"""What a measurement puts into its folder."""
FOLDERS = ("folder", "bundle", "cache", "frames")
_SEEN_AS_FOOTAGE = ("video", "picture", *FOLDERS)


@dataclass(frozen=True, slots=True)
class Place:
    """Where something will be written.

    Attributes:
        option: what the user calls it, for messages: `--out`.
        path: of the file or folder.
        kind: what is written: one of `awry.output.own.is_ours`; `folder`, into which only files
            with places of their own are put; `bundle`, which is replaced as a whole; `cache`.
        growing: where it stands while it is written, if that is another name beside it.
    """

    option: str
    path: Path
    kind: str
    growing: Path | None = field(default=None)

    def identities(self) -> set[object]:
        """What the place is known by, also while it is written."""
        return _identities(self.path) | (_identities(self.growing) if self.growing else set())

    def __str__(self) -> str:
        return f"{self.option} {self.path}"


def check_places(
    places: Sequence[Place], inputs: Iterable[str | Path] = (), *, overwrite: bool = False
) -> None:
    """Refuse places that cannot be written, or where something would be lost.

    Args:
        places: of everything that will be written.
        inputs: files and folders that are read; addresses and devices are passed over.
        overwrite: the user says that what stands there may be replaced; inputs never may.

    Raises:
        ConfigError: an output is an input, lies among inputs, is another output, or something
            that awry did not write stands there.
        WriteError: it cannot be written: no permission, a name that is too long, a folder in a
            file's place or the other way round, a read-only disk.
    """
    read = [Path(given) for given in inputs if _is_there(Path(given))]
    _check_against_inputs(places, read)
    _check_against_others(places)
    for place in places:
        _check_writable(place)
        if not overwrite:
            _check_foreign(place)


def check_folder(
    option: str,
    folder: Path,
    files: Mapping[str, str],
    inputs: Iterable[str | Path] = (),
    *,
    overwrite: bool = False,
) -> None:
    """`check_places` for a folder into which files are put: name -> kind."""
    inside = [Place(option, folder / name, kind) for name, kind in files.items()]
    check_places([Place(option, folder, "folder"), *inside], inputs, overwrite=overwrite)


def _check_against_inputs(places: Sequence[Place], inputs: Sequence[Path]) -> None:
    by_identity = {key: path for path in inputs for key in _identities(path)}
    folders = {_resolved(path): path for path in inputs if path.is_dir()}
    resolved = [(path, _resolved(path)) for path in inputs]
    for place in places:
        for key in place.identities():
            if key in by_identity:
                raise ConfigError(
                    f"{place} is {by_identity[key]}, which is read: it would be lost. Choose "
                    "another place."
                )
        own = _resolved(place.path)
        for above in own.parents:
            if above in folders:
                _check_within(place, folders[above])
        if place.kind in ("bundle", "frames"):
            for path, where in resolved:
                if own in where.parents:
                    raise ConfigError(
                        f"{place} holds {path}, which is read, and would replace it. Choose "
                        "another place."
                    )


def _check_within(place: Place, read: Path) -> None:
    """Refuse an output within a folder that is read, where it could be taken for footage."""
    if (read / "manifest.json").is_file():
        raise ConfigError(
            f"{place} lies in the bundle {read}, which is replaced as a whole when it is fitted "
            "anew. Choose a place outside of it."
        )
    foreign = place.path.is_file() and not is_ours(place.path, place.kind)
    if foreign or (place.kind in _SEEN_AS_FOOTAGE and _among_footage(place.path, place.kind)):
        raise ConfigError(
            f"{place} lies among the footage of {read}, which is read. Choose a place outside of "
            "it."
        )


def shared_places(places: Sequence[Place]) -> list[tuple[Place, Place]]:
    """Places that are one file with an earlier one, with that one before them.

    Two names are one file by links, also while it grows, and where they differ in case alone.
    """
    taken: dict[object, Place] = {}
    pairs = []
    for place in places:
        keys = place.identities()
        other = next((taken[key] for key in keys if key in taken), None)
        if other is not None:
            pairs.append((other, place))
        taken |= dict.fromkeys(keys, place)
    return pairs


def _check_against_others(places: Sequence[Place]) -> None:
    for other, place in shared_places(places):
        raise ConfigError(
            f"{other} and {place} are one file, or would be on a disk that ignores case. Choose "
            "different places."
        )
    for whole in (place for place in places if place.kind == "bundle"):
        for place in places:
            if _resolved(whole.path) in _resolved(place.path).parents:
                raise ConfigError(f"{place} lies in {whole}, which is replaced as a whole.")


def _check_writable(place: Place) -> None:
    """A file is made beside the place, and removed again: nothing else tells for sure."""
    path = place.path
    try:
        if path.exists():
            _check_form(place)
        for name in (path, place.growing or path):
            with suppress(FileNotFoundError):
                os.lstat(name)  # says so where the name is too long
        whole = path.absolute()
        within = (whole, *whole.parents) if place.kind in ("folder", "cache") else whole.parents
        there = next(path for path in within if os.path.lexists(path))
        with tempfile.NamedTemporaryFile(dir=there, prefix=".awry-"):
            pass
    except OSError as error:
        if error.errno == errno.ENOENT:  # /proc and the like have names, but take none
            error = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        raise failure(path, error) from error


def _check_form(place: Place) -> None:
    folder = place.kind in FOLDERS
    if folder and not place.path.is_dir():
        raise WriteError(f"{place} is a file; a folder was expected. Choose another place.")
    if not folder and place.path.is_dir():
        raise WriteError(f"{place} is a folder; a file was expected. Choose another place.")
    if not folder and not place.path.is_file():
        raise WriteError(f"{place} is no regular file. Choose another place.")
    if not os.access(place.path, os.W_OK):
        raise WriteError(f"{place} is read-only. Choose another place.")


def _check_foreign(place: Place) -> None:
    if place.kind in ("folder", "bundle", "cache") or not place.path.exists():
        return
    try:
        ours = is_ours(place.path, place.kind)
    except OSError as error:
        raise failure(place.path, error) from error
    if not ours:
        raise ConfigError(
            f"{place} exists and is nothing that awry wrote there. Choose another place, or add "
            "--overwrite to replace it."
        )


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):  # an address that is no file's name
        return False


def _resolved(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # links that lead in a circle
        return path.absolute()


def _identities(path: Path) -> set[object]:
    """What a file is known by: its name, and its place on the disk, whatever links lead there.

    Names that differ in case alone, or in how signs are composed, are one name on some disks.
    """
    name = unicodedata.normalize("NFC", str(_resolved(path))).casefold()
    try:
        there = path.stat()
    except OSError:
        return {name}
    return {name, (there.st_dev, there.st_ino)}


def _among_footage(path: Path, kind: str) -> bool:
    """Whether a later reading could find it beside the videos or pictures that are there."""
    try:
        beside = [entry for entry in path.parent.iterdir() if entry.name != path.name]
        return any(_is_footage(entry, within=kind not in FOLDERS) for entry in beside)
    except OSError:
        return False


def _is_footage(entry: Path, *, within: bool) -> bool:
    """A video or picture that awry did not make; `within`: or a folder with such right inside."""
    if entry.is_dir():
        return within and any(has_footage_ending(inner.name) for inner in entry.iterdir())
    return has_footage_ending(entry.name) and not is_ours(entry, "video")
