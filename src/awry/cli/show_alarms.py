"""`awry alarms`: another threshold for scores that are at hand, and what it changes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rich.markup import escape

from awry.errors import ConfigError
from awry.evaluation.tuning import TuningOptions, tune_alarms
from awry.output.places import Place, check_places
from awry.output.tables import EVENT_COLUMNS, check_table, growing_path, write_table
from awry.terminal import Console, Table

__all__ = ["TuningOptions", "run_alarms", "show_alarms"]

LISTED = 20


def run_alarms(
    options: TuningOptions, out: Path | None = None, *, overwrite: bool = False
) -> dict[str, Any]:
    """What `tune_alarms` finds, in plain values, and `out`, where the alarms were written.

    They have the columns of `awry score --events`; parts and regions are not known.

    Raises:
        ConfigError, InputError, BundleError: see `tune_alarms`; or there is nothing to write.
        WriteError: the alarms cannot be written.
    """
    check_table(out)
    if out is not None:
        read = (options.scores, options.bundle, options.normal_scores, options.before)
        inputs = [path for path in read if path is not None]
        place = Place("--out", out, "events", growing_path(out))
        check_places([place], inputs, overwrite=overwrite)
    found = tune_alarms(options)
    if out is not None:
        if found.after is None:
            raise ConfigError("There are no alarms to write: give --threshold or --budget.")
        about = {"threshold": found.after.threshold, "calibration": found.how}
        rows = [dict.fromkeys(EVENT_COLUMNS) | found.row(a) | about for a in found.after.alarms]
        write_table(out, rows, EVENT_COLUMNS)
    return found.to_json() | {"out": None if out is None else str(out)}


def show_alarms(found: dict[str, Any]) -> None:
    """Print what each threshold gives, and which alarms appear and vanish."""
    printer = Console()
    head = ["", "threshold", "alarms", "an hour", "time in alarm", "share"]
    table = Table(*head, title="what a threshold gives")
    for name in ("before", "after"):
        if found[name] is not None:
            table.add_row(name, *_cells(found[name]))
    table.add_section()
    for step in found["steps"]:
        table.add_row(step["budget"] or "", *_cells(step))
    printer.print(table)
    for name, style in (("appeared", "bold"), ("vanished", "dim")):
        _show_list(printer, name, found[name], style)
    for sentence in ([found["how"]] if found["after"] else []) + found["notes"]:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
    if found["out"]:
        count = len(found["alarms"])
        printer.print(f"{count} alarms: {found['out']}", highlight=False, markup=False)


def _show_list(printer: Console, name: str, alarms: list[dict[str, Any]], style: str) -> None:
    if not alarms:
        return
    clocks = ["clock"] if any("clock" in row for row in alarms) else []
    head = ["source", *clocks, "frames", "seconds", "peak", "score"]
    table = Table(*head, title=name, style=style)
    for row in alarms[:LISTED]:
        known = row["start_s"] is not None
        seconds = f"{row['start_s']:.1f}-{row['end_s']:.1f}" if known else "-"
        cells = (f"{row['first']}-{row['last']}", seconds, str(row["peak"]), f"{row['score']:.4g}")
        table.add_row(escape(row["source"]), *(row.get(key) or "-" for key in clocks), *cells)
    printer.print(table)
    if len(alarms) > LISTED:
        printer.print(f"and {len(alarms) - LISTED} more {name}: see --json", highlight=False)


def _cells(row: dict[str, Any]) -> list[str]:
    hourly, seconds = row["alarms_per_hour"], row["seconds_in_alarm"]
    return [
        "from a file" if row["threshold"] is None else f"{row['threshold']:.4g}",
        str(row["alarms"]),
        "-" if hourly is None else f"{hourly:.3g}",
        f"{row['frames_in_alarm']} frames" if seconds is None else f"{seconds:.1f} s",
        f"{row['share_in_alarm']:.1%}",
    ]
