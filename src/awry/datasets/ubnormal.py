"""UBnormal: made scenes, abnormal objects marked in every frame.

Acsintoae et al.: UBnormal: New benchmark for supervised open-set video anomaly detection,
CVPR 2022.

Each video `NAME.mp4` has a folder `NAME_annotations` with one map a frame, `NAME_0000_gt.png` ...,
whose grey values are object ids (0 = background). That of an abnormal video also holds
`NAME_tracks.txt`: lines `object_id,first,last`, the frames in which an object is abnormal, from 0,
both ends inclusive. Each line becomes one track. As in the makers' script, an object's box is that
of its largest piece; unlike there, `x_max` and `y_max` are the last pixels inside, not the next.

The split is six lists of names, `normal_training_video_names.txt` and so on, which the makers keep
beside their scripts. Only the normal training videos train, since the methods here learn what is
normal. Without the lists, normal videos train and abnormal ones are the test.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import (
    ClipFinder,
    frame_count,
    frame_size,
    has_entries,
    without_training,
)
from awry.datasets.labels import Range, labels_from_ranges, unlabelled
from awry.datasets.linking import components
from awry.datasets.masks import checked_masks, mask_values
from awry.datasets.tracks import Row, Tracks, tracks_of
from awry.errors import DatasetError
from awry.foreign import read_text, reading
from awry.video.images import image_files
from awry.video.open import FoundSource
from awry.video.pages import said_of

FPS = 30.0
_SCENE = re.compile(r"Scene\d+")
_NAME = re.compile(r"(?:ab)?normal_scene_\d+_(?!.*_annotations$)\w+")
_LISTS = (Path(), Path("scripts"))


@dataclass(frozen=True, slots=True)
class _Marked:
    """The annotation of one video."""

    one: FoundSource
    folder: Path

    @property
    def file(self) -> Path:
        return self.folder / f"{self.one.name}_tracks.txt"

    def spans(self) -> list[tuple[int, Range]]:
        """Which objects are abnormal when; none in a normal video."""
        if not self.one.name.startswith("abnormal"):
            return []
        with reading(self.file, "tracks"):
            lines = read_text(self.file).split("\n")
        return [_span(line, self.file, k) for k, line in enumerate(lines, 1) if line.strip()]

    def labels(self) -> NDArray[np.uint8]:
        ranges = [span for _, span in self.spans()]
        where = Path(self.one.where)
        return labels_from_ranges(ranges, frame_count(where), self.one.name, self.file)

    def masks(self) -> NDArray[np.bool_]:
        where = Path(self.one.where)
        size, spans, labels = frame_size(where), self.spans(), self.labels()
        masks = np.zeros((len(labels), *size), np.bool_)
        for frame in np.flatnonzero(labels).tolist():
            ids = [one for one, (first, last) in spans if first <= frame <= last]
            shown = np.isin(self.map(frame), ids)[None]
            masks[frame] = checked_masks(shown, 1, size, self.one.name, self.folder)[0]
        return masks

    def map(self, frame: int) -> NDArray[Any]:
        """The object ids in a frame, whole numbers (H, W)."""
        file = self.folder / f"{self.one.name}_{frame:04d}_gt.png"
        try:
            values = mask_values(file)
        except OSError as error:
            raise DatasetError(
                f"The object map {file} of {self.one.name} is missing or cannot be read, but "
                f"{self.file.name} names frame {frame}: {said_of(file, error)}"
            ) from error
        if values.ndim != 2:
            raise DatasetError(f"The object map {file} is coloured; expected grey object ids.")
        return values


@dataclass(frozen=True, slots=True)
class _FromMaps:
    """Reads the tracks of a video from its object maps."""

    marked: _Marked
    source: str = "UBnormal's object maps"

    def __call__(self) -> Tracks:
        return tracks_of(self._rows(), self.source)

    def _rows(self) -> Iterator[Row]:
        for track, (one, (first, last)) in enumerate(self.marked.spans()):
            for frame in range(first, last + 1):
                _, boxes = components(self.marked.map(frame) == one)
                if boxes:  # hidden objects have no pixels
                    yield (track, frame, *max(boxes, key=_area))


def _area(box: tuple[int, int, int, int]) -> int:
    return (box[2] - box[0] + 1) * (box[3] - box[1] + 1)


def _span(line: str, file: Path, number: int) -> tuple[int, Range]:
    cells = [cell.strip() for cell in line.split(",")]
    try:
        one, first, last = (_whole(cell) for cell in cells)
    except ValueError as error:
        raise DatasetError(
            f"{file}, line {number}: expected three whole numbers 'object_id,first,last', found "
            f"'{line.strip()[:60]}'."
        ) from error
    if one < 1 or first < 0 or last < first:
        raise DatasetError(
            f"{file}, line {number}: object {one} from frame {first} to {last} is backwards, "
            "negative or background."
        )
    return one, (first, last)


def _whole(text: str) -> int:
    value = float(text)
    if not value.is_integer():
        raise ValueError(text)
    return int(value)


def _scenes(root: Path) -> list[Path]:
    scenes = [path for path in root.iterdir() if path.is_dir() and _SCENE.fullmatch(path.name)]
    return sorted(scenes, key=lambda path: int(path.name.removeprefix("Scene")))


def _recognises(root: Path) -> bool:
    return any(has_entries(scene, _NAME) for scene in _scenes(root))


def _read(root: Path, fps: float | None) -> Dataset:
    finder = ClipFinder(root, fps or FPS)
    train, test, notes = [], [], finder.notes
    split = _split(root)
    if split is None:
        notes.append(
            "Without the makers' lists of names (normal_training_video_names.txt ...), all normal "
            "videos train and all abnormal ones are the test."
        )
    for scene in _scenes(root):
        for one in finder.clips(scene.name, _NAME):
            part = _part(one.name) if split is None else split.get(one.name)
            if part == "training":
                train.append(Clip(one.name, one.open, scene.name))
            elif part == "test":
                test.append(_test_clip(one, scene))
    notes += without_training(tuple(train), "normal_scene_* of the training list")
    notes += unlabelled(test, "NAME_annotations with NAME_tracks.txt and maps is missing")
    return Dataset(
        "ubnormal",
        "ubnormal",
        root,
        fps or FPS,
        tuple(train),
        tuple(test),
        (),
        tuple(notes),
        tuple(finder.failed),
    )


def _part(name: str) -> str:
    return "training" if name.startswith("normal") else "test"


def _split(root: Path) -> dict[str, str] | None:
    """Which video trains and which is tested; None without the lists."""
    split: dict[str, str] = {}
    for kind, part in (("normal", "training"), ("normal", "test"), ("abnormal", "test")):
        names = f"{kind}_{part}_video_names.txt"
        file = next((root / at / names for at in _LISTS if (root / at / names).is_file()), None)
        if file is None:
            return None
        with reading(file, "a list of names"):
            split |= dict.fromkeys(read_text(file).split(), part)
    return split


def _test_clip(one: FoundSource, scene: Path) -> Clip:
    marked = _Marked(one, scene / f"{one.name}_annotations")
    if one.name.startswith("abnormal") and not (
        marked.file.is_file() and image_files(marked.folder)
    ):
        return Clip(one.name, one.open, scene.name)
    tracks = _FromMaps(marked)
    return Clip(one.name, one.open, scene.name, marked.labels, marked.masks, tracks)


LAYOUT = Layout(
    LayoutInfo(
        name="ubnormal",
        title="UBnormal",
        how_to_get=(
            "Link, and lists of names in the folder scripts, at "
            "https://github.com/lilygeorgescu/UBnormal; put the lists into the data set's folder."
        ),
        citation=(
            "Acsintoae et al., UBnormal: New benchmark for supervised open-set video anomaly "
            "detection, CVPR 2022"
        ),
        sketch="""\
UBnormal/
  Scene1/normal_scene_1_scenario_1.mp4 ...
  Scene1/abnormal_scene_1_scenario_1.mp4 ...
  Scene1/abnormal_scene_1_scenario_1_annotations/
    abnormal_scene_1_scenario_1_0000_gt.png ...   object ids
    abnormal_scene_1_scenario_1_tracks.txt        object_id,first,last
  normal_training_video_names.txt ...             the makers' split, also in scripts/""",
        fps=FPS,
        looks_for="SceneN/normal_scene_N_*.mp4 or abnormal_scene_N_*.mp4",
    ),
    _recognises,
    _read,
)
