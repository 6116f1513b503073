"""A table of `awry reproduce` as curves; its fits and records are those of that command."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from awry.errors import ConfigError
from awry.evaluation.report.panels import Axis, Line, auc_limits, write_panels
from awry.methods.paper_figures import TablePlot
from awry.methods.published import PRIMARY, TableCell
from awry.studies.figures.job import Drawn, Job
from awry.studies.published import cells_of
from awry.studies.reproduce import CellResult, reproduce

_NUMBERED = re.compile(r"(.+)_(\d+)")


def table_plot(job: Job[TablePlot]) -> Drawn:
    """One curve for each part of the score; bands are standard deviations over the seeds.

    Values: what `awry reproduce` gives of the table.

    Other data than the table's own are taken for the first of these.

    Raises:
        ConfigError: bundles were given.
        AwryError: as `awry.reproduce`.
    """
    request, spec = job.request, job.spec
    if request.bundles:
        raise ConfigError(f"{spec.figure} is made of many fits: leave --bundle out.")
    known = {cell.dataset for cell in cells_of(spec.table)}
    taken_as = job.data.variant if job.data.variant in known else spec.datasets[0]
    result = reproduce(
        spec.table,
        dataset=taken_as,
        data=job.data,
        out=request.out,
        scale=job.scale,
        seeds=list(request.seeds),
        changes=request.changes,
        reporter=request.reporter,
    )
    lines = [_line(name, shown, result.measured) for name, shown in spec.lines.items()]
    ends = [value for line in lines for value in (*line.y, *line.low)]
    ticks = sorted({x for line in lines for x in line.x})
    axis = Axis(spec.x, "micro AUC", ticks, {}, auc_limits(ends), (0.5, "chance"))
    title = f"{job.method}, scale {job.scale}"
    png, _ = write_panels(job.file(""), title, {job.data.variant: lines}, axis)
    notes = [
        *(f"Failed: {sentence}" for sentence in result.failed),
        *dict.fromkeys(note for cell in result.measured for note in cell.notes),
    ]
    return Drawn((Path(png),), {"table": result.to_dict()}, tuple(notes))


def place_of(cell: TableCell) -> tuple[str, float]:
    """The part of a cell without its number, and where it stands on the axis."""
    if cell.rate is not None:
        return cell.part, cell.rate
    found = _NUMBERED.fullmatch(cell.part)
    return (found[1], float(found[2])) if found else (cell.part, 0.0)


def _line(part: str, shown: str, cells: Sequence[CellResult]) -> Line:
    points: list[tuple[float, Any]] = []
    for cell in cells:
        name, x = place_of(cell.cell)
        if name == part:
            points.append((x, cell.ours.get(PRIMARY)))
    points.sort(key=lambda point: point[0])
    means = [None if ours is None else ours.mean for _, ours in points]
    spreads = [None if ours is None else ours.deviation for _, ours in points]
    pairs = list(zip(means, spreads, strict=True))
    low = [None if mean is None or by is None else mean - by for mean, by in pairs]
    high = [None if mean is None or by is None else mean + by for mean, by in pairs]
    return Line(shown, [x for x, _ in points], means, low, high)
