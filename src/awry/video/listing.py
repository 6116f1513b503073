"""What a folder holds: every file in it is a source, belongs to one, or is named as left out."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from natsort import natsorted, ns

from awry.errors import SourceError
from awry.names import shown
from awry.video.files import VideoFile
from awry.video.images import ImageFolder, each_once, is_film, natural
from awry.video.kinds import Kind, ending_of, has_footage_ending, kind_of
from awry.video.source import Source

NAMED = 5
"""Files left out that are named one by one; the rest is counted."""

FRAMES_BESIDE = 24
"""So many pictures for each video beside them are a clip of their own, no snapshots."""

# Folders that systems make for themselves: thumbnails, lost blocks, waste paper.
_SYSTEM = frozenset({
    "@eadir", "__macosx", "lost+found", "$recycle.bin", "system volume information", "#recycle",
    "thumbs", "thumbnails", "__pycache__",
})  # fmt: skip
_MASKS = ("_gt", "_annotations")
_PARTS = frozenset({"train", "test"})
_COVERS = frozenset({"cover", "folder", "poster", "preview", "snapshot", "thumbnail", "latest"})


@dataclass(frozen=True, slots=True)
class FoundSource:
    """A source that was found but not opened yet, so that a bad one fails alone.

    Attributes:
        name: unique within its list; can be written anywhere.
        where: path, address (without password) or device.
        open: opens it; may raise `SourceError`.
    """

    name: str
    where: str
    open: Callable[[], Source]


@dataclass(frozen=True, slots=True)
class Found:
    """The sources of a folder, and what was left out.

    Attributes:
        sources: in natural order.
        failed: footage that was passed over, one sentence for each kind of reason.
        notes: other files that were left out, likewise.
    """

    sources: tuple[FoundSource, ...]
    failed: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Reason:
    """Why files are left out.

    Attributes:
        says: what is said before their names.
        lost: whether they may be footage that somebody wanted to be read.
    """

    says: str
    lost: bool = False


_BESIDE = _Reason("pictures beside videos, which are the clips of their folder", lost=True)
_COVER = _Reason("snapshots beside videos")
_TWICE = _Reason("the same frames in a second format")
_MASKED = _Reason("taken for masks")
_NO_FILE = _Reason("no ordinary files (pipes, sockets, devices)")
_NO_FOOTAGE_FILE = _Reason("pipes, sockets or devices, which have no end", lost=True)
_DANGLING = _Reason("links to nothing")
_DANGLING_FOOTAGE = _Reason("links to footage that is not there", lost=True)
_AGAIN = _Reason("folders that were listed already, linked again")
_SYSTEMS = _Reason("folders that systems make for themselves")
_HIDDEN = _Reason("hidden")
_CLOSED = _Reason("may not be read", lost=True)
_OF_KIND = {
    Kind.UNSUPPORTED: _Reason("footage in formats that cannot be read; convert it", lost=True),
    Kind.UNREADABLE: _CLOSED,
    Kind.BACKUP: _Reason("backups and unfinished copies"),
    Kind.HIDDEN: _HIDDEN,
    Kind.OTHER: _Reason("no footage"),
}


_LABELS = frozenset({_MASKED, _OF_KIND[Kind.OTHER]})


def list_folder(folder: Path, fps: float | None = None, *, labelled: bool = False) -> Found:
    """All sources in a folder and its sub-folders; none of them is opened.

    Each video and each animation is a source. The pictures of a folder are one source, unless
    there are videos in the same folder: then a few pictures are left out and named, as snapshots
    where they are called like a video. Many (`FRAMES_BESIDE` a video) are a source all the same.

    Args:
        folder: an existing folder; links are followed, each folder is listed once.
        fps: frames per second of pictures.
        labelled: masks and files that are no footage belong there and are not named.

    Raises:
        SourceError: the folder itself cannot be listed.
    """
    walk = _FolderWalk(folder, _LABELS if labelled else frozenset())
    walk.go()
    names = _unique_names(folder, walk.found)
    sources = tuple(
        FoundSource(name, str(path), partial(_open, path, name, fps))
        for name, path in zip(names, walk.found, strict=True)
    )
    return Found(sources, tuple(walk.sentences(lost=True)), tuple(walk.sentences(lost=False)))


def _open(path: Path, name: str, fps: float | None) -> Source:
    if path.is_dir() or kind_of(path.name, path) is Kind.PICTURE:
        return ImageFolder(path, fps, name)
    return VideoFile(path, name)


@dataclass(slots=True)
class _FolderWalk:
    """One way through a folder and what is below."""

    root: Path
    unsaid: frozenset[_Reason]
    found: list[Path] = field(default_factory=list)
    left: dict[_Reason, list[str]] = field(default_factory=dict)
    _listed: set[tuple[int, int]] = field(default_factory=set)

    def go(self) -> None:
        """List everything. Links come after what is really there, which so goes by its own name."""
        folders, linked = [self.root], list[Path]()
        while folders or linked:
            folder = folders.pop() if folders else linked.pop(0)
            for inside in self._list(folder):
                (linked if inside.is_symlink() else folders).append(inside)
        self.found = natsorted(
            self.found, key=lambda path: path.relative_to(self.root).parts, alg=ns.IGNORECASE
        )

    def leave(self, reason: _Reason, path: str | Path) -> None:
        """Keep what was left out and why."""
        name = shown(os.path.relpath(path, self.root))
        self.left.setdefault(reason, []).append(shown(self.root) if name == "." else name)

    def sentences(self, *, lost: bool) -> Iterator[str]:
        """What was left out, one sentence a reason."""
        for reason, names in self.left.items():
            if reason.lost == lost and reason not in self.unsaid:
                several = natural(names)
                listed = ", ".join(several[:NAMED])
                more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
                yield f"Left out in {shown(self.root)}, {reason.says}: {listed}{more}."

    def _list(self, folder: Path) -> list[Path]:
        """Take the files of one folder; give its sub-folders."""
        try:
            facts = folder.stat()
            if (facts.st_dev, facts.st_ino) in self._listed:
                self.leave(_AGAIN, folder)
                return []
            self._listed.add((facts.st_dev, facts.st_ino))
            with os.scandir(folder) as entries:
                there = list(entries)
        except OSError as error:
            if folder == self.root:
                raise SourceError(f"Cannot open {folder}: {error.strerror}.") from error
            self.leave(_CLOSED, folder)
            return []
        inside, kinds = [], dict[str, Kind]()
        stems = {_stem(entry.name) for entry in there}
        for entry in there:
            if _is(entry, os.DirEntry.is_dir):
                inside += self._folder(entry, stems)
            elif _is(entry, os.DirEntry.is_file):
                kinds[entry.name] = kind_of(entry.name, entry.path)
            else:
                self._special(entry)
        self._files(folder, kinds, stems)
        return inside

    def _folder(self, entry: os.DirEntry[str], stems: set[str]) -> list[Path]:
        if entry.name.lower() in _SYSTEM:
            self.leave(_SYSTEMS, entry.path)
        elif entry.name.startswith("."):
            self.leave(_HIDDEN, entry.path)
        elif _is_mask(entry.name, stems) or (entry.name == "masks" and stems & _PARTS):
            self.leave(_MASKED, entry.path)
        else:
            return [Path(entry.path)]
        return []

    def _special(self, entry: os.DirEntry[str]) -> None:
        footage = has_footage_ending(entry.name)
        if _is(entry, os.DirEntry.is_symlink):
            # Without an ending it may have led to a folder of footage.
            lost = footage or not ending_of(entry.name)
            self.leave(_DANGLING_FOOTAGE if lost else _DANGLING, entry.path)
        else:
            self.leave(_NO_FOOTAGE_FILE if footage else _NO_FILE, entry.path)

    def _files(self, folder: Path, kinds: dict[str, Kind], stems: set[str]) -> None:
        videos, pictures = [], []
        for name, kind in kinds.items():
            path = folder / name
            if kind in (Kind.VIDEO, Kind.PICTURE) and _is_mask(_stem(name), stems):
                self.leave(_MASKED, path)
            elif kind is Kind.VIDEO or (kind is Kind.PICTURE and is_film(path)):
                videos.append(name)
            elif kind is Kind.PICTURE:
                pictures.append(name)
            elif kind in _OF_KIND:
                self.leave(_OF_KIND[kind], path)
        self.found += [folder / name for name in videos]
        called = _Called(videos)
        others = [name for name in pictures if not videos or not called.like(name)]
        if others and len(others) >= FRAMES_BESIDE * len(videos):
            self.found.append(folder)
            for name in each_once(pictures)[1]:
                self.leave(_TWICE, folder / name)
            return
        for name in pictures:
            self.leave(_BESIDE if name in others else _COVER, folder / name)


def _is(entry: os.DirEntry[str], asks: Callable[[os.DirEntry[str]], bool]) -> bool:
    try:
        return asks(entry)
    except OSError:  # a loop of links, or a folder whose entries may not be looked at
        return False


def _stem(name: str) -> str:
    return os.path.splitext(name)[0]  # noqa: PTH122 - a name, for speed


def _is_mask(stem: str, stems: set[str]) -> bool:
    return any(stem.endswith(end) and stem.removesuffix(end) in stems for end in _MASKS)


class _Called:
    """Tells pictures that are called like one of some videos: its snapshots."""

    def __init__(self, videos: Iterable[str]) -> None:
        self._stems = {_stem(name) for name in videos}
        self._beginnings = {part for stem in self._stems for part in _beginnings(stem)}

    def like(self, picture: str) -> bool:
        """Whether the picture's name goes on from a video's, or the other way round."""
        stem = _stem(picture)
        if stem.lower() in _COVERS or stem in self._beginnings:
            return True
        return any(part in self._stems for part in _beginnings(stem))


def _beginnings(stem: str) -> Iterator[str]:
    """The beginnings of a name that end where a word ends."""
    for end in range(1, len(stem) + 1):
        if end == len(stem) or not stem[end].isalnum():
            yield stem[:end]


def _unique_names(root: Path, found: list[Path]) -> list[str]:
    """Names by the place below the root, without endings where that is not ambiguous."""
    short, long = [], []
    for path in found:
        if path == root:
            short.append(shown(root.resolve().name))
            long.append(short[-1])
            continue
        place = path.relative_to(root).as_posix()
        long.append(shown(place))
        short.append(shown(place if path.is_dir() else _stem(place)))
    counts = Counter(short)
    names: list[str] = []
    taken: set[str] = set()
    for brief, whole in zip(short, long, strict=True):
        name, number = (brief if counts[brief] == 1 else whole), 1
        while name in taken:
            number += 1
            name = f"{whole}-{number}"
        taken.add(name)
        names.append(name)
    return names
