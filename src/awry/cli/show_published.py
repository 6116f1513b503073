"""The published tables as a person reads them, alone or beside what was run here."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any

from rich.markup import escape

from awry.methods.published import PRIMARY, SHARE
from awry.studies.published import published_rows
from awry.terminal import Console, Table

INTERVALS = (
    "95 %: interval over clips of ours, primary (as the paper where there is no other), from the "
    "lowest end to the highest over the seeds; - without two clips."
)


def show_tables(tables: list[dict[str, Any]]) -> None:
    """Print the list of tables."""
    printer = Console()
    grid = Table("table", "shows", "values", "data sets", "runs here")
    for table in tables:
        runs = "no" if table["why_not"] else "yes"
        names = ", ".join(table["data_sets"])
        grid.add_row(table["table"], escape(table["title"]), str(table["values"]), names, runs)
    printer.print(grid)
    printer.print("awry reproduce TABLE lists a table; with --data and --out it runs it.")


def show_table(table: dict[str, Any]) -> None:
    """Print a table's published values, each with its protocol."""
    grid = Table("method", "data set", "metric", "published", "protocol", title=table["title"])
    numbers: dict[str, int] = {}
    for row in table["rows"]:
        words = [row["method"], *(f"{key} {value}" for key, value in row["details"].items())]
        protocol = numbers.setdefault(row["protocol"]["basis"], len(numbers) + 1)
        value = _figure(row["value"], row["spread"], row["unit"])
        grid.add_row(
            escape(", ".join(words)), row["dataset"], row["metric"], value, f"({protocol})"
        )
    Console().print(grid)
    in_words = {row.protocol.basis: row.protocol for row in published_rows(table=table["table"])}
    for basis, number in numbers.items():
        _say(f"({number}) {in_words[basis].in_words()}. Basis: {basis}.")
    _say_each(note for row in table["rows"] for note in row["notes"])
    if table["why_not"]:
        _say(f"Cannot be run: {table['why_not']}.")


def show_reproduction(summary: dict[str, Any]) -> None:
    """Print our figures beside the published ones."""
    dataset = summary["data"]["taken_as"]
    # The headings are broken by hand, so that the cells' names need not be.
    heads = ("cell", "published", "ours, as\nthe paper", "ours,\nprimary", "95 %", "seeds")
    title = f"{summary['table']} on {dataset} at scale {summary['scale']}, shares in per cent"
    grid = Table(*heads, title=title)
    run = [row for row in summary["cells"] if row["ours"]]
    for row in run:
        published, ours = row["published"], row["ours"]
        unit = row["unit"]
        printed = published and _figure(published["value"], published["spread"], unit)
        grid.add_row(
            row["cell"].replace(f"/{dataset}/", " "),
            printed or "-",
            *(_ours(ours.get(protocol), unit) for protocol in (row["convention"], PRIMARY)),
            _intervals(ours.get(PRIMARY) or ours.get(row["convention"]), unit),
            row["status"],
        )
    Console().print(grid)
    _say(INTERVALS)
    _say_each(
        f"published: {row['published']['protocol']}. Basis: {row['published']['basis']}."
        for row in run
        if row["published"]
    )
    spreads = {row["published"]["spread_is"] for row in run if row["published"]} - {""}
    _say_each(f"published plus or minus: {spread}." for spread in sorted(spreads))
    for protocol in dict.fromkeys(row["convention"] for row in run):
        _say(f"ours, as the paper: {_named(run, protocol)}, {summary['ours'][protocol]}.")
    if PRIMARY in summary["ours"]:
        words = f"{_named(run, PRIMARY)}, {summary['ours'][PRIMARY]}"
        _say(f"ours, primary: {words}, unscored frames count.")
    if len(summary["seeds"]) > 1:
        seeds = ", ".join(map(str, summary["seeds"]))
        _say(f"ours plus or minus: standard deviation over the seeds {seeds}.")
    _say_each(
        f"{row['cell']}: {n}" for row in run for n in (row["published"] or {"notes": ()})["notes"]
    )
    _say_each(f"{row['cell']}, ours: {note}" for row in run for note in row["notes"])
    if summary["changes"]:
        _say(f"every fit with {json.dumps(summary['changes'])}.")
    others = Counter(row["dataset"] for row in summary["cells"] if not row["ours"])
    for other, count in others.items():
        _say(f"not run: other data: {count} cells of {other}.")


def _named(run: Iterable[dict[str, Any]], protocol: str) -> str:
    """The figures that were taken of the cells by one protocol."""
    found = {row["figures"][protocol] for row in run if protocol in row["figures"]}
    return " and ".join(sorted(found))


def _figure(value: float, spread: float | None, unit: str) -> str:
    words = _per_cent if unit == SHARE else "{:g}".format
    return words(value) if spread is None else f"{words(value)}±{words(spread)}"


def _per_cent(value: float) -> str:
    """With one decimal, or two where the paper has two."""
    words = f"{100 * value:.2f}"
    return words[:-1] if words.endswith("0") else words


def _ours(row: dict[str, Any] | None, unit: str) -> str:
    if row is None or row["mean"] is None:
        return "-"
    words = "{:.2f}".format if unit == SHARE else "{:.4f}".format
    factor = 100 if unit == SHARE else 1
    mean = words(factor * row["mean"])
    return mean if row["deviation"] is None else f"{mean}±{words(factor * row['deviation'])}"


def _intervals(row: dict[str, Any] | None, unit: str) -> str:
    """From the lowest end to the highest of all seeds' intervals."""
    pairs = [pair for pair in (row or {}).get("intervals", {}).values() if pair]
    if not pairs:
        return "-"
    factor = 100 if unit == SHARE else 1
    low, high = min(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
    return f"{factor * low:.1f} to {factor * high:.1f}"


def _say_each(sentences: Iterable[str]) -> None:
    for sentence in dict.fromkeys(sentences):
        _say(sentence)


def _say(sentence: str) -> None:
    Console().print(sentence, highlight=False, markup=False, soft_wrap=True)
