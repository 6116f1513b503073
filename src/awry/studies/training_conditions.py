"""A method fitted anew: with fewer frames a second, or with abnormal frames in training.

The first design is of Li, Leroux, Simoens, CVIU 2021, sections 5.1 (Fig. 3) and 5.3 (Fig. 6), here
for any method. Each amount is a fit.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.errors import FootageError, TrainingError
from awry.evaluation.clip_scoring import Scored
from awry.fitting import FitOptions
from awry.methods.registry import method_class
from awry.progress import Reporter
from awry.results import FigureCard, Result
from awry.storage import write_json
from awry.studies.contamination import Piece, abnormal_pieces, contaminated
from awry.studies.measurements import (
    Measurement,
    Measurements,
    data_key,
    fitted,
    labelled_clips,
    measured_on,
    score_labelled,
    stopped,
)
from awry.studies.robustness_figures import SCORE, alarm_figures, auc_figures
from awry.studies.robustness_plots import COUNTED, X_AXIS, plot_training

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SUBSAMPLE, CONTAMINATE = "subsample", "contaminate"
RECOUNTED = {
    SUBSAMPLE: "kept frames only (the paper's way); else all frames, skipped ones take the "
    "nearest score",
    CONTAMINATE: "without the test frames that were trained on; else with them",
}


@dataclass(frozen=True, slots=True)
class TrainingOptions:
    """What to fit and measure.

    Attributes:
        method: its name in the registry.
        kind: `subsample` or `contaminate`.
        amounts: each a fit: keep every n-th frame of training and test footage, or so many
            abnormal test frames in the training footage.
        preset, changes: see `awry.fitting.FitOptions`.
        parts: names of extra parts to measure, or `all`.
        clips: see `awry.studies.measurements.labelled_clips`; abnormal frames come from these, too.
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


@dataclass(frozen=True, slots=True)
class RefitResult(Result):
    """A method that was fitted once for each amount of thinning or contamination.

    Attributes:
        settings: all that the figures depend on.
        fits: for each amount, under `subsample` or `contaminate`, the figures of
            `awry.studies.robustness_figures` over all test frames and, in `recount`, over those
            that `recounted` names; `training`: what the fit learned from.
        failed: fits that could not be made and clips that could not be read, one sentence each.
        plots: the pictures that were written.
    """

    settings: Mapping[str, Any]
    fits: tuple[Mapping[str, Any], ...]
    failed: tuple[str, ...]
    plots: tuple[str, ...]

    @property
    def kind(self) -> str:
        """`subsample` or `contaminate`."""
        kind: str = self.settings["kind"]
        return kind

    @property
    def recounted(self) -> str:
        """Which frames the second count takes, in words."""
        return RECOUNTED[self.kind]

    def to_dict(self) -> dict[str, Any]:
        """What `robustness.json` holds."""
        return {
            "settings": dict(self.settings),
            "recounted": self.recounted,
            "cells": [dict(fit) for fit in self.fits],
            "failed": list(self.failed),
            "plots": list(self.plots),
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each fit."""
        return [
            {
                self.kind: fit[self.kind],
                "training_frames": fit["training"]["frames"],
                "abnormal_frames": fit["training"]["abnormal_frames"],
                **{f"auc_{part}": value for part, value in fit["auc"].items()},
                **{f"recounted_auc_{part}": v for part, v in fit["recount"]["auc"].items()},
            }
            for fit in self.fits
        ]

    def draw(self, ax: Axes) -> None:
        """Micro AUC over the amounts, counted both ways."""
        counts = zip(
            COUNTED[self.kind], (self.fits, [f["recount"] for f in self.fits]), strict=True
        )
        for label, figures in counts:
            pairs = zip(self.fits, figures, strict=True)
            points = [(fit[self.kind], figure["auc"][SCORE]) for fit, figure in pairs]
            known = [(x, y) for x, y in points if y is not None]
            ax.plot([x for x, _ in known], [y for _, y in known], marker="o", label=label)
        ax.set(xlabel=X_AXIS[self.kind], ylabel="micro AUC", title=self.settings["method"])
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """Micro AUC of each fit."""
        return [
            FigureCard(
                f"{self.kind} {fit[self.kind]}",
                "-" if fit["auc"][SCORE] is None else f"{100 * fit['auc'][SCORE]:.2f}",
                f"micro AUC, per cent; {fit['training']['frames']} training frames",
            )
            for fit in self.fits
        ]


def measure_training(
    data: Dataset, out: Path, options: TrainingOptions, reporter: Reporter
) -> RefitResult:
    """Fit and score one detector for each amount; write measurements, `robustness.json` and plots.

    Finished measurements and fits of an earlier study with the same settings are not made again; a
    fit that was stopped goes on.

    Raises:
        ConfigError: an unknown method, preset, setting or part, too many frames asked for, or
            measurements of other settings in `out`.
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
    measurements = Measurements(out, settings)
    fits, failed = _fit_all(data, clips, out, measurements, options, reporter)
    title = f"{options.method} ({options.preset}) on {data.variant}"
    result = RefitResult(
        settings,
        tuple(fits),
        (*data.failed, *failed, *(sentence for fit in fits for sentence in fit["failed"])),
        tuple(plot_training(out, title, options.kind, fits)),
    )
    write_json(out / "robustness.json", result.to_dict())
    if len(fits) == len(options.amounts):
        shutil.rmtree(out / "frames", ignore_errors=True)
    return result


def _fit_all(
    data: Dataset,
    clips: Sequence[Clip],
    out: Path,
    measurements: Measurements,
    options: TrainingOptions,
    reporter: Reporter,
) -> tuple[list[Measurement], list[str]]:
    finished: list[Measurement] = []
    failed: list[str] = []
    for amount in options.amounts:
        name = f"{options.kind}-{amount}"
        fit = _Fit(data, clips, out, options, amount, reporter)
        reporter.message(f"{name}: {'done before' if measurements.has(name) else 'fitting'}")
        try:
            finished.append(measurements.get(name, fit.measure))
        except (FootageError, TrainingError) as error:
            failed.append(f"{name}: {error}")
        except KeyboardInterrupt as error:
            raise KeyboardInterrupt(stopped(len(finished), len(options.amounts))) from error
    return finished, failed


@dataclass(frozen=True, slots=True)
class _Fit:
    """One fit."""

    data: Dataset
    clips: Sequence[Clip]
    out: Path
    options: TrainingOptions
    amount: int
    reporter: Reporter

    def measure(self) -> Measurement:
        """Fit, unless that was done before, score, and count twice."""
        started = time.monotonic()
        mixed = self.options.kind == CONTAMINATE
        pieces: list[Piece] = []
        if mixed:
            pieces = abnormal_pieces(self.clips, self.amount, self.options.seed)
        detector = self._detector(pieces)
        scores = score_labelled(detector, self.clips, self.options.parts, self.reporter)
        counted = _without(scores, pieces) if mixed else _kept(scores, detector.every)
        return {
            self.options.kind: self.amount,
            **auc_figures(scores.clips),
            **alarm_figures(scores.clips, detector.calibration),
            "recount": auc_figures(scores.clips, counted),
            "training": _training(detector, pieces),
            **measured_on(detector.compute),
            "failed": scores.failed,
            "seconds": round(time.monotonic() - started, 1),
        }

    def _detector(self, pieces: Sequence[Piece]) -> Detector:
        bundle = self.out / "fits" / f"{self.options.kind}-{self.amount}"
        fit_options = FitOptions(
            preset=self.options.preset,
            changes=self.options.changes,
            seed=self.options.seed,
            every=self.amount if self.options.kind == SUBSAMPLE else 1,
        )
        data = contaminated(self.data, pieces)
        frames = self.out / "frames"
        return fitted(self.options.method, data, bundle, frames, fit_options, self.reporter)


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
