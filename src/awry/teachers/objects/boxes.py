"""Boxes that somebody detected before, read from CSV."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError
from awry.foreign import Position, reading
from awry.teachers.objects.base import Floats, ObjectDetector, View, names_in_files
from awry.teachers.objects.coco import COCO_80, coco_name
from awry.teachers.objects.options import DetectorOptions
from awry.teachers.weights import file_hash

COLUMNS = ("clip", "frame", "x_min", "y_min", "x_max", "y_max", "confidence")
CHANCES = tuple(f"p_{number}" for number in range(len(COCO_80)))
THRESHOLD = 0.5
"""The SSMTL paper's on UCSD, where the published YOLOv3 boxes are from."""


class BoxesDetector(ObjectDetector):
    """Boxes by clip and frame.

    The columns are `clip,frame,x_min,y_min,x_max,y_max,confidence`, frames from 0, pixels of the
    whole frame, and optionally `p_0` to `p_79`, the probabilities of COCO's classes, or `class`,
    a name or number of one of them, whose probability then is the confidence.

    A clip is called as its data set calls it. Where training and test clips have the same names,
    write `train/NAME` and `test/NAME`.

    Args:
        place: a CSV file, or a folder of them, which must all have the same columns.
        options: as `DetectorOptions`; tiles do not apply.

    Raises:
        InputError: no such file, a column is missing, or a row cannot be read; names the row.
    """

    costly: ClassVar[bool] = False
    sees_pixels: ClassVar[bool] = False

    def __init__(self, place: str, options: DetectorOptions) -> None:
        path = Path(place).expanduser()
        files = sorted(path.glob("*.csv")) if path.is_dir() else [path]
        if not files or not files[0].is_file():
            raise InputError(
                f"There is no box file at {place}; expected a CSV file with the columns "
                f"{','.join(COLUMNS)}, or a folder of such files."
            )
        tables = [_read(file) for file in files]
        with_classes = [chances is not None for _, _, chances in tables]
        if any(with_classes) and not all(with_classes):
            raise InputError(f"Only some of the files in {place} have classes; expected all.")
        _no_name_twice(files, tables)
        self._clips = _by_clip(tables)
        kind = "sigmoid" if all(with_classes) else ""
        hashes = tuple(file_hash(file) for file in files)
        super().__init__(f"boxes:{path.name}", hashes, kind, THRESHOLD, options)

    def _candidates(self, view: View) -> tuple[Floats, Floats, Floats]:
        name, bare = names_in_files(view.clip)
        clip = name if name in self._clips else bare
        if clip not in self._clips:
            known = ", ".join(list(self._clips)[:4])
            raise InputError(
                f"{self.name} has no box in a clip called '{clip}' (it has {known}, ...). A "
                "clip without any object cannot be told from one that was left out: check the "
                "names, or take the clip away."
            )
        frames, boxes, scores, chances = self._clips[clip]
        rows = slice(*np.searchsorted(frames, [view.frame, view.frame + 1]))
        size = view.frame_size or view.image.shape[:2]
        scale = np.tile(np.array(view.image.shape[1::-1]) / np.array(size[1::-1]), 2)
        return (boxes[rows] * scale).astype(np.float32), scores[rows], chances[rows]


_Table = tuple[list[str], NDArray[np.float64], Floats | None]


def _read(file: Path) -> _Table:
    """Clips (n,), numbers (n, 6) and class probabilities (n, 80) or None."""
    with (
        reading(file.name, "object boxes in CSV", InputError) as place,
        file.open(newline="", encoding="utf-8-sig") as stream,
    ):
        return _table(csv.DictReader(stream), file.name, place)


def _table(reader: csv.DictReader[str], name: str, place: Position) -> _Table:
    header = reader.fieldnames or []
    wide, named = any(column in header for column in CHANCES), "class" in header
    for column in (*COLUMNS, *(CHANCES if wide else ())):
        if column not in header:
            classes = " and p_0 to p_79 or none of them" if wide else ""
            raise InputError(
                f"{name} has no column {column}; expected {','.join(COLUMNS)}{classes}."
            )
    clips, numbers, chances = [], [], []
    for row in reader:
        place.line = reader.line_num
        values = [float(row[column]) for column in COLUMNS[1:]]
        _check(values)
        if wide:
            chances.append(_checked_chances([float(row[column]) for column in CHANCES]))
        elif named:
            chances.append(_one_class(row["class"] or "", values[-1]))
        clips.append(str(row["clip"]))
        numbers.append(values)
    table = np.array(numbers, np.float64).reshape(-1, 6)
    probabilities = np.array(chances, np.float32).reshape(-1, len(CHANCES))
    return clips, table, probabilities if wide or named else None


def _checked_chances(values: list[float]) -> list[float]:
    if not all(0 <= value <= 1 for value in values):
        raise ValueError("a class probability is not in 0 to 1")
    return values


def _no_name_twice(files: list[Path], tables: list[_Table]) -> None:
    owner: dict[str, Path] = {}
    for file, (clips, _, _) in zip(files, tables, strict=True):
        for name in dict.fromkeys(clips):
            if owner.setdefault(name, file) != file:
                raise InputError(
                    f"{owner[name].name} and {file.name} both have a clip called '{name}'. If one "
                    f"is a training and one a test clip, write train/{name} and test/{name}."
                )


def _check(values: list[float]) -> None:
    frame, x_min, y_min, x_max, y_max, confidence = values
    if not np.isfinite(values).all() or frame < 0 or frame != int(frame):
        raise ValueError(f"frame and box are {values}; expected finite numbers, frames from 0")
    if x_max < x_min or y_max < y_min:
        raise ValueError(f"the box {values[1:5]} is inverted; expected minima before maxima")
    if not 0 <= confidence <= 1:
        raise ValueError(f"the confidence is {confidence}; expected 0 to 1")


def _one_class(word: str, confidence: float) -> list[float]:
    chances = [0.0] * len(COCO_80)
    name = coco_name(word)
    if name not in COCO_80 and not (word.isdecimal() and int(word) < len(COCO_80)):
        raise ValueError(f"the class is {word!r}; expected COCO's names, or numbers from 0 to 79")
    chances[COCO_80.index(name) if name in COCO_80 else int(word)] = confidence
    return chances


_Clip = tuple[NDArray[np.float64], NDArray[np.float64], Floats, Floats]


def _by_clip(tables: list[_Table]) -> Mapping[str, _Clip]:
    """Frames (n,) ascending, boxes (n, 4), confidences (n,) and probabilities of each clip."""
    names = np.array([name for clips, _, _ in tables for name in clips])
    numbers = np.concatenate([table for _, table, _ in tables])
    parts = [np.empty((len(t), 0), np.float32) if c is None else c for _, t, c in tables]
    chances = np.concatenate(parts)
    found = {}
    for name in dict.fromkeys(names.tolist()):
        rows = np.flatnonzero(names == name)
        rows = rows[np.argsort(numbers[rows, 0], kind="stable")]
        boxes, scores = numbers[rows, 1:5], numbers[rows, 5].astype(np.float32)
        found[name] = (numbers[rows, 0], boxes, scores, chances[rows])
    return found
