"""A published table's cells, run here, beside what the paper prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path
from statistics import fmean, stdev
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.datasets import as_dataset, paths_of
from awry.datasets.base import Dataset
from awry.devices import PROCESSOR, on_device
from awry.errors import ConfigError, DatasetError, nearest
from awry.evaluation.declaration import PUBLISHED_VARIANTS, VARIANTS
from awry.fitting import teacher_settings
from awry.methods.published import PRIMARY, REGIONS, SPEED, VALIDATION, PublishedRow, TableCell
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.results import FigureCard, Result
from awry.storage import write_json
from awry.studies.choices import whole_numbers
from awry.studies.measurements import labelled
from awry.studies.part_figures import MEASURED
from awry.studies.published import cells_of
from awry.studies.table_fit import announce, fits_of
from awry.studies.table_fits import Record, run_fits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

PROTOCOLS = {
    **{
        name: (VARIANTS | PUBLISHED_VARIANTS)[name].replace(
            "smoothing ", "smoothing after the scorer "
        )
        for name in MEASURED
    },
    VALIDATION: "the proxy tasks on held-back training footage, at the epoch that was kept",
    REGIONS: "the whole system's regions, as scored",
    SPEED: "test frames from their files, with maps and without extra parts, by this machine",
}


@dataclass(frozen=True, slots=True)
class SeedFigures:
    """One figure of a cell, by seed.

    Attributes:
        by_seed: seed -> value; None where that fit has none.
        intervals: seed -> 95 % interval over clips; None where there is none.
    """

    by_seed: Mapping[int, float | None]
    intervals: Mapping[int, tuple[float, float] | None]

    @property
    def known(self) -> list[float]:
        """The values that there are."""
        return [value for value in self.by_seed.values() if value is not None]

    @property
    def mean(self) -> float | None:
        """Over the seeds; None without a value."""
        return fmean(self.known) if self.known else None

    @property
    def deviation(self) -> float | None:
        """Standard deviation over the seeds; None with fewer than two values."""
        return stdev(self.known) if len(self.known) > 1 else None

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "mean": self.mean,
            "deviation": self.deviation,
            "by_seed": {str(seed): value for seed, value in self.by_seed.items()},
            "intervals": {
                str(seed): None if pair is None else list(pair)
                for seed, pair in self.intervals.items()
            },
        }


@dataclass(frozen=True, slots=True)
class CellResult:
    """A cell of a published table with our figures beside the printed one.

    Attributes:
        cell: what it is and what was run for it.
        status: how many of the seeds are there, or that other data would be needed.
        ours: protocol -> our figures; empty where other data would be needed.
        notes: what a reader of our figures must know, one sentence each.
        training_seconds: of each seed's fit.
    """

    cell: TableCell
    status: str
    ours: Mapping[str, SeedFigures] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    training_seconds: tuple[float, ...] = ()

    @property
    def published(self) -> float | None:
        """The printed value; None where none is printed."""
        return None if self.cell.row is None else self.cell.row.value

    @property
    def like_the_paper(self) -> SeedFigures | None:
        """Our figures by the protocol that is closest to the paper's."""
        return self.ours.get(self.cell.convention)

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        cell = self.cell
        values: dict[str, Any] = {
            "cell": cell.name,
            "dataset": cell.dataset,
            "method": cell.method,
            "settings": dict(cell.changes),
            "part": cell.part,
            "figures": dict(cell.figures),
            "convention": cell.convention,
            "published": None if cell.row is None else _printed(cell.row),
            "unit": cell.unit if cell.row is None else cell.row.unit,
            "status": self.status,
            "ours": {protocol: figures.to_dict() for protocol, figures in self.ours.items()},
        }
        if not self.ours:
            return values
        more = {"notes": list(self.notes), "training_seconds": list(self.training_seconds)}
        return values | more


@dataclass(frozen=True, slots=True)
class ReproductionResult(Result):
    """A published table with our figures beside the paper's.

    Attributes:
        table: its name, e.g. `daml-table5`.
        scale: the preset that was fitted.
        seeds: one fit each.
        changes: settings of every fit that differ from the preset's.
        data: `layout`, `variant`, and `taken_as`: which of the table's data sets they stand for.
        cells: every chosen cell, those of other data sets included.
        failed: fits that could not be made and clips that could not be read, one sentence each.
        measured_on: each different `hardware`, `device` and `precision` of the fits.
    """

    table: str
    scale: str
    seeds: tuple[int, ...]
    changes: Mapping[str, Any]
    data: Mapping[str, str]
    cells: tuple[CellResult, ...]
    failed: tuple[str, ...]
    measured_on: tuple[Mapping[str, str], ...] = ()

    @property
    def measured(self) -> list[CellResult]:
        """The cells that these data are for."""
        return [cell for cell in self.cells if cell.ours]

    def to_dict(self) -> dict[str, Any]:
        """What `OUT/TABLE.json` holds."""
        protocols = {name for cell in self.measured for name in cell.cell.figures}
        return {
            "table": self.table,
            "scale": self.scale,
            "seeds": list(self.seeds),
            "changes": dict(self.changes),
            "data": dict(self.data),
            "ours": {name: words for name, words in PROTOCOLS.items() if name in protocols},
            "cells": [cell.to_dict() for cell in self.cells],
            "failed": list(self.failed),
            "measured_on": [dict(one) for one in self.measured_on],
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each cell that was measured."""
        return [
            {
                "cell": cell.cell.name,
                "published": cell.published,
                "like_the_paper": _mean(cell.like_the_paper),
                "primary": _mean(cell.ours.get(PRIMARY)),
                "seeds": cell.status,
            }
            for cell in self.measured
        ]

    def draw(self, ax: Axes) -> None:
        """The printed value of each cell, and ours with the standard deviation over seeds."""
        cells = self.measured
        places = range(len(cells))
        printed = [(cell.published, at) for at, cell in enumerate(cells) if cell.published]
        ax.plot([x for x, _ in printed], [y for _, y in printed], "o", label="published")
        for place, cell in enumerate(cells):
            ours = cell.like_the_paper
            if ours is not None and ours.mean is not None:
                label = "ours, as the paper" if place == 0 else None
                spread = ours.deviation or 0.0
                ax.errorbar(ours.mean, place, xerr=spread, fmt="x", color="C1", label=label)
        ax.set_yticks(places, [cell.cell.name for cell in cells])
        ax.invert_yaxis()
        ax.set_title(f"{self.table} on {self.data['taken_as']} at scale {self.scale}")
        ax.legend()

    def cards(self) -> list[FigureCard]:
        """Our figure for each cell, with the printed one."""
        return [
            FigureCard(
                cell.cell.name,
                "-" if (ours := _mean(cell.like_the_paper)) is None else f"{ours:.4g}",
                "nothing published" if cell.published is None else f"published {cell.published:g}",
            )
            for cell in self.measured
        ]


def _mean(figures: SeedFigures | None) -> float | None:
    return None if figures is None else figures.mean


def _printed(row: PublishedRow) -> dict[str, Any]:
    return {
        "value": row.value,
        "spread": row.spread,
        "spread_is": row.spread_is,
        "metric": row.metric,
        "unit": row.unit,
        "printed": row.printed,
        "protocol": row.protocol.in_words(),
        "basis": row.protocol.basis,
        "notes": list(row.notes),
    }


@checked
@on_device
def reproduce(
    table: str,
    *,
    data: str | Path | Dataset | None = None,
    out: str | Path | None = None,
    scale: str = "cpu",
    seeds: int | str | Sequence[int] = "0,1,2",
    cells: str = "*",
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    dataset: str | None = None,
    jobs: int = 1,
    on: str | None = None,
    overwrite: bool = False,
    format: str | None = None,
    fps: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> ReproductionResult:
    """Run a published table's cells on one data set; what was finished before is not run again.

    `OUT/FIT.json` holds each finished fit's figures, `OUT/FIT/` its bundle, `OUT/TABLE.json`
    the result. Tables that share a fit share it where they share `OUT`.

    Args:
        table: its name, e.g. `daml-table5`; see `awry.published_tables`.
        data: one data set's folder, or an opened one.
        out: folder for fits and figures.
        scale: the method's preset.
        seeds: one fit each: a number, several, or text such as `0,1,2`.
        cells: pattern of the cells' names, with `*` and `?`.
        changes: settings of every fit that differ from the preset's; a cell's own go before them.
            In a table of several systems each takes those that it has.
        detector, classifier, depth: teachers of every fit, as `KIND:WHAT`.
        dataset: which of the table's data sets the data are; None: as they were recognised.
        jobs: fits at a time, each in a process of its own with its share of the threads where
            there are more than one; a program must then be importable. Each takes the memory of a
            whole fit.
        on: where they run: `ray`, on this machine, or `ray://HOST:PORT`, a cluster whose machines
            find `data` and `out` at the same paths. A fit whose machine is lost goes on elsewhere.
            None: on this machine, without Ray.
        overwrite: replace what stands at `out`, whoever wrote it.
        format, fps: as `awry.open_dataset` takes them.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of fits and of scoring alike.
        reporter: shows progress.

    Raises:
        ConfigError: an unknown table, cell, data set or scale, or nothing of it can be run here.
        DatasetError: no test clip has labels.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    if data is None or out is None:
        raise ConfigError("To run a table, give both --data and --out.")
    if jobs < 1:
        raise ConfigError(f"--jobs must be at least 1, not {jobs}.")
    numbers = whole_numbers(seeds, "--seeds", lowest=0)
    chosen = _chosen(table, cells)
    folder = Path(out)
    files = {f"{table}.json": "json", "frames": "frames"}
    check_folder("--out", folder, files, paths_of(data), overwrite=overwrite)
    footage = as_dataset(data, format=format, fps=fps)
    taken_as = _data_set_of(table, chosen, footage, dataset)
    settings = {**(changes or {}), **teacher_settings(detector, classifier, depth)}
    mine = [cell for cell in chosen if cell.dataset == taken_as]
    fits = fits_of(mine, footage, taken_as, scale, numbers, settings)
    announce(fits.values(), folder, reporter or Silent())
    records, failed = run_fits(fits.values(), folder, reporter or Silent(), jobs, on)
    by_cell = {name: records[fit.key] for name, fit in fits.items() if fit.key in records}
    result = ReproductionResult(
        table,
        scale,
        tuple(numbers),
        settings,
        {"layout": footage.name, "variant": footage.variant, "taken_as": taken_as},
        tuple(_cell_result(cell, taken_as, numbers, by_cell) for cell in chosen),
        (*footage.failed, *failed),
        _measured_on(records.values()),
    )
    write_json(folder / f"{table}.json", result.to_dict())
    return result


def _measured_on(records: Iterable[Record]) -> tuple[Mapping[str, str], ...]:
    """Of fits that are kept from before devices were recorded: the processor."""
    found = [
        {
            "hardware": record["hardware"],
            "device": record.get("device", PROCESSOR.device),
            "precision": record.get("precision", PROCESSOR.precision),
        }
        for record in records
    ]
    return tuple(one for number, one in enumerate(found) if one not in found[:number])


def _chosen(table: str, pattern: str) -> list[TableCell]:
    cells = cells_of(table)
    chosen = [cell for cell in cells if fnmatchcase(cell.name, pattern)]
    if not chosen:
        names = ", ".join(cell.name for cell in cells)
        raise ConfigError(f"No cell of {table} is called like '{pattern}' (known: {names}).")
    return chosen


def _data_set_of(table: str, cells: Sequence[TableCell], data: Dataset, dataset: str | None) -> str:
    """Which of the table's data sets the data are.

    Raises:
        ConfigError: none of them.
        DatasetError: no test clip has labels.
    """
    taken_as = dataset or data.variant
    known = list(dict.fromkeys(cell.dataset for cell in cells))
    if taken_as not in known:
        raise ConfigError(
            f"{table} has no cell for the data set '{taken_as}': {nearest(taken_as, known)}. "
            "Say with --dataset which one the data are, if they are one of these."
        )
    if not labelled(data):
        raise DatasetError(
            f"No test clip in {data.root or data.name} has labels: nothing could be measured."
        )
    return taken_as


def _cell_result(
    cell: TableCell,
    dataset: str,
    seeds: Sequence[int],
    records: Mapping[tuple[str, int], Record],
) -> CellResult:
    """A cell with, for each of our protocols, our figures by seed."""
    if cell.dataset != dataset:
        return CellResult(cell, "not run: other data")
    by_seed = {seed: records[cell.name, seed] for seed in seeds if (cell.name, seed) in records}
    ours = {
        protocol: SeedFigures(
            {seed: _figure(each, cell.part, protocol, name) for seed, each in by_seed.items()},
            {seed: _interval(each, cell.part, protocol, name) for seed, each in by_seed.items()},
        )
        for protocol, name in cell.figures.items()
    }
    notes = dict.fromkeys(note for record in by_seed.values() for note in record["notes"])
    seconds = [record["training_seconds"] for record in by_seed.values()]
    status = f"{len(by_seed)} of {len(seeds)}"
    return CellResult(cell, status, ours, tuple(notes), tuple(seconds))


def _figure(record: Record, part: str, protocol: str, figure: str) -> float | None:
    """One figure of a fit; None where it has none."""
    if protocol == SPEED:
        value = record.get("speed", {}).get(figure)
    elif protocol == VALIDATION:
        value = record.get("validation", {}).get(part, {}).get(figure)
    elif protocol == REGIONS:
        value = record.get(REGIONS, {}).get(figure)
    else:
        value = record["figures"].get(part, {}).get(protocol, {}).get(figure)
    return None if value is None else float(value)


def _interval(record: Record, part: str, protocol: str, figure: str) -> tuple[float, float] | None:
    """The 95 % interval over clips of one figure of a fit; older records have it of one alone."""
    figures = record["figures"].get(part, {}).get(protocol, {})
    if protocol == REGIONS:
        figures = record.get(REGIONS, {})
    former = {"micro_auc": figures.get("interval")}
    pair = figures.get("intervals", former).get(figure)
    return None if pair is None else (pair[0], pair[1])
