"""A person in the loop, simulated with the truth (Pang et al. 2020, section 4.5, Fig. 3)."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.evaluation.metrics.bootstrap import bootstrap_interval
from awry.evaluation.metrics.frame import micro_auc, roc_points
from awry.evaluation.scored_clip import ScoredClip
from awry.methods.sdor.feedback import simulated_marks
from awry.progress import Reporter
from awry.sifting.feedback import learn_from
from awry.sifting.trained import TrainedRun

AUCS = ("auc", "auc_left_out", "auc_left_out_before")
SHOWN, MARKED = 0.1, 5
"""Share of the frames that is shown, and frames of each kind that are marked, each time."""
ROC_POINTS = 500


def simulate_interactions(
    trained: TrainedRun, clips: list[ScoredClip], count: int, expert: int, reporter: Reporter
) -> list[dict[str, Any]]:
    """The AUC after each of several interactions with an expert who knows the truth.

    Frames that were fed back are known to the learner: an AUC over all frames, as the paper
    prints it, counts them as found. Beside it stands the AUC without them and their neighbours,
    of the same frames before the first interaction and now.

    Args:
        trained: the run, whose learners are left as they were.
        clips: the run's clips with labels, all of them.
        count: interactions.
        expert: seed of the expert's choice among what is shown.
        reporter: shows progress.

    Returns:
        A row for each interaction from 0: `interaction`, `fed_back` (frames so far, with
        neighbours), `auc` over all frames, `auc_left_out` and `auc_left_out_before`,
        `intervals`, the 95 % interval over clips of each, and `roc`, the curve of `auc`: two lists
        of at most `ROC_POINTS` numbers, false-positive and true-positive rates.
    """
    labels = np.concatenate([clip.labels for clip in clips if clip.labels is not None])
    config = trained.run.config
    before = now = trained.run.scores
    trained = replace(trained, method=deepcopy(trained.method))
    generator = np.random.default_rng(expert)
    marks: dict[int, bool] = {}
    known = np.zeros(len(labels), bool)
    ends = np.cumsum([len(clip.scores) for clip in clips])[:-1].tolist()
    rows = [_row(0, known, labels, before, before, ends)]
    for number in range(1, count + 1):
        new = simulated_marks(now, labels > 0, SHOWN, MARKED, generator, np.flatnonzero(known))
        marks = {**marks, **new} if config.feedback_kept else new
        if not marks:
            break
        trained, feedback = learn_from(trained, marks, number, reporter)
        known[feedback.places] = True
        now = trained.run.scores
        rows.append(_row(number, known, labels, before, now, ends))
        reporter.message(
            f"interaction {number}: AUC without fed-back frames "
            f"{rows[-1]['auc_left_out']:.4f}, before {rows[-1]['auc_left_out_before']:.4f}"
        )
    return rows


def _row(
    number: int,
    known: NDArray[np.bool_],
    labels: NDArray[np.uint8],
    before: NDArray[np.float64],
    now: NDArray[np.float64],
    ends: list[int],
) -> dict[str, Any]:
    """One interaction's row; `ends` are the places where a clip ends and the next begins."""
    views = {
        "auc": (now, np.ones(len(known), bool)),
        "auc_left_out": (now, ~known),
        "auc_left_out_before": (before, ~known),
    }
    row: dict[str, Any] = {"interaction": number, "fed_back": int(known.sum()), "intervals": {}}
    for name, (scores, kept) in views.items():
        row[name] = micro_auc([scores[kept]], [labels[kept]])
        counted = [np.flatnonzero(part) for part in np.split(kept, ends)]
        series, truth = (
            [part[places] for part, places in zip(np.split(values, ends), counted, strict=True)]
            for values in (scores, labels)
        )
        row["intervals"][name] = bootstrap_interval(micro_auc, series, truth)
    row["roc"] = [rates.round(5).tolist() for rates in roc_points([now], [labels], ROC_POINTS)]
    return row


def _widest(pairs: Sequence[tuple[float, float] | None]) -> tuple[float, float] | None:
    known = [pair for pair in pairs if pair is not None]
    return (min(low for low, _ in known), max(high for _, high in known)) if known else None


def mean_of(experts: list[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """The mean over several experts of each figure, interaction by interaction.

    Intervals go from the lowest end of all experts' to the highest. ROC curves stay each expert's.
    """
    shortest = min(len(rows) for rows in experts)
    return [
        {
            "interaction": number,
            **{
                name: float(np.mean([rows[number][name] for rows in experts]))
                for name in ("fed_back", *AUCS)
            },
            "intervals": {
                name: _widest([rows[number]["intervals"][name] for rows in experts])
                for name in AUCS
            },
        }
        for number in range(shortest)
    ]
