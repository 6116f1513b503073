"""ROC curves of a sifted archive before and after each interaction with an expert."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from awry.evaluation.report.figures import unit_square
from awry.evaluation.report.panels import COLOURS, DASHES, STYLE, save_figure
from awry.methods.paper_figures import Interactions
from awry.sifting.evaluation import INTERACTIONS, evaluate_run
from awry.sifting.run import SiftedRun
from awry.studies.figures.job import Drawn, Job
from awry.studies.measurements import Measurements, data_key, labelled

FALSE_SHARES = tuple(number / 100 for number in range(101))
"""Shares of normal frames above, at which the experts' curves are averaged."""


def interactions(job: Job[Interactions]) -> Drawn:
    """One curve for each interaction, 0 being the ranking before any.

    Values: for each interaction the figures of `awry.sifting.interactions`, and in `curve` the
    experts' mean share of abnormal frames above, at `false_shares` of the normal ones.

    Raises:
        DatasetError: a clip has no labels.
        AwryError: the archive cannot be sifted.
    """
    run = job.run()
    rows = _measured(job, run)
    file = job.file(".png")
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(5.4, 5.2), layout="constrained")
        axes = figure.subplots()
        for row in rows:
            number = int(row["interaction"])
            name = "before" if number == 0 else f"after interaction {number}"
            look: Any = {
                "color": COLOURS[number % len(COLOURS)],
                "linestyle": DASHES[number % len(DASHES)],
            }
            label = f"{name}, AUC {100 * row['auc']:.1f} %"
            axes.plot(FALSE_SHARES, row["curve"], linewidth=1.6, label=label, **look)
        unit_square(axes, "share of normal frames above", "share of abnormal frames above")
        axes.legend(frameon=False, fontsize=9, loc="lower right")
        axes.set_title(f"{job.method} on {job.data.variant}", fontsize=11)
        save_figure(figure, file)
    values = {"false_shares": list(FALSE_SHARES), "interactions": rows}
    return Drawn((file,), values, (f"{INTERACTIONS}.",))


def _measured(job: Job[Interactions], run: SiftedRun) -> list[dict[str, Any]]:
    """The mean over the experts, interaction by interaction; kept, so that it is made once."""
    settings = {
        "run": run.facts["config"],
        "seed": run.facts["seed"],
        "scores": hashlib.sha256(run.scores.tobytes()).hexdigest(),
        "labels": data_key(labelled(job.data)),
        "count": job.spec.count,
    }
    kept = Measurements(job.folder, settings)

    def measure() -> dict[str, Any]:
        result = evaluate_run(
            run, job.data, interactions=job.spec.count, reporter=job.request.reporter
        )
        found = result.metrics["interactions"]
        return {
            "mean": [
                {**row, "curve": mean_curve([rows[number]["roc"] for rows in found["experts"]])}
                for number, row in enumerate(found["mean"])
            ]
        }

    rows: list[dict[str, Any]] = kept.get("interactions", measure)["mean"]
    return rows


def mean_curve(curves: Sequence[Sequence[Sequence[float]]]) -> list[float]:
    """The mean of several ROC curves, at each of `FALSE_SHARES`.

    Args:
        curves: of each expert the shares of normal and of abnormal frames above.

    >>> mean_curve([([0.0, 0.0, 1.0], [0.0, 0.5, 1.0]), ([0.0, 0.0, 1.0], [0.0, 1.0, 1.0])])[0]
    0.75
    """
    series = []
    for curve in curves:
        false, true = (np.asarray(shares, np.float64) for shares in curve)
        # Where a curve rises straight up, its upper end counts.
        ends = np.flatnonzero(np.append(np.diff(false) > 0, True))
        series.append(np.interp(FALSE_SHARES, false[ends], true[ends]))
    return [round(float(value), 5) for value in np.mean(series, axis=0)]
