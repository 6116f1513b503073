"""What `awry evaluate RUN --merged` shows."""

from __future__ import annotations

from typing import Any

from awry.evaluation.evaluate import show_metrics
from awry.sifting.interactions import AUCS
from awry.studies.robustness_output import with_interval
from awry.terminal import Console, Table


def show_run_metrics(metrics: dict[str, Any]) -> None:
    """Print the figures, and what feedback brought where it was simulated."""
    show_metrics(metrics)
    if "interactions" not in metrics:
        return
    table = Table(
        *("", "fed back", "AUC, all frames", "AUC without them", "before"),
        title="simulated feedback; below each figure its 95 % interval over clips",
    )
    for row in metrics["interactions"]["mean"]:
        cells = [with_interval(row, row["intervals"], name) for name in AUCS]
        table.add_row(str(row["interaction"]), f"{row['fed_back']:.0f}", *cells)
    Console().print(table)
