"""What the functions of the Python API return: typed, frozen, and shown in the same way."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from awry.errors import MissingError
from awry.storage import write_json

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


class FigureCard(NamedTuple):
    """One figure as a report's cards show it.

    Attributes:
        label: what it is, e.g. `micro AUC`.
        value: as text, e.g. `92.15`.
        remark: what must be read with it, e.g. its interval.
    """

    label: str
    value: str
    remark: str = ""


def new_axes() -> Axes:
    """Axes of a figure of their own, by pyplot where that is in use: notebooks show its figures."""
    if pyplot := sys.modules.get("matplotlib.pyplot"):
        axes: Axes = pyplot.subplots(layout="constrained")[1]
        return axes
    from matplotlib.figure import Figure

    return Figure(layout="constrained").add_subplot()


class Result(ABC):
    """A result of the Python API; subclasses are frozen dataclasses.

    The command line prints `to_dict()` with `--json`. In a notebook a result shows its cards.
    """

    __slots__ = ()

    @abstractmethod
    def to_dict(self) -> Any:
        """Everything as plain values, which `json.dumps` takes: a mapping, or a list of them."""

    def save(self, path: str | Path) -> Path:
        """Write `to_dict()` as JSON.

        Args:
            path: a file.

        Returns:
            the file that was written.

        Raises:
            WriteError: it cannot be written.
        """
        write_json(Path(path), self.to_dict())
        return Path(path)

    def to_pandas(self) -> pandas.DataFrame:
        """The result's rows as a table: one row for each clip, alarm, run or cell.

        Raises:
            MissingError: pandas is not installed.
        """
        try:
            import pandas
        except ImportError as error:
            raise MissingError("Tables need pandas: pip install pandas.") from error
        return pandas.DataFrame(list(self.rows()))

    @abstractmethod
    def rows(self) -> Sequence[Mapping[str, Any]]:
        """What `to_pandas` shows: plain values, the same keys in every row."""

    def plot(self, ax: Axes | None = None) -> Axes:
        """Draw the result.

        Args:
            ax: where to; new axes if None.

        Returns:
            the axes.
        """
        ax = new_axes() if ax is None else ax
        self.draw(ax)
        return ax

    @abstractmethod
    def draw(self, ax: Axes) -> None:
        """Draw the result on given axes."""

    @abstractmethod
    def cards(self) -> Sequence[FigureCard]:
        """The figures that a reader wants first, each with what must be read with it."""

    def _repr_html_(self) -> str:
        """The cards, for notebooks."""
        cells = "".join(
            '<div style="border:1px solid #8884;border-radius:6px;padding:8px 12px">'
            f'<div style="font-size:85%">{escape(label)}</div>'
            f'<div style="font-size:150%">{escape(value)}</div>'
            f'<div style="font-size:75%;opacity:.75">{escape(remark)}</div></div>'
            for label, value, remark in self.cards()
        )
        title = escape(type(self).__name__)
        return f'<div title="{title}" style="display:flex;flex-wrap:wrap;gap:8px">{cells}</div>'


class Listing(Result):
    """A result that is a list of things: its rows, as a table wherever it is shown."""

    __slots__ = ()

    def to_dict(self) -> Any:
        """The rows."""
        return [dict(row) for row in self.rows()]

    def draw(self, ax: Axes) -> None:
        """The rows as a table."""
        rows = self.rows()
        ax.set_axis_off()
        if rows:
            cells = [[_brief(value) for value in row.values()] for row in rows]
            ax.table(cells, colLabels=[str(name) for name in rows[0]], loc="center")

    def _repr_html_(self) -> str:
        """The rows as a table, for notebooks."""
        rows = self.rows()
        heads = "".join(f"<th>{escape(str(name))}</th>" for name in (rows[0] if rows else ()))
        lines = "".join(
            f"<tr>{''.join(f'<td>{escape(_brief(value))}</td>' for value in row.values())}</tr>"
            for row in rows
        )
        return f"<table><thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table>"


def _brief(value: Any) -> str:
    """A value in a table's cell: the first line, or the names within it."""
    if isinstance(value, Mapping | list | tuple):
        return ", ".join(map(str, value))
    lines = "" if value is None else str(value)
    return lines.partition("\n")[0]
