"""UMN, cut into one clip per scene change; crowds walk, then run.

The makers publish one long video without a label file. This layout is the usual cut: one video a
clip, and `labels.json` with the abnormal frames of each, from 1, both ends inclusive. The caption
"Abnormal Crowd Activity" and a DivX logo are burned into the pictures: they are ignored, or the
label itself would be what gets detected.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.clips import ClipFinder, excerpt, frame_count, number_in
from awry.datasets.labels import Range, labels_from_ranges, load_json, parse_ranges, unlabelled
from awry.names import name_key
from awry.video.kinds import is_video
from awry.video.open import FoundSource

FPS = 30.0
IGNORE = ("rows:0-23", "rectangle:250,198,,")
_LABELS = "labels.json"
_SPLIT = (
    "UMN has no training clips: of each clip's normal part (before its first abnormal frame) the "
    "first two thirds are the training clip NAME-normal; the test clip NAME is all that follows."
)


def _recognises(root: Path) -> bool:
    return (root / _LABELS).is_file() and any(is_video(path) for path in root.iterdir())


def _read(root: Path, fps: float | None) -> Dataset:
    fps = fps or FPS
    file = root / _LABELS
    written = load_json(file)
    finder = ClipFinder(root, fps)
    sources = finder.clips()
    train, test, notes = [], [], [_SPLIT, *finder.notes]
    by_key = {name_key(name): value for name, value in written.items()}
    for one in sources:
        if name_key(one.name) not in by_key:
            test.append(Clip(one.name, one.open, _scene(one.name)))
            continue
        ranges, scene = _entry(by_key[name_key(one.name)], file, one.name)
        cut = (ranges[0][0] if ranges else frame_count(Path(one.where))) * 2 // 3
        if cut:
            name = f"{one.name}-normal"
            train.append(Clip(name, partial(excerpt, one, 0, cut - 1, name), scene))
        opened = partial(excerpt, one, cut, None, one.name)
        test.append(Clip(one.name, opened, scene, partial(_labels, one, ranges, cut, file)))
    there = {name_key(one.name) for one in sources}
    missing = sorted(name for name in written if name_key(name) not in there)
    if missing:
        notes.append(f"Named in {_LABELS}, but not there: {', '.join(missing)}.")
    notes += unlabelled(test, f"{_LABELS} does not name them")
    return Dataset(
        "umn",
        "umn",
        root,
        fps,
        tuple(train),
        tuple(test),
        IGNORE,
        tuple(notes),
        tuple(finder.failed),
    )


def _entry(value: Any, file: Path, clip: str) -> tuple[list[Range], str]:
    """Ranges from 0 in order, and the scene, which may stand as the third in a range."""
    scene = _scene(clip)
    if isinstance(value, list):
        for one in value:
            if isinstance(one, list) and len(one) == 3 and isinstance(one[2], str):
                scene = one.pop()
    return parse_ranges(value, file, clip, base=1), scene


def _scene(clip: str) -> str:
    number = number_in(clip) if clip.lower().startswith("trim") else None
    if number is None or not 1 <= number <= 8:
        return "scene"
    return "lawn" if number <= 2 else "indoor"


def _labels(one: FoundSource, ranges: list[Range], cut: int, file: Path) -> NDArray[np.uint8]:
    return labels_from_ranges(ranges, frame_count(Path(one.where)), one.name, file)[cut:]


LAYOUT = Layout(
    LayoutInfo(
        name="umn",
        title="UMN crowd activity, one video a clip",
        how_to_get=(
            "Crowd-Activity-All.avi from http://mha.cs.umn.edu/; cut it into one video a clip and "
            'write labels.json: {"Trim1": [[510, 610]]}, frames from 1; a scene may stand as '
            'third, [[510, 610, "plaza"]].'
        ),
        citation="University of Minnesota, Unusual crowd activity dataset, 2006",
        sketch="""\
UMN/
  Trim1.mp4 ...   Trim1-2 lawn, Trim3-8 indoor
  labels.json     abnormal frames of each clip""",
        fps=FPS,
        looks_for="labels.json beside video files",
    ),
    _recognises,
    _read,
)
