"""Tables that several commands print."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Column

from awry.evaluation.report.event_words import missed_words
from awry.terminal import Console, Table

KINDS = {
    "variants": "{own}, {name}",
    "content_free": "content-free {name}",
    "references": "reference {name}",
    "levels": "level {name}",
    "parts": "part {name}",
}
FIGURES = {"macro_auc": "macro AUC", "macro_auc_sentinels": "with sentinels", "ap": "AP"}


def show_rows(metrics: Mapping[str, Any], own: str) -> None:
    """Print frame metrics as a table, one row each, in per cent; `own` names the primary row."""
    rows = [(own, metrics["frame"], metrics["intervals"]["frame"])]
    for kind, words in KINDS.items():
        for name, row in metrics[kind].items():
            label = words.format(own=own, name=name)
            rows.append((label, row, metrics["intervals"][kind][name]))
    heads = (
        Column("micro AUC", no_wrap=True),
        "95 % interval",
        "macro AUC (n)",
        "with sentinels",
        "AP",
    )
    table = Table("", *heads, title="frame level, per cent")
    for label, row, pair in rows:
        macro = f"{_per_cent(row['macro_auc'])} ({row['macro_n']})"
        sentinels = _per_cent(row["macro_auc_sentinels"])
        cells = (_per_cent(row["micro_auc"]), _between(pair), macro, sentinels)
        table.add_row(label, *cells, _per_cent(row["ap"]))
    printer = Console()
    printer.print(table)
    found = metrics["intervals"]["frame_figures"]
    others = [f"{FIGURES[name]} {_between(found[name])}" for name in FIGURES if found.get(name)]
    settings = metrics["settings"]
    said = [f"{own}, 95 % intervals: {', '.join(others)}."] if others else []
    said.append(f"Intervals: {settings['interval']}.")
    said.append(f"Smoothing: {settings['smoothing']}. Seen of the future: "
                f"{settings['future_seen']['none']}.")  # fmt: skip
    for sentence in said:
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _between(pair: Sequence[float] | None) -> str:
    return "-" if pair is None else f"{100 * pair[0]:.1f}-{100 * pair[1]:.1f}"


def show_levels(metrics: Mapping[str, Any]) -> None:
    """Print the region, pixel and event level as a table."""
    from awry.evaluation.report.levels import level_rows  # Matplotlib, for curves

    table = Table("", "value", "95 % interval", "counted from", title="where and when")
    for row in level_rows(metrics):
        table.add_row(row["label"], row["value"], row["interval"] or "-", row["remark"])
    printer = Console()
    if table.row_count:
        printer.print(table)
    if metrics["event"] and metrics["event"]["worst"]:
        printer.print(f"The alarms' worst figure: {metrics['event']['worst']}.", highlight=False)
    for level, why in metrics["why_not"].items():
        printer.print(f"No {level}-level figures: {why}", highlight=False, markup=False)


def _per_cent(value: float | None) -> str:
    return "-" if value is None else f"{100 * value:.2f}"


def show_figures(metrics: dict[str, Any]) -> None:
    """Print figures, counts and intervals, one a line."""
    table = Table("", "value", "95 % interval")
    for name, value in metrics.items():
        if isinstance(value, dict | list) or name == "report":
            continue
        pair = metrics["intervals"].get(name)
        between = "-" if pair is None else f"{pair[0]:.4f} to {pair[1]:.4f}"
        shown = "-" if value is None else f"{value:.4f}" if isinstance(value, float) else str(value)
        table.add_row(name, shown, between)
    Console().print(table)
    notes = [f"Intervals: {metrics['settings']['interval']}.", *metrics["settings"]["notes"]]
    if metrics.get("missed"):
        notes.insert(0, f"Events not found, {missed_words(metrics['missed'])}.")
    show_notes(notes)
    show_report(metrics.get("report"))


def show_notes(notes: Sequence[str]) -> None:
    """Print sentences, one a line."""
    for note in notes:
        Console().print(note, highlight=False, markup=False, soft_wrap=True)


def show_report(report: object) -> None:
    """Print where the page was written, if it was."""
    if report is not None:
        show_notes([f"report: {report}"])
