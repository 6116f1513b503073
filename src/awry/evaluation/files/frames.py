"""Scores and labels of frames from anybody's detector, in plain files or arrays.

A folder holds one file for each clip, which is called as the file's stem, or tables with a column
`clip` (or `source`, as `awry score` writes it); a single file is one clip or such a table. CSV,
JSON lines and Parquet have the columns `frame` and `score` or `label` (others are ignored, but for
`scored`, 0 where a frame's score was only filled in); CSV may also be one column of values without
a header; npy is (n,).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from natsort import natsorted
from numpy.typing import NDArray

from awry.datasets.arrays import load_array
from awry.datasets.base import Dataset
from awry.errors import InputError
from awry.evaluation.files.arrays import Given, is_one_clip, named_arrays
from awry.evaluation.files.clips import TEXT, clip_files, listed, misspelt
from awry.evaluation.files.dataset_labels import (
    DatasetLabels,
    clip_called,
    is_dataset,
    read_dataset_labels,
)
from awry.evaluation.files.numbers import TABLES, NumberTable, read_numbers
from awry.evaluation.scored_clip import ScoredClip, Series
from awry.scoring.alarms import SourceScores
from awry.scoring.fill import fill_nearest

ARRAYS = (".npy",)


@dataclass(frozen=True, slots=True)
class FrameFiles:
    """What scores and labels in files come to.

    Attributes:
        clips: in natural order of their names, with labels.
        notes: what one should know of them, one sentence each.
    """

    clips: list[ScoredClip]
    notes: list[str]


@dataclass(frozen=True, slots=True)
class _Series:
    """One value a frame.

    Attributes:
        values, scored: (n,).
        where: the file, or `arrays`.
        numbered: whether each frame's number stands beside its value.
        start: the number of the first frame, 0 unless the file counts otherwise than expected.
        frames: int64 (n,), each frame's number; None: one after the other from `start`.
        times: float64 (n,), seconds, NaN where unknown; None without a column.
        absent: how many of the frames stand in no row; they have the nearest frame's value.
    """

    values: NDArray[np.float64]
    scored: NDArray[np.bool_]
    where: Path | str
    numbered: bool = False
    start: int = 0
    frames: NDArray[np.int64] | None = None
    times: NDArray[np.float64] | None = None
    absent: int = 0


@dataclass(frozen=True, slots=True)
class _Kind:
    """Scores, or labels: `name` is the column, `option` says how to count from 1.

    With `gaps`, frames may be missing, and times are read where they are.
    """

    name: str
    first_frame: int
    gaps: bool = False

    @property
    def option(self) -> str:
        return f"--{self.name}s-first-frame"


def read_frame_files(
    scores: Given,
    labels: Given | Dataset,
    *,
    scores_first_frame: int = 0,
    labels_first_frame: int = 0,
    fps: float | None = None,
) -> FrameFiles:
    """Read scores and labels and match them by the clips' names.

    Args:
        scores, labels: a file or folder each, or arrays (n,), see `awry.evaluation.files.arrays`;
            a nameless single clip goes with another. Labels may be a data set or its folder, whose
            labelled test clips go by their names.
        scores_first_frame, labels_first_frame: the number that tables give to a clip's first
            frame, 0 or 1.
        fps: frames per second, if known; else a data set's.

    Raises:
        InputError: a file cannot be read or has other columns; a clip has scores but no labels or
            labels but no scores; frames are negative, twice there, missing, or counted from
            another number than expected; numbers of frames differ; a score is NaN or infinite;
            a label is neither 0 nor 1. File, line, clip and frame are named.
        DatasetError: an npy file or a data set cannot be read.
    """
    for_scores, for_labels = _Kind("score", scores_first_frame), _Kind("label", labels_first_frame)
    series, left_scores = _read_kind(scores, for_scores)
    truth, left_labels, data = _read_labels(labels, for_labels)
    if data is not None:
        series, fps = _by_clip(series, data), fps or data.fps
    if len(series) == len(truth) == 1 and is_one_clip(scores) and is_one_clip(labels):
        # Two files of one clip each belong together whatever they are called.
        series = dict(zip(truth, series.values(), strict=True))
    _check_names(series, truth)
    clips = []
    for name in natsorted(series):
        _check_counting(name, (series[name], truth[name]), (for_scores, for_labels))
        clips.append(_clip(name, series[name], truth[name], fps))
    return FrameFiles(clips, [*left_scores, *left_labels, *_absent(series), *_one_class(clips)])


def read_label_files(
    labels: Given | Dataset, *, first_frame: int = 0
) -> tuple[dict[str, NDArray[np.uint8]], list[str]]:
    """Read labels alone: clip -> uint8 (n,), 1 = abnormal, in natural order; and notes.

    Raises:
        InputError, DatasetError: as `read_frame_files`.
    """
    kind = _Kind("label", first_frame)
    clips, notes, _ = _read_labels(labels, kind)
    for name, series in clips.items():
        _check_start(name, series, kind)
    return {name: clips[name].values.astype(np.uint8) for name in natsorted(clips)}, notes


def read_score_files(scores: Given, *, first_frame: int = 0) -> tuple[dict[str, Series], list[str]]:
    """Read scores alone: clip -> float64 (n,), in natural order; and notes.

    Raises:
        InputError: as `read_frame_files`.
    """
    kind = _Kind("score", first_frame)
    clips, notes = _read_kind(scores, kind)
    for name, series in clips.items():
        _check_start(name, series, kind)
    return {name: clips[name].values for name in natsorted(clips)}, notes


def read_source_scores(
    scores: Given, *, first_frame: int = 0, fps: float | None = None
) -> tuple[list[SourceScores], list[str]]:
    """Read scores as sources have them: frames may be missing, and times count where they are.

    Args:
        scores: a file or a folder; also one that `awry score` still writes (`NAME.partial.csv`).
        first_frame: the number that tables give to a clip's first frame.
        fps: frames per second, where the file has no times.

    Returns:
        The sources in natural order, and notes.

    Raises:
        InputError: as `read_frame_files`, but for frames that are missing.
    """
    clips, notes = _read_kind(scores, _Kind("score", first_frame, gaps=True))
    sources = []
    for name in natsorted(clips):
        series = clips[name]
        frames = np.arange(len(series.values)) if series.frames is None else series.frames
        times = series.times
        if times is None or not (np.isfinite(times).all() and (np.diff(times) >= 0).all()):
            times = None if fps is None else frames / fps
        sources.append(SourceScores(name, frames, series.values, series.scored, times))
    return sources, notes


def _read_labels(
    labels: Given | Dataset, kind: _Kind
) -> tuple[dict[str, _Series], list[str], DatasetLabels | None]:
    """Labels by clip, notes, and the data set that they are of, if they are of one."""
    if not isinstance(labels, Dataset) and not is_dataset(labels):
        return *_read_kind(labels, kind), None
    assert isinstance(labels, Dataset | str | Path)
    data = read_dataset_labels(labels)
    series = {
        name: _Series(marks.astype(np.float64), np.ones(len(marks), bool), data.where)
        for name, marks in data.labels.items()
    }
    return series, data.notes, data


def _by_clip(by_source: Mapping[str, _Series], data: DatasetLabels) -> dict[str, _Series]:
    """Scores by the names of a data set's clips, without those that have no labels."""
    named: dict[str, _Series] = {}
    for source, series in by_source.items():
        name = clip_called(source, (*data.labels, *data.unlabelled))
        if name in named:
            raise InputError(
                f"{series.where}: the scores of {source} and others are all of clip {name}; "
                "keep one of them."
            )
        if name not in data.unlabelled:
            named[name] = series
    return named


def _read_kind(given: Given, kind: _Kind) -> tuple[dict[str, _Series], list[str]]:
    if not isinstance(given, str | Path):
        arrays = named_arrays(given, f"{kind.name}s")
        return {name: _of_array(array, kind, name) for name, array in arrays.items()}, []
    files, notes = clip_files(Path(given), (*TABLES, *ARRAYS))
    clips: dict[str, _Series] = {}
    for file in files:
        read = _from_array(file, kind) if file.suffix.lower() in ARRAYS else _from_table(file, kind)
        for name, series in read.items():
            if name in clips:
                raise InputError(
                    f"Clip {name} is in {clips[name].where} and in {file}; keep one of them."
                )
            clips[name] = series
    return clips, notes


def _of_array(array: NDArray[Any], kind: _Kind, clip: str) -> _Series:
    if array.ndim != 1:
        raise InputError(
            f"The {kind.name}s of clip {clip} are an array of shape {array.shape}; expected one "
            "number a frame, shape (n,)."
        )
    values = array.astype(np.float64)
    _check_values(values, kind, clip, lambda _: "arrays")
    return _Series(values, np.ones(len(values), bool), "arrays")


def _from_array(path: Path, kind: _Kind) -> dict[str, _Series]:
    loaded: NDArray[Any] = load_array(path)
    if loaded.ndim != 1 or loaded.dtype.kind not in "biuf":
        raise InputError(
            f"{path} holds {loaded.dtype} of shape {loaded.shape}; expected one number a frame, "
            "shape (n,)."
        )
    values = loaded.astype(np.float64)
    _check_values(values, kind, path.stem, lambda _: str(path))
    return {path.stem: _Series(values, np.ones(len(values), bool), path)}


def _from_table(path: Path, kind: _Kind) -> dict[str, _Series]:
    if path.suffix.lower() in TEXT and _is_list(path):
        table = read_numbers(path, [kind.name])
        values = table.columns[kind.name]
        _check_values(values, kind, path.stem, table.where)
        return {path.stem: _Series(values, np.ones(len(values), bool), path, True)}
    optional = ["scored"] if kind.name == "score" else []
    sparse = ["time_s"] if kind.gaps else []
    table = read_numbers(path, ["frame", kind.name], optional, sparse)
    frames = table.frames(kind.first_frame)
    scored = table.finite("scored") != 0 if "scored" in table.columns else np.ones(len(table), bool)
    whole = [(path.stem, np.arange(len(table)))]
    return {
        name: _ordered(table, frames[rows], scored[rows], rows, kind, name)
        for name, rows in (whole if table.clips is None else table.clips.rows())
    }


def _is_list(path: Path) -> bool:
    """Whether a file is values alone, one a line."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        first = next((line.strip() for line in file if line.strip()), "")
    return first != "" and first.lstrip("+-")[:1].isdigit() and "," not in first


def _ordered(
    table: NumberTable,
    frames: NDArray[np.int64],
    scored: NDArray[np.bool_],
    rows: NDArray[np.int64],
    kind: _Kind,
    clip: str,
) -> _Series:
    """A clip's rows in order of their frames, each frame once."""
    order = np.argsort(frames, kind="stable")
    frames, rows = frames[order], rows[order]
    for twice in np.flatnonzero(np.diff(frames) == 0)[:1]:
        raise InputError(
            f"{table.where(rows[twice + 1])}: frame {frames[twice] + kind.first_frame} of clip "
            f"{clip} is in {table.place(rows[twice])} already; expected each frame once."
        )
    gaps = np.flatnonzero(np.diff(frames) > 1)
    says_what_is_scored = "scored" in table.columns
    for gap in gaps[: 0 if kind.gaps or says_what_is_scored else 1]:
        raise InputError(
            f"{table.where(rows[gap + 1])}: clip {clip} goes from frame "
            f"{frames[gap] + kind.first_frame} to {frames[gap + 1] + kind.first_frame}; expected "
            "every frame. Give frames that were not scored the nearest frame's score, and 0 in a "
            "column 'scored'."
        )
    values = table.columns[kind.name][rows]
    _check_values(values, kind, clip, lambda place: table.where(rows[place]))
    start = int(frames[0]) if len(frames) else 0
    times = table.columns["time_s"][rows] if "time_s" in table.columns else None
    series = _Series(values, scored[order], table.path, True, start, frames, times)
    return _with_absent(series) if gaps.size and not kind.gaps else series


def _with_absent(series: _Series) -> _Series:
    """With the frames that stand in no row, as `awry score` leaves out those that were lost.

    They count, as frames that were not scored: whoever leaves frames out gains nothing by it.
    """
    assert series.frames is not None
    rows = series.frames - series.frames[0]
    there = np.zeros(rows[-1] + 1, bool)
    there[rows] = True
    values, scored = np.zeros(len(there)), np.zeros(len(there), bool)
    values[rows], scored[rows] = series.values, series.scored
    absent = len(there) - len(rows)
    return replace(
        series,
        values=fill_nearest(values, there),
        scored=scored,
        frames=np.arange(len(there)) + series.frames[0],
        times=None,
        absent=absent,
    )


def _check_values(
    values: NDArray[np.float64], kind: _Kind, clip: str, where: Callable[[int], str]
) -> None:
    good = np.isfinite(values) if kind.name == "score" else (values == 0) | (values == 1)
    expected = "a finite number" if kind.name == "score" else "0 (normal) or 1 (abnormal)"
    bad = np.flatnonzero(~good)
    if bad.size:
        raise InputError(
            f"{where(bad[0])}: the {kind.name} of clip {clip} at its frame {bad[0]} (from 0) is "
            f"{values[bad[0]]:g} ({bad.size} such in the clip); expected {expected}."
        )


def _check_names(scores: Mapping[str, _Series], labels: Mapping[str, _Series]) -> None:
    for these, those, what, lack in (
        (scores, labels, "scores", "labels"),
        (labels, scores, "labels", "scores"),
    ):
        alone = natsorted(set(these) - set(those))
        if not alone:
            continue
        alike = misspelt(alone[0], set(those) - set(these))
        hint = f"; '{alike}' has them: spell both alike" if alike else ""
        raise InputError(
            f"There are {what} but no {lack} of {len(alone)} clips: {listed(alone)} (from "
            f"{these[alone[0]].where}){hint}. Expected both for the same clips, matched by name."
        )


def _check_counting(clip: str, pair: tuple[_Series, _Series], kinds: tuple[_Kind, _Kind]) -> None:
    """Refuse a clip that begins at another frame than expected, or has numbers that differ."""
    scores, labels = pair
    for series, other, kind, beside in ((*pair, *kinds), (*pair[::-1], *kinds[::-1])):
        first = series.start + kind.first_frame
        if series.start == 1 and len(series.values) == len(other.values):
            mixed = (
                f", while the {beside.name}s count from {beside.first_frame}"
                if not other.start and other.numbered
                else ""
            )
            raise InputError(
                f"{series.where}: the {kind.name}s of clip {clip} count frames from {first}"
                f"{mixed} (both have {len(series.values)}); give {kind.option} {first} if that "
                "is its first frame."
            )
        _check_start(clip, series, kind)
    if not len(scores.values) and not len(labels.values):
        raise InputError(f"Clip {clip} has no frames in {scores.where} and {labels.where}.")
    if len(scores.values) != len(labels.values):
        raise InputError(
            f"Clip {clip}: {len(scores.values)} scores in {scores.where}, but "
            f"{len(labels.values)} labels in {labels.where}; expected one of each for every "
            "frame. Give frames that were not scored the nearest frame's score."
        )


def _check_start(clip: str, series: _Series, kind: _Kind) -> None:
    if series.start:
        raise InputError(
            f"{series.where}: the {kind.name}s of clip {clip} begin at frame "
            f"{series.start + kind.first_frame}; expected every frame from {kind.first_frame}. If "
            f"they count from 1, give {kind.option} 1."
        )


def _clip(name: str, scores: _Series, labels: _Series, fps: float | None) -> ScoredClip:
    marks = labels.values.astype(np.uint8)
    return ScoredClip(name, "scene", fps, scores.values, scores.scored, marks)


def _absent(clips: Mapping[str, _Series]) -> list[str]:
    return [
        f"Clip {name}: {series.absent} of {len(series.values)} frames have no row in "
        f"{series.where} (lost, say); they take the nearest frame's score and count as not scored."
        for name, series in clips.items()
        if series.absent
    ]


def _one_class(clips: Sequence[ScoredClip]) -> list[str]:
    marks = [(clip.name, clip.labels) for clip in clips if clip.labels is not None]
    names = [name for name, truth in marks if not 0 < truth.sum() < len(truth)]
    if not names:
        return []
    return [
        f"{len(names)} of {len(clips)} clips have frames of one class only and are not in the "
        f"macro AUC: {listed(names)}."
    ]
