"""`awry reproduce`: published tables, listed, shown, or run here beside what the paper prints."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from awry.cli.options import (
    Changes,
    Classifiers,
    Depths,
    Detectors,
    DeviceName,
    Fps,
    Json,
    Layout,
    On,
    Overwrite,
    Precision,
    parse_changes,
    refusals,
    report_failures,
    reporting,
    show_result,
)
from awry.cli.printed import print_sentences

if TYPE_CHECKING:
    from awry.studies.published import PublishedTableResult, TableSummary
    from awry.studies.reproduce import CellResult, ReproductionResult, SeedFigures

INTERVALS = (
    "95 %: interval over clips of ours, primary (as the paper where there is no other), from the "
    "lowest end to the highest over the seeds; - without two clips."
)


def reproduce(
    table: Annotated[str | None, typer.Argument(help="E.g. daml-table5; none: list all.")] = None,
    data: Annotated[Path | None, typer.Option("--data", help="Folder of one data set.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for fits and figures.")] = None,
    scale: Annotated[str, typer.Option(help="The method's preset: cpu, tiny, paper.")] = "cpu",
    seeds: Annotated[str, typer.Option(help="One fit each.")] = "0,1,2",
    cells: Annotated[str, typer.Option(help="Pattern of cells' names, with * and ?.")] = "*",
    changes: Changes = None,
    detector: Detectors = None,
    classifier: Classifiers = None,
    depth: Depths = None,
    dataset: Annotated[
        str | None, typer.Option(help="Which of the table's data sets the data are.")
    ] = None,
    jobs: Annotated[int, typer.Option(min=1, help="Fits at a time.")] = 1,
    on: On = None,
    overwrite: Overwrite = False,
    layout: Layout = None,
    fps: Fps = None,
    device: DeviceName = None,
    precision: Precision = None,
    as_json: Json = False,
) -> None:
    """Run a published table's cells and show our figures beside the paper's, or list tables.

    Finished fits are not run again, an interrupted one goes on: give the same command again.
    """
    with refusals():
        import awry

        if table is None:
            tables = awry.published_tables(scale)
            plain = [each.to_dict() for each in tables]
            show_result(plain, as_json, lambda _: show_tables(tables, scale))
            return
        if data is None and out is None:
            show_result(awry.published_table(table), as_json, show_table)
            return
        with reporting() as reporter:
            result = awry.reproduce(
                table,
                data=data,
                out=out,
                scale=scale,
                seeds=seeds,
                cells=cells,
                changes=parse_changes(changes or []),
                detector=detector,
                classifier=classifier,
                depth=depth,
                dataset=dataset,
                jobs=jobs,
                on=on,
                overwrite=overwrite,
                format=layout,
                fps=fps,
                device=device,
                precision=precision,
                reporter=reporter,
            )
        show_result(result, as_json, show_reproduction)
    report_failures(result.failed)


def show_tables(tables: Sequence[TableSummary], scale: str) -> None:
    """Print the list of tables, and which ready-made networks they lack at a scale."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    printer = Console()
    grid = Table("table", "shows", "values", "data sets", "runs here")
    for table in tables:
        runs = "no" if table.why_not else "yes"
        names = ", ".join(table.data_sets)
        grid.add_row(table.table, escape(table.title), str(table.values), names, runs)
    printer.print(grid)
    wanting: dict[str, list[str]] = {}
    for table in tables:
        for one in table.missing:
            wanting.setdefault(one.in_words(), []).append(table.table)
    for said, wanted_for in wanting.items():
        sentence = f"Not here, for {', '.join(wanted_for)} at scale {scale}: {said}"
        printer.print(sentence, highlight=False, markup=False, soft_wrap=True)
    printer.print("awry reproduce TABLE lists a table; with --data and --out it runs it.")


def show_table(table: PublishedTableResult) -> None:
    """Print a table's published values, each with its protocol."""
    from rich.markup import escape

    from awry.terminal import Console, Table

    heads = ("method", "data set", "metric", "published", "protocol")
    grid = Table(*heads, title=table.printed.title)
    protocols = {row.protocol.basis: row.protocol for row in table.values}
    numbers = {basis: number for number, basis in enumerate(protocols, 1)}
    for row in table.values:
        details = (f"{key} {value}" for key, value in row.details.items())
        grid.add_row(
            escape(", ".join([row.method, *details])),
            row.dataset,
            row.metric,
            _printed(row.value, row.spread, row.unit),
            f"({numbers[row.protocol.basis]})",
        )
    Console().print(grid)
    print_sentences(
        f"({number}) {protocols[basis].in_words()}. Basis: {basis}."
        for basis, number in numbers.items()
    )
    print_sentences(note for row in table.values for note in row.notes)
    if table.why_not:
        print_sentences([f"Cannot be run: {table.why_not}."])


def show_reproduction(result: ReproductionResult) -> None:
    """Print our figures beside the published ones."""
    from awry.methods.published import PRIMARY
    from awry.terminal import Console, Table

    dataset = result.data["taken_as"]
    # The headings are broken by hand, so that the cells' names need not be.
    heads = ("cell", "published", "ours, as\nthe paper", "ours,\nprimary", "95 %", "seeds")
    title = f"{result.table} on {dataset} at scale {result.scale}, shares in per cent"
    grid = Table(*heads, title=title)
    for cell in result.measured:
        row, unit = cell.cell.row, _unit(cell)
        primary = cell.ours.get(PRIMARY)
        grid.add_row(
            cell.cell.name.replace(f"/{dataset}/", " "),
            "-" if row is None else _printed(row.value, row.spread, unit),
            _ours(cell.like_the_paper, unit),
            _ours(primary, unit),
            _intervals(primary or cell.like_the_paper, unit),
            cell.status,
        )
    Console().print(grid)
    print_sentences([INTERVALS, *_about_published(result), *_about_ours(result), *_notes(result)])


def _about_published(result: ReproductionResult) -> list[str]:
    """By which protocols the paper's figures were measured, and what their spreads are."""
    rows = [cell.cell.row for cell in result.measured if cell.cell.row is not None]
    spreads = {row.spread_is for row in rows} - {""}
    return [
        *(f"published: {row.protocol.in_words()}. Basis: {row.protocol.basis}." for row in rows),
        *(f"published plus or minus: {spread}." for spread in sorted(spreads)),
    ]


def _about_ours(result: ReproductionResult) -> list[str]:
    """By which protocols our figures were measured."""
    from awry.methods.published import PRIMARY
    from awry.studies.reproduce import PROTOCOLS

    sentences = [
        f"ours, as the paper: {_figures(result, protocol)}, {PROTOCOLS[protocol]}."
        for protocol in dict.fromkeys(cell.cell.convention for cell in result.measured)
    ]
    if any(PRIMARY in cell.cell.figures for cell in result.measured):
        measured = f"{_figures(result, PRIMARY)}, {PROTOCOLS[PRIMARY]}"
        sentences.append(f"ours, primary: {measured}, unscored frames count.")
    if len(result.seeds) > 1:
        seeds = ", ".join(map(str, result.seeds))
        sentences.append(f"ours plus or minus: standard deviation over the seeds {seeds}.")
    return sentences


def _notes(result: ReproductionResult) -> list[str]:
    """What must be known of single cells, of all fits, and what was not run."""
    rows = {cell.cell.name: cell.cell.row for cell in result.measured}
    printed = {name: row.notes for name, row in rows.items() if row is not None}
    ours = {cell.cell.name: cell.notes for cell in result.measured}
    sentences = [*_each_once(printed), *_each_once(ours, ", ours")]
    if result.changes:
        sentences.append(f"every fit with {json.dumps(dict(result.changes))}.")
    others = Counter(cell.cell.dataset for cell in result.cells if not cell.ours)
    return sentences + [
        f"not run: other data: {count} cells of {other}." for other, count in others.items()
    ]


def _each_once(notes: Mapping[str, Sequence[str]], of: str = "") -> list[str]:
    """Each note once, after the names of the cells that it is about.

    >>> _each_once({"a": ["Short.", "Dark."], "b": ["Short."]})
    ['all cells: Short.', 'a: Dark.']
    """
    cells: dict[str, list[str]] = {}
    for name, said in notes.items():
        for note in dict.fromkeys(said):
            cells.setdefault(note, []).append(name)
    several = len(notes) > 1
    return [
        f"{'all cells' if several and len(names) == len(notes) else ', '.join(names)}{of}: {note}"
        for note, names in cells.items()
    ]


def _figures(result: ReproductionResult, protocol: str) -> str:
    """The figures that were taken of the cells by one protocol."""
    cells = [cell.cell for cell in result.measured if protocol in cell.cell.figures]
    return " and ".join(sorted({cell.figures[protocol] for cell in cells}))


def _unit(cell: CellResult) -> str:
    return cell.cell.unit if cell.cell.row is None else cell.cell.row.unit


def _is_share(unit: str) -> bool:
    from awry.methods.published import SHARE

    return unit == SHARE


def _printed(value: float, spread: float | None, unit: str) -> str:
    """A published figure; shares in per cent with one decimal, or two where the paper has two."""

    def text(value: float) -> str:
        return f"{100 * value:.2f}".removesuffix("0") if _is_share(unit) else f"{value:g}"

    return text(value) if spread is None else f"{text(value)}±{text(spread)}"


def _ours(figures: SeedFigures | None, unit: str) -> str:
    if figures is None or figures.mean is None:
        return "-"
    factor, digits = (100, 2) if _is_share(unit) else (1, 4)
    mean, deviation = f"{factor * figures.mean:.{digits}f}", figures.deviation
    return mean if deviation is None else f"{mean}±{factor * deviation:.{digits}f}"


def _intervals(figures: SeedFigures | None, unit: str) -> str:
    """From the lowest end to the highest of all seeds' intervals."""
    pairs = [pair for pair in (figures.intervals.values() if figures else ()) if pair]
    if not pairs:
        return "-"
    factor = 100 if _is_share(unit) else 1
    low, high = min(pair[0] for pair in pairs), max(pair[1] for pair in pairs)
    return f"{factor * low:.1f} to {factor * high:.1f}"
