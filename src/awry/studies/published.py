"""The published tables of the methods' papers: facts, each with the protocol it was measured by."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.errors import ConfigError, nearest
from awry.methods.published import Publication, PublishedRow, PublishedTable, TableCell
from awry.methods.registry import method_class, method_names
from awry.results import FigureCard, Result
from awry.weight_list import ListedWeights, missing_weights

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def publications() -> dict[str, Publication]:
    """Paper's name -> what it prints, for each method that has one. Loads every method."""
    papers = {}
    for name in method_names():
        try:
            publication = method_class(name).publication()
        except ConfigError:  # somebody else's package is broken; `awry methods` names it
            continue
        if publication is not None:
            papers[name] = publication
    return papers


def publication_of(table: str) -> Publication:
    """The paper that holds a table.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    papers = {
        printed.table: publication
        for publication in publications().values()
        for printed in publication.paper.tables
    }
    if table not in papers:
        raise ConfigError(f"There is no table '{table}': {nearest(table, papers)}.")
    return papers[table]


def why_not(table: str) -> str | None:
    """Why a table cannot be run; None where it can.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    if table not in publication_of(table).runnable:
        return "its values can be listed, but nothing is run for them"
    return None


def cells_of(table: str) -> list[TableCell]:
    """The cells of a table that can be run, in the paper's order.

    Raises:
        ConfigError: there is no such table, or none of its cells can be run.
    """
    if reason := why_not(table):
        raise ConfigError(f"{table} cannot be run: {reason}.")
    return publication_of(table).cells(table)


def published_rows(
    paper: str | None = None, table: str | None = None, dataset: str | None = None
) -> list[PublishedRow]:
    """The published values, in the papers' own order; all of them, unless narrowed down.

    Args:
        paper: name of the paper's method, e.g. `daml`.
        table: e.g. `daml-table5`.
        dataset: e.g. `ped2`.

    Raises:
        ConfigError: an unknown paper, table or data set; suggests the nearest.

    >>> [row.value for row in published_rows(table="daml-table2", dataset="ped2")][-1]
    0.951
    """
    papers = publications()
    if paper is not None and paper not in papers:
        raise ConfigError(f"There is no paper '{paper}': {nearest(paper, papers)}.")
    if table is not None:
        publication_of(table)
    every = [
        row
        for publication in papers.values()
        for printed in publication.paper.tables
        for row in publication.paper.rows_of(printed)
    ]
    known = {row.dataset for row in every}
    if dataset is not None and dataset not in known:
        raise ConfigError(f"No table speaks of '{dataset}': {nearest(dataset, known)}.")
    return [
        row
        for row in every
        if paper in (None, row.paper)
        and table in (None, row.table)
        and dataset in (None, row.dataset)
    ]


@dataclass(frozen=True, slots=True)
class TableSummary:
    """What a published table is about.

    Attributes:
        table: its name here, e.g. `daml-table5`.
        title: what it shows.
        printed: where it stands, e.g. `Table 5`.
        paper: the citation.
        values: how many are printed.
        data_sets: of its columns.
        why_not: why it cannot be run; None where it can.
        missing: ready-made networks that its cells want at the scale, and that are not here.
    """

    table: str
    title: str
    printed: str
    paper: str
    values: int
    data_sets: tuple[str, ...]
    why_not: str | None
    missing: tuple[ListedWeights, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "table": self.table,
            "title": self.title,
            "printed": self.printed,
            "paper": self.paper,
            "values": self.values,
            "data_sets": list(self.data_sets),
            "why_not": self.why_not,
            "missing": [one.facts.what for one in self.missing],
        }


@checked
def published_tables(scale: str = "cpu") -> list[TableSummary]:
    """The tables of all papers whose methods are here, in alphabetical order of the methods.

    Args:
        scale: preset at which it is asked which ready-made networks are missing.

    Raises:
        ConfigError: no paper's method has that preset.

    >>> [table.table for table in published_tables()][:2]
    ['daml-table2', 'daml-table3']
    """
    papers = publications()
    presets = {str(preset) for name in papers for preset in method_class(name).presets}
    if scale not in presets:
        raise ConfigError(f"No paper's method has a preset '{scale}': {nearest(scale, presets)}.")
    return [
        TableSummary(
            printed.table,
            printed.title,
            printed.printed,
            publication.paper.citation,
            sum(1 for _ in publication.paper.rows_of(printed)),
            tuple(dict.fromkeys(column.dataset for column in printed.columns)),
            why_not(printed.table),
            _missing(printed.table, publication, scale),
        )
        for publication in papers.values()
        for printed in publication.paper.tables
    ]


@dataclass(frozen=True, slots=True)
class PublishedTableResult(Result):
    """A published table with its values.

    Attributes:
        printed: the table as it is printed.
        values: each value with its protocol and notes.
        why_not: why it cannot be run; None where it can.
    """

    printed: PublishedTable
    values: tuple[PublishedRow, ...]
    why_not: str | None

    def to_dict(self) -> dict[str, Any]:
        """Name, title and every value."""
        return {
            "table": self.printed.table,
            "title": self.printed.title,
            "why_not": self.why_not,
            "rows": [row.model_dump(mode="json") for row in self.values],
        }

    def rows(self) -> list[Mapping[str, Any]]:
        """One row for each value."""
        return [
            {
                "method": row.method,
                "details": ", ".join(f"{key} {value}" for key, value in row.details.items()),
                "dataset": row.dataset,
                "metric": row.metric,
                "value": row.value,
                "spread": row.spread,
                "unit": row.unit,
                "protocol": row.protocol.in_words(),
            }
            for row in self.values
        ]

    def draw(self, ax: Axes) -> None:
        """A bar for each value of the table's own metric."""
        rows = [row for row in self.values if row.metric == self.printed.metric]
        names = [", ".join((row.method, *row.details.values(), row.dataset)) for row in rows]
        ax.barh(range(len(rows)), [row.value for row in rows])
        ax.set_yticks(range(len(rows)), names)
        ax.invert_yaxis()
        ax.set_xlabel(self.printed.metric)
        ax.set_title(self.printed.title)

    def cards(self) -> list[FigureCard]:
        """How many values, and whether they can be run."""
        runs = "can be run" if self.why_not is None else f"cannot be run: {self.why_not}"
        return [FigureCard(self.printed.table, f"{len(self.values)} values", runs)]


def _missing(table: str, publication: Publication, scale: str) -> tuple[ListedWeights, ...]:
    """The networks that a table's cells want at a scale and that are not here."""
    if table not in publication.runnable:
        return ()
    fits = []
    for cell in publication.cells(table):
        kind = method_class(cell.method)
        if scale in kind.presets:  # elsewhere the run itself says that there is none
            fits.append((kind, kind.configure(scale, cell.changes, cell.dataset)))
    return missing_weights(fits)


@checked
def published_table(table: str) -> PublishedTableResult:
    """A table's published values.

    Args:
        table: its name, e.g. `daml-table5`; see `published_tables`.

    Raises:
        ConfigError: there is no such table; suggests the nearest.

    >>> published_table("daml-table2").values[0].value
    0.818
    """
    publication = publication_of(table)
    printed = publication.paper.table(table)
    return PublishedTableResult(printed, tuple(publication.paper.rows_of(printed)), why_not(table))
