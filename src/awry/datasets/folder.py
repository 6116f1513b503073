"""A plain folder: `train/` with normal footage, and optionally `test/` and labels.

Labels of test clips come from the first of these that is there:

- `labels.csv` with `clip,first,last`, frames from 0, both ends inclusive; a clip that it does not
  name is normal all through (a header is optional);
- `spans.csv` with `clip,start,end`, seconds from the clip's beginning, likewise;
- `labels/CLIP.npy` (or .npz) or `labels/CLIP.csv` (or .txt), 0 or 1 for each frame;
- masks, where a frame with any pixel that is not 0 is abnormal: `masks/CLIP/` with one picture for
  each frame in natural order, `masks/CLIP.tif` with all of
  them, or `masks/CLIP.npy` (n, H, W).

`scenes.csv` with `clip,scene` tells camera views apart.

A folder of footage without `train/` is taken as training footage whole.
"""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from awry.datasets.arrays import load_array
from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import (
    ClipFinder,
    frame_count,
    known_length,
    named,
    without_training,
)
from awry.datasets.labels import (
    Labels,
    Range,
    checked_labels,
    labels_from_ranges,
    unlabelled,
)
from awry.datasets.lists import Names, beside, number_at, read_rows
from awry.datasets.masks import LabelsOfMasks, MaskReader, array_masks, picture_masks
from awry.errors import DatasetError, SourceError
from awry.video.images import image_files, natural
from awry.video.kinds import has_footage_ending
from awry.video.open import FoundSource

Span = tuple[float, float]
"""Seconds from a clip's beginning, `start` to `end`."""


@dataclass(frozen=True, slots=True)
class _Written:
    """What the files beside the clips say; `ranges` is None without a `labels.csv`, `spans` too."""

    root: Path
    ranges: dict[str, list[Range]] | None = None
    spans: dict[str, list[Span]] | None = None
    scenes: dict[str, str] = field(default_factory=dict)


_OWN = frozenset({
    "train", "test", "labels", "masks", "tracks", "labels.csv", "spans.csv", "scenes.csv",
})  # fmt: skip
# Who has one of these has parted the footage, in some way that is not known here.
_PARTS = frozenset({
    "train", "training", "test", "tests", "testing", "val", "valid", "validation", "abnormal",
    "anomaly", "anomalies",
})  # fmt: skip


def _recognises(root: Path) -> bool:
    """A folder `train/`; or footage right inside or one folder below, in no parts."""
    # A file system may not tell Train from train; listing the names does.
    there = list(root.iterdir())
    if any(path.name == "train" and path.is_dir() for path in there):
        return True
    if any(path.name.lower() in _PARTS for path in there):
        return False
    below = chain.from_iterable(_names_below(path) for path in there if path.is_dir())
    return any(has_footage_ending(name) for name in chain((p.name for p in there), below))


def _names_below(folder: Path) -> list[str]:
    try:
        return [] if folder.name.startswith(".") else [path.name for path in folder.iterdir()]
    except OSError:  # reading it will say so
        return []


def _read(root: Path, fps: float | None) -> Dataset:
    finder = ClipFinder(root, fps)
    parted = (root / "train").is_dir()
    train, test = (finder.clips("train"), finder.clips("test")) if parted else (finder.clips(), [])
    if not train and not test:
        raise DatasetError(
            f"{root} has a folder train/, but there is no footage in it; expected video files, "
            f"sub-folders of pictures, or pictures. {' '.join(finder.failed)}".rstrip()
        )
    judged, every = (Names({one.name: one.where for one in part}) for part in (test, train + test))
    written = _Written(
        root,
        _read_ranges(root / "labels.csv", judged) if parted else None,
        _read_spans(root / "spans.csv", judged) if parted else None,
        _read_scenes(root / "scenes.csv", every),
    )
    normal = tuple(Clip(one.name, one.open, _scene(one, written)) for one in train)
    clips = tuple(_test_clip(one, written) for one in test)
    notes = finder.notes + without_training(normal, "train/")
    notes += unlabelled(
        clips, "looked for labels.csv, spans.csv, labels/CLIP.npy or .csv, and masks/CLIP"
    )
    notes += _strays(root) if parted else [_taken_whole(root, len(train))]
    for place in ("labels", "masks"):
        notes += _of_no_clip(root / place, judged)
    rate = fps or _rate(train + test)
    if rate is None:
        notes.append("Frames per second are unknown; give --fps to have times and rates per hour.")
    return Dataset(
        "folder", "folder", root, rate, normal, clips, (), tuple(notes), tuple(finder.failed)
    )


def _taken_whole(root: Path, clips: int) -> str:
    return (
        f"{root} has no folder train/, so all its {clips} clips are taken as normal footage to "
        f"train on. To have some of them judged, put the normal ones into {root / 'train'} and "
        f"the others into {root / 'test'}."
    )


def _strays(root: Path) -> list[str]:
    """A note on what lies beside the parts and may have been meant to be in one."""
    strays = natural(
        path.name
        for path in root.iterdir()
        if path.name not in _OWN
        and not path.name.startswith(".")
        and (path.is_dir() or has_footage_ending(path.name))
    )
    if not strays:
        return []
    return [f"Left out in {root}, being neither in train/ nor in test/: {named(strays)}."]


def _of_no_clip(folder: Path, clips: Names) -> list[str]:
    """A note on labels or masks right inside a folder that belong to no test clip."""
    if not folder.is_dir():
        return []
    strays = natural(
        path.name
        for path in folder.iterdir()
        if not path.name.startswith(".")
        and (path.is_dir() or path.suffix in {*_LABELS, ".tif", ".tiff"})
        and not clips.has(path.name if path.is_dir() else path.stem)
    )
    return [f"{folder} holds what belongs to no test clip: {named(strays)}."] if strays else []


def _rate(found: list[FoundSource]) -> float | None:
    """The frame rate of the first clip that can be opened."""
    for one in found:
        with suppress(SourceError):
            return one.open().fps
    return None


def _scene(one: FoundSource, written: _Written) -> str:
    return written.scenes.get(one.name, "scene")


def _test_clip(one: FoundSource, written: _Written) -> Clip:
    masks = _find_masks(one, written.root / "masks")
    labels = _find_labels(one, written)
    if labels is None and masks is not None:
        labels = LabelsOfMasks(masks)
    return Clip(one.name, one.open, _scene(one, written), labels, masks)


def _find_labels(one: FoundSource, written: _Written) -> Labels | None:
    if written.ranges is not None:
        ranges = written.ranges.get(one.name, [])
        return partial(_labels_of_ranges, one, ranges, written.root / "labels.csv")
    if written.spans is not None:
        spans = written.spans.get(one.name, [])
        return partial(_labels_of_spans, one, spans, written.root / "spans.csv")
    for ending, read in _LABELS.items():
        if (file := beside(written.root / "labels", one.name, ending)).is_file():
            return partial(read, one, file)
    return None


def _labels_of_ranges(one: FoundSource, ranges: list[Range], file: Path) -> NDArray[np.uint8]:
    return labels_from_ranges(ranges, frame_count(Path(one.where)), one.name, file)


def _labels_of_spans(one: FoundSource, spans: list[Span], file: Path) -> NDArray[np.uint8]:
    """Frames that begin within a span; one that reaches beyond the clip ends with it."""
    labels, rate = np.zeros(frame_count(Path(one.where)), np.uint8), one.open().fps
    if spans and not rate:
        raise DatasetError(
            f"{file} has seconds for {one.name}, whose frames per second are unknown; give --fps."
        )
    for start, end in spans:
        first, last = (round(side * (rate or 0.0)) for side in (start, end))
        labels[first : max(last, first + 1)] = 1
    return labels


def _labels_of_array(one: FoundSource, file: Path) -> NDArray[np.uint8]:
    return checked_labels(load_array(file), known_length(Path(one.where)), one.name, file)


def _labels_of_table(one: FoundSource, file: Path) -> NDArray[np.uint8]:
    """A column of labels, or frame numbers and labels."""
    values: list[int] = []
    for row in read_rows(file, (1, 2), (0, 1)):
        if len(row[1]) == 2 and number_at(row, 0, file) != len(values):
            raise DatasetError(
                f"{file}, line {row[0]}: frame {row[1][0]} comes after {len(values)} frames; "
                "expected every frame, from 0."
            )
        values.append(number_at(row, len(row[1]) - 1, file))
    return checked_labels(np.array(values), known_length(Path(one.where)), one.name, file)


_LABELS = {
    ".npy": _labels_of_array, ".npz": _labels_of_array,
    ".csv": _labels_of_table, ".txt": _labels_of_table,
}  # fmt: skip


def _find_masks(one: FoundSource, folder: Path) -> MaskReader | None:
    clip = Path(one.where)
    pictures = beside(folder, one.name)
    if pictures.is_dir() and image_files(pictures):
        return picture_masks(pictures, one.name, clip)
    for ending in (".npy", ".npz"):
        if (file := beside(folder, one.name, ending)).is_file():
            return array_masks(file, one.name, clip)
    for ending in (".tif", ".tiff"):
        if (file := beside(folder, one.name, ending)).is_file():
            return picture_masks(file, one.name, clip)
    return None


def _read_ranges(file: Path, clips: Names) -> dict[str, list[Range]] | None:
    if not file.is_file():
        return None
    ranges: dict[str, list[Range]] = {}
    for row in read_rows(file, (3,), (1, 2)):
        clip = clips.find(row[1][0], file, row[0])
        first, last = (number_at(row, place, file) for place in (1, 2))
        if last < first:
            raise DatasetError(f"{file}, line {row[0]}: the range {first} to {last} is backwards.")
        ranges.setdefault(clip, []).append((first, last))
    return ranges


def _read_spans(file: Path, clips: Names) -> dict[str, list[Span]] | None:
    if not file.is_file():
        return None
    rows = read_rows(file, (3,))
    if rows and rows[0][1][0].lower() == "clip":
        rows = rows[1:]
    spans: dict[str, list[Span]] = {}
    for line, cells in rows:
        clip = clips.find(cells[0], file, line)
        try:
            start, end = (float(cell) for cell in cells[1:])
        except ValueError:
            start = end = math.nan
        if not 0 <= start <= end < math.inf:
            raise DatasetError(
                f"{file}, line {line}: {cells[1]} to {cells[2]} is no span; expected seconds from "
                "the clip's beginning, the start before the end."
            )
        spans.setdefault(clip, []).append((start, end))
    return spans


def _read_scenes(file: Path, clips: Names) -> dict[str, str]:
    if not file.is_file():
        return {}
    rows = read_rows(file, (2,))
    if rows and rows[0][1][0].lower() == "clip":
        rows = rows[1:]
    return {clips.find(cells[0], file, line): cells[1] for line, cells in rows}


LAYOUT = Layout(
    LayoutInfo(
        name="folder",
        title="A plain folder of your own footage",
        how_to_get="Put normal footage into train/, and what is to be judged into test/.",
        citation="",
        sketch="""\
FOLDER/
  train/    normal: videos, sub-folders of pictures, or pictures
  test/     optional, likewise
  labels.csv               clip,first,last (frames from 0, both inclusive)
  or spans.csv             clip,start,end (seconds from the clip's beginning)
  or labels/CLIP.npy       or .npz, .csv, .txt: 0 or 1 for each frame
  or masks/CLIP/*.png      or masks/CLIP.npy: pixel masks, may also join labels
  scenes.csv               optional: clip,scene""",
        fps=None,
        looks_for="a folder train/ with videos or pictures",
    ),
    _recognises,
    _read,
)
