"""Resized frames on disk, so that footage of hours is decoded once and never fills memory."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from functools import lru_cache
from io import BufferedWriter
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.checksums import file_checksum, read_sealed, write_sealed
from awry.errors import AwryError, FootageError, SourceError
from awry.foreign import read_npy
from awry.frames import Frame
from awry.storage import whole_folder
from awry.video.pictures import resized, same_aspect
from awry.video.source import Source

# Part of each entry's name: entries of another layout are never read.
LAYOUT = 2
PIECES, PIECE = 16, 16 * 1024
"""So many pieces of so many bytes stand for a larger file's content."""


def fingerprint(path: str | Path) -> str:
    """SHA-256 over names, sizes and contents of a file, or of all files below a folder.

    Copies have the same one, wherever and whenever they were made. Of a file above 256 KiB sixteen
    pieces are read, spread evenly from its start to its end. Hidden files do not count.

    Raises:
        SourceError: there is no such path, or its files may not be looked at.
    """
    path = Path(path).absolute()
    if not path.exists():
        raise SourceError(f"Cannot find {path}.")
    try:
        times = _digest(path, lambda _, facts: f"{facts.st_mtime_ns} {facts.st_ino}")
        return _of_contents(path, times)
    except OSError as error:
        raise SourceError(f"Cannot look at the files of {path}: {error.strerror}.") from error


@lru_cache(maxsize=4096)
def _of_contents(path: Path, times: str) -> str:
    """The fingerprint of files that have these times: contents are read once."""
    return _digest(path, lambda file, facts: _sampled(file, facts.st_size))


def _digest(path: Path, about: Callable[[Path, os.stat_result], str]) -> str:
    """SHA-256 over names, sizes and something else of a file, or of all files below a folder."""
    digest = hashlib.sha256()
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    for file in files:
        name = file.name if file == path else file.relative_to(path).as_posix()
        if "/." in f"/{name}" and file != path:
            continue
        facts = file.stat()
        line = f"{name}\0{facts.st_size}\0{about(file, facts)}\n"
        digest.update(line.encode(errors="surrogateescape"))
    return digest.hexdigest()


def _sampled(file: Path, size: int) -> str:
    """Hash of pieces of a file; empty: it cannot be read."""
    whole = size <= PIECES * PIECE
    starts = [0] if whole else [n * (size - PIECE) // (PIECES - 1) for n in range(PIECES)]
    digest = hashlib.blake2b(digest_size=16)
    try:
        with file.open("rb") as opened:
            for start in starts:
                opened.seek(start)
                digest.update(opened.read(PIECES * PIECE if whole else PIECE))
    except OSError:  # its reader will say so
        return ""
    return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class CachedClip:
    """A clip's frames, resized, mapped from disk.

    Attributes:
        images: uint8 (n, h, w, c), c = 1 grey or 3 RGB; a read-only memory map.
        times: float64 (n,) seconds, or None where the rate is unknown.
        fps: frames per second, or None.
        original_size: (H, W) of the first frame before resizing.
        frame_indices: int64 (n,), each frame's index in its source; has gaps where frames were
            lost or skipped.
        notes: what went wrong while reading, one sentence each.
        damaged: source indices of the damaged frames.
        lost: packets or files that gave no frame.
    """

    images: NDArray[np.uint8]
    times: NDArray[np.float64] | None
    fps: float | None
    original_size: tuple[int, int]
    frame_indices: NDArray[np.int64]
    notes: tuple[str, ...] = ()
    damaged: tuple[int, ...] = ()
    lost: int = 0


@dataclass(slots=True)
class _StoredFrames:
    """What is stored beside the frames."""

    fps: float | None
    original_size: tuple[int, int]
    frame_indices: list[int] = field(default_factory=list)
    times: list[float | None] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)
    lost: int = 0
    images: int = 0
    """Checksum of the file with the images."""


class FrameCache:
    """A folder of resized clips, kept below a size.

    Entries of earlier runs make room when it is needed, the longest unused first; entries that
    this object has given out stay.

    Args:
        folder: made when it is needed.
        limit_bytes: most bytes that the folder may hold.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        self.folder = Path(folder)
        self.limit_bytes = limit_bytes
        self._in_use: set[str] = set()

    def frames(
        self,
        key: str,
        source_opener: Callable[[], Source],
        size: tuple[int, int] | None,
        grey: bool,
    ) -> CachedClip:
        """A clip's frames at working size, decoded only if they are not there yet.

        Memory stays bounded however long the clip is. Frames of another aspect ratio than the
        first are skipped and noted; another size of the same aspect is resized like the rest.

        Args:
            key: stands for the content, e.g. by `fingerprint`; other content, other key.
            source_opener: called where the clip must be decoded.
            size: working size (h, w); None keeps the size of the first frame.
            grey: one channel instead of three.

        Raises:
            FootageError: the clip does not fit into the limit.
            SourceError: the source cannot be read, or gave no frame at all.
            WriteError: the disk is full or the folder cannot be written.
        """
        signature = json.dumps([LAYOUT, key, size and [int(side) for side in size], bool(grey)])
        name = hashlib.sha256(signature.encode()).hexdigest()[:32]
        entry = self.folder / name
        there = entry.exists()
        clip = _load(entry, check=name not in self._in_use)
        if clip is None:
            if there:
                warnings.warn(f"The cached frames {entry} are damaged; made anew.", stacklevel=2)
                shutil.rmtree(entry, ignore_errors=True)
            # Another fit may share this folder and read the same clip at this very moment.
            with whole_folder(entry, replace=False) as temporary:
                self._write(temporary, source_opener(), size, grey)
            clip = _load(entry, check=False)
            if clip is None:
                raise SourceError(f"The frames in {entry} cannot be read back; check the disk.")
        os.utime(entry)
        self._in_use.add(name)
        return clip

    def _write(
        self, folder: Path, source: Source, size: tuple[int, int] | None, grey: bool
    ) -> None:
        budget = self._room(needed=0)
        facts: _StoredFrames | None = None
        skipped: list[int] = []
        shape: tuple[int, ...] = ()
        with (folder / "images.npy").open("wb") as file:
            for frame in source:
                if facts is None:
                    facts = _StoredFrames(source.fps, _size(frame))
                    size = size or facts.original_size
                    shape = (*size, 1 if grey else 3)
                    _write_header(file, 0, shape)
                if not same_aspect(_size(frame), facts.original_size):
                    skipped.append(frame.index)
                    continue
                image = resized(frame.image, size, grey)
                if file.tell() + image.nbytes > budget:
                    budget = self._room(needed=file.tell() + image.nbytes)
                file.write(np.ascontiguousarray(image).data)
                facts.frame_indices.append(frame.index)
                facts.times.append(frame.time_s)
                if frame.damaged:
                    facts.damaged.append(frame.index)
            if facts is None:
                raise SourceError(f"The clip {source.name} gave no frame at all.")
            file.seek(0)
            _write_header(file, len(facts.frame_indices), shape)
        facts.images = file_checksum(folder / "images.npy")
        facts.lost = source.health.lost + len(skipped)
        facts.notes = [*source.health.faults, *_skipped_note(skipped, facts.original_size)]
        write_sealed(folder / "clip.json", asdict(facts))

    def _room(self, needed: int) -> int:
        """Bytes that a new entry may take; old entries are removed until `needed` fits."""
        held = {entry: _bytes(entry) for entry in self._entries()}
        old = sorted(
            (entry for entry in held if entry.name not in self._in_use),
            key=lambda entry: entry.stat().st_mtime,
        )
        while old and sum(held.values()) + needed > self.limit_bytes:
            oldest = old.pop(0)
            shutil.rmtree(oldest, ignore_errors=True)
            del held[oldest]
        room = self.limit_bytes - sum(held.values())
        if needed > room:
            raise FootageError(
                f"The frame cache is full: {sum(held.values()) + needed} bytes are needed so far, "
                f"the limit is {self.limit_bytes}. Allow more with --cache-size, or thin the "
                "footage with --every N or --max-frames N."
            )
        return room

    def _entries(self) -> list[Path]:
        """Whole entries; a half-written one begins with a dot."""
        if not self.folder.is_dir():
            return []
        return [e for e in self.folder.iterdir() if e.is_dir() and not e.name.startswith(".")]


def _load(entry: Path, *, check: bool) -> CachedClip | None:
    """An entry, or None where there is none or it cannot be used.

    Args:
        entry: its folder.
        check: whether to hold the images to their checksum, which reads them all.
    """
    stored = read_sealed(entry / "clip.json")
    if stored is None:
        return None
    facts = _StoredFrames(**{**stored, "original_size": tuple(stored["original_size"])})
    path = entry / "images.npy"
    try:
        if check and file_checksum(path) != facts.images:
            return None
        images = read_npy(path, mapped=True)
    except (OSError, AwryError):
        return None
    if images.ndim != 4 or len(images) != len(facts.frame_indices):
        return None
    unknown = any(time is None for time in facts.times)
    return CachedClip(
        images=images,
        times=None if unknown else np.array(facts.times, np.float64),
        fps=facts.fps,
        original_size=facts.original_size,
        frame_indices=np.array(facts.frame_indices, np.int64),
        notes=tuple(facts.notes),
        damaged=tuple(facts.damaged),
        lost=facts.lost,
    )


def _write_header(file: BufferedWriter, n: int, shape: tuple[int, ...]) -> None:
    # NumPy leaves room for the first axis to grow, so the header's length does not depend on n.
    description = {"descr": "|u1", "fortran_order": False, "shape": (n, *shape)}
    np.lib.format.write_array_header_1_0(file, description)


def _size(frame: Frame) -> tuple[int, int]:
    return frame.image.shape[0], frame.image.shape[1]


def _skipped_note(skipped: list[int], first: tuple[int, int]) -> list[str]:
    if not skipped:
        return []
    return [
        f"Frames skipped, of another aspect ratio than the first ({first[1]} x {first[0]}): "
        f"{len(skipped)}, the first is frame {skipped[0]}."
    ]


def _bytes(entry: Path) -> int:
    return sum(file.stat().st_size for file in entry.iterdir())
