"""A comparison on disk: plots with intervals, and the table as HTML, CSV and JSON."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure

from awry.evaluation.report.figures import BLUE, INK, VERMILLION, draw_points
from awry.evaluation.report.panels import STYLE
from awry.evaluation.report.render import render
from awry.storage import whole_file, write_json, write_text
from awry.version import __version__

# What is written, and what kind of file each is; see `awry.output.own`.
FILES = {
    "comparison.json": "json",
    "comparison.csv": "comparison",
    "comparison.html": "page",
    "comparison.png": "picture",
}
COLUMNS = (
    *("figure", "run", "file", "value", "low", "high"),
    *("difference", "difference_low", "difference_high", "excludes_zero"),
)
GREY = "#9a9aa2"
MOST_ROWS = 40  # a taller picture is not looked at


def write_comparison(out: Path, table: Mapping[str, Any]) -> list[str]:
    """Write a comparison's table and plots.

    Args:
        out: the folder for `comparison.json`, `.csv`, `.html` and `.png`.
        table: what `compare_runs` gave.

    Returns:
        The files' paths.

    Raises:
        WriteError: they cannot be written.
    """
    paths = [out / name for name in FILES]
    picture = _picture(table)
    write_json(paths[0], dict(table))
    write_text(paths[1], _csv(table))
    context = {
        "title": "Runs side by side",
        "version": __version__,
        "runs": table["runs"],
        "rows": table_rows(table),
        "comparisons": table["comparisons"],
        "settings": table["settings"],
        "picture": "data:image/png;base64," + base64.b64encode(picture).decode("ascii"),
    }
    write_text(paths[2], render("comparison.html.j2", context))
    with whole_file(paths[3]) as temporary:
        temporary.write_bytes(picture)
    return [str(path) for path in paths]


def table_rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each figure: `figure`, `base` and `others`, one a further run, None where missing.

    Each of them has `value` and `interval`, those of further runs also `difference`,
    `difference_interval` and `excludes_zero`.
    """
    base, *others = table["runs"]
    places = dict.fromkeys(place for run in table["runs"] for place in run["figures"])
    rows = []
    for place in places:
        cells = []
        for run, compared in zip(others, table["comparisons"], strict=True):
            own, row = run["figures"].get(place), compared["figures"].get(place, {})
            cells.append(
                own
                and {
                    **own,
                    "difference": row.get("difference"),
                    "difference_interval": row.get("interval"),
                    "excludes_zero": row.get("excludes_zero"),
                }
            )
        rows.append({"figure": place, "base": base["figures"].get(place), "others": cells})
    return rows


def flat_rows(table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """A row for each figure of each run, with the columns of `comparison.csv`; None: unknown."""
    rows = []
    for row in table_rows(table):
        for run, cell in zip(table["runs"], [row["base"], *row["others"]], strict=True):
            if cell is None:
                continue
            low, high = cell["interval"] or (None, None)
            below, above = cell.get("difference_interval") or (None, None)
            values = (
                *(row["figure"], run["name"], run["file"], cell["value"], low, high),
                *(cell.get("difference"), below, above, cell.get("excludes_zero")),
            )
            rows.append(dict(zip(COLUMNS, values, strict=True)))
    return rows


def _csv(table: Mapping[str, Any]) -> str:
    """A line for each figure of each run."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in flat_rows(table):
        verdict = row["excludes_zero"]
        writer.writerow({**row, "excludes_zero": None if verdict is None else int(verdict)})
    return text.getvalue()


def _picture(table: Mapping[str, Any]) -> bytes:
    """PNG: a row for each figure, on the left its values, on the right its differences."""
    rows = table_rows(table)[:MOST_ROWS]
    names = [run["name"] for run in table["runs"]]
    with mpl.rc_context(STYLE):
        height = max(len(rows), 1) * (0.55 + 0.22 * len(names)) + 0.8
        figure = Figure(figsize=(9.5, height), layout="constrained")
        grid = figure.subplots(max(len(rows), 1), 2, squeeze=False)
        for (left, right), row in zip(grid, rows, strict=False):
            cells = [row["base"], *row["others"]]
            draw_points(left, names, [(c and c["value"], c and c["interval"]) for c in cells], INK)
            left.set_title(row["figure"], fontsize=9, color=INK, loc="left")
            changes = [(c and c["difference"], c and c["difference_interval"])
                       for c in row["others"]]  # fmt: skip
            colours = [
                GREY
                if not (c and c["excludes_zero"])
                else BLUE
                if c["difference"] > 0
                else VERMILLION
                for c in row["others"]
            ]
            draw_points(right, names[1:], changes, colours)
            right.axvline(0, color=GREY, linewidth=1, linestyle=":")
            right.set_title(f"less {names[0]}", fontsize=9, color=INK, loc="left")
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110, metadata={"Software": "awry"})
    return buffer.getvalue()
