"""Measurements side by side, as `awry.compare` gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from awry.calls import checked
from awry.evaluation.comparison import Runs, compare_runs, read_runs
from awry.output.places import Place, check_places
from awry.results import FigureCard, Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class ComparisonResult(Result):
    """The figures of runs, and their differences from the first.

    Attributes:
        table: `base`, `runs`, `comparisons` and `settings`, see
            `awry.evaluation.comparison.compare_runs`.
        written: the files that were written; none before.
    """

    table: Mapping[str, Any] = field(repr=False)
    written: tuple[str, ...] = ()

    @property
    def runs(self) -> list[str]:
        """The runs' names, the base first."""
        return [run["name"] for run in self.table["runs"]]

    @property
    def notes(self) -> list[str]:
        """What must be read with the differences, one sentence each."""
        return [note for each in self.table["comparisons"] for note in each["notes"]]

    def difference(self, run: str, figure: str = "frame.micro_auc") -> float:
        """How far a figure of a run is above the base's.

        Raises:
            KeyError: there is no such run, or not both have the figure.
        """
        return float(self._compared(run)["figures"][figure]["difference"])

    def interval(self, run: str, figure: str = "frame.micro_auc") -> tuple[float, float] | None:
        """The 95 % interval of that difference, paired over clips; None where it is unknown.

        Raises:
            KeyError: as `difference`.
        """
        pair = self._compared(run)["figures"][figure]["interval"]
        return None if pair is None else (pair[0], pair[1])

    def _compared(self, run: str) -> Mapping[str, Any]:
        named: dict[str, Mapping[str, Any]]
        named = {each["name"]: each for each in self.table["comparisons"]}
        return named[run]

    def to_dict(self) -> dict[str, Any]:
        """The table, and `written`."""
        return {**self.table, "written": list(self.written)}

    def save(self, path: str | Path) -> Path:
        """Write the table as HTML, CSV and JSON, and a picture, into a folder.

        Raises:
            WriteError: a file cannot be written.
        """
        from awry.evaluation.comparison_output import write_comparison

        write_comparison(Path(path), self.table)
        return Path(path)

    def rows(self) -> list[dict[str, Any]]:
        """A row for each figure of each run, with its difference from the base."""
        from awry.evaluation.comparison_output import flat_rows

        return flat_rows(self.table)

    def draw(self, ax: Axes) -> None:
        """The differences from the base with their intervals, a row for each figure and run."""
        from awry.evaluation.report.figures import INK, draw_points

        rows = [row for row in self.rows() if row["difference"] is not None]
        values = [
            (row["difference"], None if row["difference_low"] is None
             else (row["difference_low"], row["difference_high"]))
            for row in rows
        ]  # fmt: skip
        draw_points(ax, [f"{row['figure']}, {row['run']}" for row in rows], values, INK)
        ax.axvline(0, color="0.6", linestyle=":")
        ax.set_title(f"less {self.runs[0]}")

    def cards(self) -> list[FigureCard]:
        """The runs' first figure, each with its difference from the base."""
        first = next(iter(self.table["runs"][0]["figures"]), None)
        return [
            FigureCard(row["run"], f"{row['value']:.4f}", _remark(row))
            for row in self.rows()
            if row["figure"] == first
        ]


@checked
def compare(
    runs: Runs,
    *,
    figure: Sequence[str] = (),
    out: str | Path | None = None,
    despite_differences: bool = False,
    overwrite: bool = False,
) -> ComparisonResult:
    """Compare measurements, with the paired interval of each difference from the first.

    Args:
        runs: two or more, the base first: files or folders with a `metrics.json`, `NAME=PATH`, or
            results of `awry.evaluate` and `awry.measure`; or a mapping of name -> any of them.
        figure: patterns of figures, such as `frame.*` or `event.f1`; none: all of them.
        out: folder for the table as HTML, CSV and JSON, and a picture; None: nothing is written.
        despite_differences: compare although they were measured unlike.
        overwrite: replace what stands at `out`, whoever wrote it.

    Raises:
        InputError: fewer than two runs, one that cannot be read, no figure that both have, or runs
            that were not measured alike.
        ConfigError: a pattern that no figure fits; `out` holds an input.
        WriteError: a file cannot be written.
    """
    read = read_runs(runs)
    if out is not None:
        from awry.evaluation.comparison_output import FILES  # Matplotlib, for the picture

        places = [Place("--out", Path(out) / name, kind) for name, kind in FILES.items()]
        check_places(places, [run.path for run in read], overwrite=overwrite)
    table = compare_runs(read, despite_differences=despite_differences, select=figure)
    result = ComparisonResult(table)
    if out is None:
        return result
    folder = result.save(out)
    return replace(result, written=tuple(str(folder / name) for name in FILES))


def _remark(row: Mapping[str, Any]) -> str:
    if row["difference"] is None:
        return "base"
    low, high = row["difference_low"], row["difference_high"]
    between = "" if low is None else f" [{low:+.4f}, {high:+.4f}]"
    return f"{row['difference']:+.4f}{between}"
