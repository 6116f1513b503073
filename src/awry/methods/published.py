"""The contract's part for papers: printed tables, each value with its protocol, and what is run.

A method's folder holds its paper's tables as they are printed (`paper.json`: columns, rows, a value
for each pair of them, null where the paper has a dash) and says which of their cells can be run
(`published.py`). Here each printed value becomes one row that stands alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from awry.errors import ConfigError
from awry.methods.paper_figures import PaperFigures, load_figures

if TYPE_CHECKING:
    from awry.training.loop import FitContext

NOT_STATED = "not stated"
SHARE = "share"

PRIMARY, CONVENTION, SMOOTHED = "none", "clip_unscored_dropped", "offline"
DROPPED, AHEAD = "unscored_dropped", "window_ahead_unscored_dropped"
"""Protocols that figures are taken by; see `awry.evaluation.declaration.VARIANTS`."""
FILTERED = "savgol"
"""Likewise, of papers that smooth so; see `awry.evaluation.declaration.PUBLISHED_VARIANTS`."""
VALIDATION = "validation"
"""For figures of proxy tasks on held-back training footage."""
REGIONS = "regions"
"""For RBDC and TBDC of the method's regions."""
SPEED = "speed"
"""For frames a second of a fitted detector."""

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
        paper: our name of the paper's system, as in the registry.
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
        figures: the figures, from a file of their own; see `awry.methods.paper_figures`.
    """

    paper: str
    title: str
    citation: str
    protocols: Mapping[str, PublishedProtocol]
    protocol_of_dataset: Mapping[str, str]
    tables: tuple[PublishedTable, ...]
    figures: PaperFigures = PaperFigures()

    def table(self, name: str) -> PublishedTable:
        """A table by its name."""
        return next(table for table in self.tables if table.table == name)

    def own_rows(self, name: str) -> list[PublishedRow]:
        """The values of a table that are of the paper's own system."""
        return [row for row in self.rows_of(self.table(name)) if not row.others]

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


@dataclass(frozen=True, slots=True)
class TableCell:
    """One value of a published table of a method that is here, and what has to be run for it.

    Attributes:
        name: `FIT/DATASET/PART`, e.g. `convlstm/ped2/latent`.
        row: the published value; None where none is printed for it, or the text has lost it.
        dataset: as the data sets' variants are called here.
        method: a method's name.
        changes: settings that differ from a preset's.
        part: which part of the method's score is measured, or of its validation which figure.
        convention: the protocol that is closest to the paper's own: `PRIMARY`, `CONVENTION`,
            `SMOOTHED`, `FILTERED`, `DROPPED`, `AHEAD`, `VALIDATION`, `REGIONS` or `SPEED`.
        figures: protocol -> key of `awry.evaluation.metrics.frame.frame_metrics`, the validation
            figure's or the speed's name, or `rbdc` or `tbdc`, which the whole system has and no
            part.
        unit: of our figure where none is printed: `share`, or what it counts.
        rate: share of abnormal frames that the footage is thinned to; None: as it is.
        scene: the one scene of the data set that is meant; None: all of it.
    """

    name: str
    row: PublishedRow | None
    dataset: str
    method: str
    changes: Mapping[str, Any]
    part: str
    convention: str
    figures: Mapping[str, str]
    unit: str = SHARE
    rate: float | None = None
    scene: str | None = None


class RankArchive(Protocol):
    """How a method ranks an archive as a whole, where that is what its tables measure."""

    def __call__(
        self, method: Any, archive: Any, context: FitContext
    ) -> tuple[Mapping[str, NDArray[np.float64]], list[str]]:
        """Learn from an archive's own frames and rank them.

        Args:
            method: configured and prepared; learns here.
            archive: what `awry.sifting.archive_of` read.
            context: seed, checkpoint and progress.

        Returns:
            each part's score of every frame, float64 (n,), the final one under `score`; and notes,
            one sentence each.
        """


@dataclass(frozen=True, slots=True)
class Publication:
    """What a method's paper prints, and what of it can be run here; see `Method.publication`.

    Attributes:
        paper: the tables as they are printed.
        runnable: names of the tables that have cells to run.
        cells: the cells of such a table, in the paper's order.
        rank_archive: how a cell is run where the paper ranks an archive by its own frames; None:
            by fitting on the training part and scoring the test part, as everywhere else.
        protocols: by which each part of a fit's score is measured.
        maxima: parts that are the highest of others, by these: `FILTERED` smooths those one by one
            before the highest is taken.
    """

    paper: Paper
    runnable: tuple[str, ...]
    cells: Callable[[str], list[TableCell]]
    rank_archive: RankArchive | None = None
    protocols: tuple[str, ...] = (PRIMARY, CONVENTION, SMOOTHED)
    maxima: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def load_paper(package: str) -> Paper:
    """Read `paper.json` of a method's package, and `figures.json` where there is one.

    Args:
        package: the package's full name, e.g. `awry.methods.daml`.

    Raises:
        ConfigError: a file is not as expected.
    """
    text = files(package).joinpath("paper.json").read_text("utf-8")
    try:
        paper = Paper.model_validate_json(text)
    except ValidationError as error:
        raise ConfigError(f"paper.json of {package} is not as expected: {error}") from error
    return paper.model_copy(update={"figures": load_figures(package)})
