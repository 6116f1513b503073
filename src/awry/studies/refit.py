"""`awry robustness --refit METHOD`: fewer frames a second, and abnormal frames in training.

The DAML paper's sections 5.1 (Fig. 3) and 5.3 (Fig. 6), for any method. Each cell is a fit.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.errors import FootageError, TrainingError
from awry.evaluation.clip_scoring import Scored
from awry.fitting import FitOptions
from awry.registry import method_class
from awry.storage import write_json
from awry.studies.cells import (
    Cell,
    Cells,
    data_key,
    fitted,
    labelled_clips,
    score_plainly,
    whole_numbers,
)
from awry.studies.contamination import Piece, abnormal_pieces
from awry.studies.robustness import stopped
from awry.studies.robustness_figures import alarm_figures, auc_figures
from awry.studies.robustness_output import plot_refit, show_refit
from awry.terminal import Console, progress_bars

SUBSAMPLE, CONTAMINATE = "subsample", "contaminate"
__all__ = ["RefitOptions", "run_refit", "show_refit"]

RECOUNTED = {
    SUBSAMPLE: "kept frames only (the paper's way); else all frames, skipped ones take the "
    "nearest score",
    CONTAMINATE: "without the test frames that were trained on; else with them",
}


@dataclass(frozen=True, slots=True)
class RefitOptions:
    """What to fit and measure.

    Attributes:
        method: its name in the registry.
        kind: `subsample` or `contaminate`.
        amounts: each a cell: keep every n-th frame of training and test footage, or so many
            abnormal test frames in the training footage.
        preset, changes: see `awry.fitting.FitOptions`.
        parts: names of extra parts to measure, or `all`.
        clips: see `awry.studies.cells.labelled_clips`; abnormal frames come from these, too.
        seed: every random choice follows from it.
    """

    method: str
    kind: str
    amounts: Sequence[int]
    preset: str = "tiny"
    changes: Mapping[str, Any] = field(default_factory=dict)
    parts: Sequence[str] = ("all",)
    clips: str | None = None
    seed: int = 0

    @classmethod
    def parse(
        cls,
        method: str,
        subsample: str | None,
        contaminate: str | None,
        preset: str,
        changes: Mapping[str, Any],
        parts: Sequence[str],
        clips: str | None,
        seed: int,
    ) -> RefitOptions:
        """Read the amounts, of which one kind is given.

        Raises:
            ConfigError: they are not whole numbers.
        """
        if subsample is not None:
            kind, amounts = SUBSAMPLE, whole_numbers(subsample, "--subsample", lowest=1)
        else:
            kind, amounts = CONTAMINATE, whole_numbers(contaminate or "", "--contaminate", lowest=0)
        return cls(method, kind, amounts, preset, changes, parts, clips, seed)


def run_refit(data: Dataset, out: Path, options: RefitOptions, console: Console) -> dict[str, Any]:
    """Fit and score one detector for each amount; write cells, `robustness.json` and plots.

    Finished cells and fits of an earlier run with the same settings are not done again; a fit
    that was stopped goes on.

    Returns:
        What `robustness.json` holds: `cells`, each with figures over all test frames and, in
        `recount`, over those that `recounted` names; `settings`, `plots`, and `failed`, cells
        that could not be fitted and clips that could not be read, one sentence each.

    Raises:
        ConfigError: an unknown method, preset, setting or part, too many frames asked for, or
            cells of other settings in `out`.
        DatasetError: no labelled test clip, or none that can be read.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    clips = labelled_clips(data, options.clips)
    config = method_class(options.method).configure(options.preset, options.changes, data.variant)
    if options.kind == CONTAMINATE:
        abnormal_pieces(clips, max(options.amounts), options.seed)
    settings = {
        "method": options.method,
        "preset": options.preset,
        "config": config.model_dump(mode="json"),
        "kind": options.kind,
        "data": {"layout": data.name, "variant": data.variant, "fps": data.fps},
        "train": [clip.name for clip in data.train],
        "clips": [clip.name for clip in clips],
        "labels": data_key(clips),
        "parts": list(options.parts),
        "seed": options.seed,
    }
    cells = Cells(out, settings)
    found, failed = _fit_all(data, clips, out, cells, options, console)
    result = {
        "settings": settings,
        "recounted": RECOUNTED[options.kind],
        "cells": found,
        "failed": [*data.failed, *failed, *(said for cell in found for said in cell["failed"])],
    }
    title = f"{options.method} ({options.preset}) on {data.variant}"
    result["plots"] = plot_refit(out, title, options.kind, found)
    write_json(out / "robustness.json", result)
    if len(found) == len(options.amounts):
        shutil.rmtree(out / "frames", ignore_errors=True)
    return result


def _fit_all(
    data: Dataset,
    clips: Sequence[Clip],
    out: Path,
    cells: Cells,
    options: RefitOptions,
    console: Console,
) -> tuple[list[Cell], list[str]]:
    found: list[Cell] = []
    failed: list[str] = []
    for amount in options.amounts:
        name = f"{options.kind}-{amount}"
        refit = _Refit(data, clips, out, options, amount, console)
        console.print(f"{name}: {'done before' if cells.has(name) else 'fitting'}")
        try:
            found.append(cells.get(name, refit.measure))
        except (FootageError, TrainingError) as error:
            failed.append(f"{name}: {error}")
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(stopped(len(found), len(options.amounts))) from error
    return found, failed


@dataclass(frozen=True, slots=True)
class _Refit:
    """One cell."""

    data: Dataset
    clips: Sequence[Clip]
    out: Path
    options: RefitOptions
    amount: int
    console: Console

    def measure(self) -> Cell:
        """Fit, unless that was done before, score, and count twice."""
        started = time.monotonic()
        contaminated = self.options.kind == CONTAMINATE
        pieces: list[Piece] = []
        if contaminated:
            pieces = abnormal_pieces(self.clips, self.amount, self.options.seed)
        detector = self._detector(pieces)
        with progress_bars(self.console) as progress:
            bar = progress.add_task("scoring", total=len(self.clips))
            advance = _advance(progress, bar)
            scores = score_plainly(detector, self.clips, self.options.parts, advance)
        counted = _without(scores, pieces) if contaminated else _kept(scores, detector.every)
        return {
            self.options.kind: self.amount,
            **auc_figures(scores.clips),
            **alarm_figures(scores.clips, detector.calibration),
            "recount": auc_figures(scores.clips, counted),
            "training": _training(detector, pieces),
            "failed": scores.failed,
            "seconds": round(time.monotonic() - started, 1),
        }

    def _detector(self, pieces: Sequence[Piece]) -> Detector:
        bundle = self.out / "fits" / f"{self.options.kind}-{self.amount}"
        # Before the normal clips: the footage's end becomes validation and calibration part,
        # which must stay normal.
        train = (*(piece.as_clip() for piece in pieces), *self.data.train)
        fit_options = FitOptions(
            preset=self.options.preset,
            changes=self.options.changes,
            seed=self.options.seed,
            every=self.amount if self.options.kind == SUBSAMPLE else 1,
        )
        data = replace(self.data, train=train)
        frames = self.out / "frames"
        return fitted(self.options.method, data, bundle, frames, fit_options, self.console)


def _advance(progress: Any, bar: Any) -> Callable[[], None]:
    return lambda: progress.advance(bar)


def _kept(scores: Scored, every: int) -> list[NDArray[np.bool_]]:
    """Which frames subsampling kept."""
    return [np.arange(len(clip.scores)) % every == 0 for clip in scores.clips]


def _without(scores: Scored, pieces: Sequence[Piece]) -> list[NDArray[np.bool_]]:
    """Which frames are in none of the pieces."""
    counted = []
    for clip in scores.clips:
        indices = np.array([clip.index(place) for place in range(len(clip.scores))])
        outside = np.ones(len(indices), bool)
        for piece in pieces:
            if piece.clip.name == clip.name:
                outside &= (indices < piece.first) | (indices > piece.last)
        counted.append(outside)
    return counted


def _training(detector: Detector, pieces: Sequence[Piece]) -> dict[str, Any]:
    """What the fit learned from, frames of the thinned footage."""
    added = {piece.name for piece in pieces}
    spans = detector.facts.data.parts["train"]
    frames = sum(last - first for _, first, last in spans)
    abnormal = sum(last - first for name, first, last in spans if name in added)
    return {
        "frames": frames,
        "abnormal_frames": abnormal,
        "abnormal_share": abnormal / frames,
        "pieces": [[piece.clip.name, piece.first, piece.last] for piece in pieces],
        "fit_seconds": detector.facts.fit_seconds,
    }
