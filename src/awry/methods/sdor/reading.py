"""From clips to an archive on disk: every frame goes once through the backbone's frozen stages."""

from __future__ import annotations

import hashlib
import shutil
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from functools import partial
from itertools import chain, islice
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from awry.checksums import files_whole, read_sealed, seal_files, write_sealed
from awry.cluster import Prepared, done
from awry.devices import PROCESSOR, Compute
from awry.errors import AwryError, FootageError, FrameError, SourceError, WriteError
from awry.frames import Frame
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.network import Reader, SDORModel
from awry.methods.sdor.samples import Archive, ArchivedClip, Window, as_pictures
from awry.progress import Reporter
from awry.storage import whole_folder
from awry.video.pictures import Pictures, resized, same_aspect
from awry.video.source import Source

# Part of each entry's name: entries of another layout are never read.
LAYOUT = 2
CHUNK = 512
Floats = NDArray[np.float32]
_BATCH = 16
_SUMS = "checksums.json"


@dataclass(frozen=True, slots=True)
class Stretch:
    """Frames that follow one another, not read yet.

    Attributes:
        name, scene: of the clip.
        key: stands for the content and all that is done to it before it gets here.
        open: makes a fresh source of frames.
    """

    name: str
    scene: str
    key: str
    open: Callable[[], Source]


@dataclass(slots=True)
class _StoredClip:
    """What is stored beside a clip's chunks."""

    fps: float | None
    size: tuple[int, int]
    chunks: int
    lost: int
    notes: list[str]


def read_archive(
    stretches: Sequence[Stretch],
    model: SDORModel,
    config: SDORConfig,
    folder: Path,
    reporter: Reporter,
    limit_bytes: int | None = None,
    compute: Compute = PROCESSOR,
) -> Archive:
    """Run every frame once through the backbone; what was read before is not read again.

    Inside of `awry.cluster.pool_opened` several clips are read at a time, by workers that write
    into the same folder.

    Args:
        stretches: the clips. One that cannot be read is left out and listed.
        model: its frozen stages are the pretrained ones.
        config: `width` and `frozen` are settled.
        folder: where activations are kept, in chunks, so that an interrupted run goes on.
        reporter: shows progress.
        limit_bytes: most bytes that the folder may hold.
        compute: where the backbone runs. What was read in one precision does not serve another;
            devices may differ.

    Raises:
        FootageError: no clip can be read, or the limit would be exceeded.
        WriteError: the disk is full, the folder cannot be written, or a worker wrote elsewhere.
    """
    reporter.start("reading the archive", len(stretches), 0)
    entries = [folder / _entry_name(one, config, precision=compute.precision) for one in stretches]
    facts: dict[Path, _StoredClip] = {}
    failed: dict[Path, str] = {}
    owed: dict[Path, Stretch] = {}
    for stretch, entry in zip(stretches, entries, strict=True):
        for older in range(1, LAYOUT):
            shutil.rmtree(folder / _entry_name(stretch, config, older), ignore_errors=True)
        if damaged := _without_damaged(entry):
            reporter.message(f"{stretch.name}: {damaged} damaged parts are read again.")
        if stored := _facts(entry):
            facts[entry] = stored
        else:
            owed[entry] = stretch  # clips of the same content are read once
    for _ in range(len(stretches) - len(owed)):
        reporter.advance({})
    work = Prepared(partial(_Reader, model, config, limit_bytes, compute))
    for (entry, _), answer in done(work, owed.items()):
        if isinstance(answer, SourceError | FrameError):
            failed[entry] = str(answer)
        elif isinstance(answer, AwryError):
            raise answer
        elif not entry.is_dir():  # a worker's machine has a disk of its own
            raise WriteError(
                f"A worker read {owed[entry].name} into {folder}, which is not seen here: on a "
                "cluster all machines must share the disk of that folder. Choose another place."
            )
        else:
            facts[entry] = answer
        reporter.advance({})
    clips, chunks, left_out = [], [], []
    for stretch, entry in zip(stretches, entries, strict=True):
        if entry in failed:
            left_out.append(f"{stretch.name} was left out: {failed[entry]}")
            continue
        parts = [entry / f"{number:05d}" for number in range(facts[entry].chunks)]
        clips.append(_clip(stretch, facts[entry], parts))
        chunks += parts
    if not clips:
        raise FootageError("No clip of the archive could be read. " + " ".join(left_out[:3]))
    return Archive(clips, chunks, model, left_out)


class _Reader:
    """Reads clips to disk, in this process or a worker's."""

    def __init__(
        self, model: SDORModel, config: SDORConfig, limit_bytes: int | None, compute: Compute
    ) -> None:
        self._backbone = _Backbone(model, config, compute)
        self._config, self._limit = config, limit_bytes

    def __call__(self, task: tuple[Path, Stretch]) -> _StoredClip:
        entry, stretch = task
        return _Reading(stretch, self._backbone, self._config, entry, self._limit).run()


def _entry_name(
    stretch: Stretch, config: SDORConfig, layout: int = LAYOUT, precision: str = "32"
) -> str:
    seen: tuple[object, ...]
    seen = (config.backbone, config.frozen, config.features, config.height, config.width)
    seen += (precision,) if precision != "32" else ()  # entries of before there were others count
    return hashlib.sha256(repr((layout, stretch.key, seen)).encode()).hexdigest()[:32]


def _without_damaged(entry: Path) -> int:
    """Remove the chunks that are not as they were written; returns how many."""
    chunks = [part for part in entry.glob("[0-9]*") if part.is_dir()]
    damaged = [part for part in chunks if not files_whole(part, _SUMS)]
    for part in damaged:
        shutil.rmtree(part, ignore_errors=True)
    return len(damaged)


def _facts(entry: Path) -> _StoredClip | None:
    """What stands beside a clip's chunks; None where the clip must be read, in part or whole."""
    stored = read_sealed(entry / "clip.json")
    if stored is None:
        return None
    facts = _StoredClip(**{**stored, "size": tuple(stored["size"])})
    whole = all((entry / f"{number:05d}").is_dir() for number in range(facts.chunks))
    return facts if whole else None


def _clip(stretch: Stretch, facts: _StoredClip, parts: Sequence[Path]) -> ArchivedClip:
    indices = np.concatenate([np.load(part / "indices.npy") for part in parts])
    times = np.concatenate([np.load(part / "times.npy") for part in parts])
    about = (facts.fps, facts.size, indices, times, facts.lost, tuple(facts.notes))
    return ArchivedClip(stretch.name, stretch.scene, *about)


class _Backbone:
    """What reads pictures, on the device from the first batch on."""

    def __init__(self, model: SDORModel, config: SDORConfig, compute: Compute) -> None:
        self.span = model.span
        self._model, self._config, self._compute = model, config, compute
        self._reader: Reader | None = None

    @torch.inference_mode()
    def read(self, windows: Pictures) -> tuple[NDArray[np.float16] | Pictures, Floats]:
        """What is kept of some frames (n, span, h, w, 3), and their features, float32 (n, d)."""
        compute = self._compute
        if self._reader is None:
            self._reader = compute.copy_of(Reader(self._model, self._config.features))
        with compute.rounding():
            activations, features = self._reader(as_pictures(windows, compute))
        kept = compute.fetch(activations).half().numpy() if self._config.frozen else windows[:, -1]
        return kept, compute.array(features)


class _Reading:
    """One clip on its way to disk."""

    def __init__(
        self,
        stretch: Stretch,
        backbone: _Backbone,
        config: SDORConfig,
        entry: Path,
        limit_bytes: int | None,
    ) -> None:
        self._stretch, self._backbone, self._config = stretch, backbone, config
        self._entry, self._limit = entry, limit_bytes
        self._skipped = 0
        self._size: tuple[int, int] | None = None

    def run(self) -> _StoredClip:
        source = self._stretch.open()
        windows = self._windows(source)
        number = 0
        for first in windows:
            self._keep(number, chain([first], islice(windows, CHUNK - 1)))
            number += 1
        if self._size is None:
            raise SourceError(f"The clip {self._stretch.name} gave no frame at all.")
        notes = source.health.faults
        if self._skipped:
            notes.append(f"{self._skipped} frames of another aspect ratio than the first skipped.")
        lost = source.health.lost + self._skipped
        facts = _StoredClip(source.fps, self._size, number, lost, notes)
        write_sealed(self._entry / "clip.json", asdict(facts))
        return facts

    def _windows(self, source: Source) -> Iterator[tuple[Frame, Pictures]]:
        """Each frame with what the backbone sees for it: uint8 (span, h, w, 3)."""
        window = Window(self._backbone.span)
        for frame, picture in self._pictures(source):
            yield frame, window.push(picture)

    def _pictures(self, source: Source) -> Iterator[tuple[Frame, Pictures]]:
        assert self._config.width is not None
        for frame in source:
            size = frame.image.shape[0], frame.image.shape[1]
            self._size = self._size or size
            if same_aspect(size, self._size):
                yield frame, resized(frame.image, (self._config.height, self._config.width))
            else:
                self._skipped += 1

    def _keep(self, number: int, frames: Iterator[tuple[Frame, Pictures]]) -> None:
        chunk = self._entry / f"{number:05d}"
        if chunk.is_dir():  # an earlier run came so far
            deque(frames, maxlen=0)
            return
        kept, features, indices, times = [], [], [], []
        while batch := list(islice(frames, _BATCH)):
            windows = np.stack([window for _, window in batch])
            part, said = self._backbone.read(windows)
            kept.append(part)
            features.append(said)
            indices += [frame.number for frame, _ in batch]
            times += [np.nan if frame.time_s is None else frame.time_s for frame, _ in batch]
        if self._limit is not None:
            self._check_room(sum(part.nbytes for part in kept))
        with whole_folder(chunk, replace=False) as folder:
            np.save(folder / "kept.npy", np.concatenate(kept))
            np.save(folder / "features.npy", np.concatenate(features).astype(np.float32))
            np.save(folder / "indices.npy", np.array(indices, np.int64))
            np.save(folder / "times.npy", np.array(times, np.float64))
            seal_files(folder, [file.name for file in folder.iterdir()], _SUMS)

    def _check_room(self, more: int) -> None:
        there = 0
        for file in self._entry.parent.rglob("*.npy"):
            with suppress(FileNotFoundError):  # another worker has renamed its folder
                there += file.stat().st_size
        if self._limit is not None and there + more > self._limit:
            raise FootageError(
                f"The archive's activations need more than the {self._limit} bytes that they may "
                "take. Allow more with --cache-size, or thin the footage with --every N."
            )
