"""What the four papers print in their tables: facts, each with the protocol it was measured by.

`papers/*.json` hold the tables as they are printed: columns, rows, a value for each pair of
them, null where the paper has a dash. Here each value becomes one row that stands alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from awry.errors import ConfigError, nearest

PAPERS = ("daml", "mtla", "sdor", "ssmtl")
NOT_STATED = "not stated"
SHARE = "share"

Averaging = Literal["micro", "macro", "macro with sentinels", "regions", "none", "not stated"]


class _Fact(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class PublishedProtocol(_Fact):
    """How a published value was measured, as far as anybody says.

    Attributes:
        averaging: over clips; `regions` for RBDC and TBDC, `none` where no frames are ranked.
        normalisation: of each clip's scores.
        unscored_frames: what becomes of frames that the method cannot score.
        smoothing: of the scores over time.
        measured_on: which footage.
        basis: where that is said, and what is not said there.
    """

    averaging: Averaging = "not stated"
    normalisation: str = NOT_STATED
    unscored_frames: str = NOT_STATED
    smoothing: str = NOT_STATED
    measured_on: str = "test part"
    basis: str = Field(min_length=1)

    def in_words(self) -> str:
        """One line for a table, e.g. `micro, per-clip min-max, unscored frames left out ...`."""
        words = [f"averaging {self.averaging}" if self.averaging == NOT_STATED else self.averaging]
        if self.averaging not in ("regions", "none"):
            words.append(
                f"normalisation {self.normalisation}"
                if self.normalisation in (NOT_STATED, "none")
                else self.normalisation
            )
            words.append(f"unscored frames {self.unscored_frames}")
        if self.smoothing not in (NOT_STATED, "none"):
            words.append(self.smoothing)
        if self.measured_on != "test part":
            words.append(self.measured_on)
        return ", ".join(word for word in words if word != "none")


class PublishedRow(_Fact):
    """One published value.

    Attributes:
        paper: `daml`, `mtla`, `sdor` or `ssmtl`, which are our names of the four systems too.
        table: its name here, e.g. `daml-table5`.
        printed: where it stands, e.g. `Table 5`.
        source: `paper`, or whatever else it was taken from.
        method: as printed.
        details: what tells the table's rows and columns apart, e.g. `{"motion": "Conv3D"}`.
        others: True where it is not the paper's own system but one it is compared with.
        dataset: as the data sets' variants are called here, e.g. `ped2`.
        metric: `AUC` (frame level), `RBDC`, `TBDC`, ...
        value: in [0, 1] where `unit` is `share`.
        spread: the printed plus-or-minus, in the unit of `value`; None where there is none.
        spread_is: what the spread is, as the paper says.
        unit: `share`, or what the value counts.
        protocol: how it was measured.
        notes: what a reader must know to believe it, one sentence each.
    """

    paper: str
    table: str
    printed: str
    source: str
    method: str = Field(min_length=1)
    details: Mapping[str, str]
    others: bool
    dataset: str
    metric: str
    value: float = Field(ge=0)
    spread: float | None = Field(ge=0)
    spread_is: str
    unit: str
    protocol: PublishedProtocol
    notes: tuple[str, ...]

    @model_validator(mode="after")
    def _share(self) -> Self:
        if self.unit == SHARE and self.value > 1:
            raise ValueError(f"{self.value} is not in [0, 1]; figures are kept as shares")
        return self


class _Column(_Fact):
    dataset: str
    metric: str | None = None
    unit: str | None = None
    protocol: str | None = None
    details: Mapping[str, str] = Field(default_factory=dict)


class _Line(_Fact):
    method: str
    details: Mapping[str, str] = Field(default_factory=dict)
    others: bool = False
    protocol: str | None = None
    values: tuple[float | None, ...]
    spread: tuple[float | None, ...] | None = None


class _Remark(_Fact):
    where: Mapping[str, str]
    note: str

    def fits(self, row: Mapping[str, Any]) -> bool:
        known = {**row["details"], **{key: row[key] for key in ("method", "dataset", "metric")}}
        return all(known.get(key) == value for key, value in self.where.items())


class PublishedTable(_Fact):
    """A table as it is printed.

    Attributes:
        table: its name here, e.g. `daml-table5`.
        title: what it shows, in our words.
        printed: where it stands, e.g. `Table 5`.
        source: `paper`, or whatever else it was taken from.
        metric, unit, spread_is: of all its values, unless a column says otherwise.
        columns, rows: as printed; a row has one value for each column.
        remarks: notes on some of its values.
        notes: on all of it.
    """

    table: str
    title: str
    printed: str
    source: str = "paper"
    metric: str
    unit: str = SHARE
    spread_is: str = ""
    columns: tuple[_Column, ...]
    rows: tuple[_Line, ...]
    remarks: tuple[_Remark, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _rectangular(self) -> Self:
        for line in self.rows:
            for series in (line.values, line.spread or line.values):
                if len(series) != len(self.columns):
                    raise ValueError(
                        f"{line.method}: {len(series)} values for {len(self.columns)} columns"
                    )
        return self


class Paper(_Fact):
    """A paper and its tables.

    Attributes:
        paper: our name of its system.
        title, citation: of the paper.
        protocols: name -> protocol.
        protocol_of_dataset: which of them holds where neither row nor column names one.
        tables: the tables.
    """

    paper: str
    title: str
    citation: str
    protocols: Mapping[str, PublishedProtocol]
    protocol_of_dataset: Mapping[str, str]
    tables: tuple[PublishedTable, ...]

    def rows_of(self, table: PublishedTable) -> Iterator[PublishedRow]:
        """Each printed value of a table as a row that stands alone."""
        used = set()
        for line in table.rows:
            for place, column in enumerate(table.columns):
                if line.values[place] is None:
                    continue
                row = self._row(table, line, column)
                fitting = [remark for remark in table.remarks if remark.fits(row)]
                used |= {remark.note for remark in fitting}
                yield PublishedRow(
                    **row,
                    value=line.values[place],
                    spread=None if line.spread is None else line.spread[place],
                    notes=(*(remark.note for remark in fitting), *table.notes),
                )
        if idle := [remark.note for remark in table.remarks if remark.note not in used]:
            raise ValueError(f"{table.table}: no value fits the remark '{idle[0]}'")

    def _row(self, table: PublishedTable, line: _Line, column: _Column) -> dict[str, Any]:
        protocol = line.protocol or column.protocol or self.protocol_of_dataset[column.dataset]
        return {
            "paper": self.paper,
            "table": table.table,
            "printed": table.printed,
            "source": table.source,
            "method": line.method,
            "details": {**column.details, **line.details},
            "others": line.others,
            "dataset": column.dataset,
            "metric": column.metric or table.metric,
            "spread_is": table.spread_is,
            "unit": column.unit or table.unit,
            "protocol": self.protocols[protocol],
        }


@cache
def published_paper(paper: str) -> Paper:
    """A paper with its tables as they are printed.

    Raises:
        ConfigError: none of the four papers has that name; suggests the nearest.
    """
    if paper not in PAPERS:
        raise ConfigError(f"There is no paper '{paper}': {nearest(paper, PAPERS)}.")
    text = files("awry.studies").joinpath("papers", f"{paper}.json").read_text("utf-8")
    try:
        return Paper.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(f"papers/{paper}.json is not as expected: {error}") from error


def published_table(name: str) -> PublishedTable:
    """A table by its name, e.g. `daml-table5`.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    tables = {table.table: table for paper in PAPERS for table in published_paper(paper).tables}
    if name not in tables:
        raise ConfigError(f"There is no table '{name}': {nearest(name, tables)}.")
    return tables[name]


def paper_of(table: str) -> str:
    """Our name of the system whose paper holds a table.

    Raises:
        ConfigError: there is no such table; suggests the nearest.
    """
    found = published_table(table)
    return next(paper for paper in PAPERS if found in published_paper(paper).tables)


def published_rows(
    paper: str | None = None, table: str | None = None, dataset: str | None = None
) -> list[PublishedRow]:
    """The published values, in the papers' own order; all of them, unless narrowed down.

    Args:
        paper: `daml`, `mtla`, `sdor` or `ssmtl`.
        table: e.g. `daml-table5`.
        dataset: e.g. `ped2`.

    Raises:
        ConfigError: an unknown paper, table or data set; suggests the nearest.

    >>> [row.value for row in published_rows(table="daml-table2", dataset="ped2")][-1]
    0.951
    """
    if paper is not None:
        published_paper(paper)
    if table is not None:
        published_table(table)
    every = _all_rows()
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


@cache
def _all_rows() -> tuple[PublishedRow, ...]:
    papers = [published_paper(paper) for paper in PAPERS]
    return tuple(row for paper in papers for table in paper.tables for row in paper.rows_of(table))
