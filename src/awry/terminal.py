"""What commands show on a terminal: progress bars and tables that fit narrow ones."""

from __future__ import annotations

import atexit
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any

import rich.table
from rich.console import Console as RichConsole
from rich.console import ConsoleOptions, RenderableType, RenderResult
from rich.markup import escape
from rich.measure import Measurement
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Column
from rich.text import Text

from awry.frames import Event
from awry.names import printable
from awry.progress import NO_FIGURES

__all__ = ["BarReporter", "Bars", "Console", "Table", "progress_bars"]

_LEAST_BAR, _MOST_BAR = 10, 40
# What stands beside title and bar: steps, time, time left, and a space between all of them.
_BESIDE = len("10000/10000") + len("0:00:00") + len("left 0:00:00") + 4
_LEAST_TITLE = 8
_ENDLESS = 10_000
_MOST_LINES = 5
EVERY_S = 60.0
"""So often a log file is told how far a task is."""


class Console(RichConsole):
    """Rich's console; control characters in names are shown instead of obeyed."""

    def render_str(self, text: str, **how: Any) -> Text:
        """As rich's, of printable text."""
        return super().render_str(printable(text), **how)

    def on_broken_pipe(self) -> None:
        """Whoever read the output has seen enough."""
        self.quiet = True
        raise BrokenPipeError


class Bars(Progress):
    """Progress bars that keep their bar in narrow terminals; make them with `progress_bars`.

    Beside each bar its title (cut where there is no room), steps, time and time left. What else
    there is to say of the newest one has a line of its own below.
    """

    words = ""

    def add_task(self, description: str, *rest: Any, **more: Any) -> TaskID:
        """As rich's, with a printable description."""
        return super().add_task(printable(description), *rest, **more)

    def get_renderables(self) -> Any:
        """The bars, and the line below."""
        yield from super().get_renderables()
        if self.words:
            yield Text(self.words, style="dim", no_wrap=True, overflow="ellipsis")


def progress_bars(console: RichConsole) -> Bars:
    """The bars of every command. A task without a total shows that something goes on."""
    room = max(console.width - _BESIDE, _LEAST_TITLE + _LEAST_BAR)
    bar = min(max(room // 3, _LEAST_BAR), _MOST_BAR)
    title = Column(no_wrap=True, overflow="ellipsis", max_width=max(room - bar, _LEAST_TITLE))
    return Bars(
        TextColumn("[bold]{task.description}", table_column=title),
        BarColumn(bar_width=bar, table_column=Column(min_width=bar)),
        _Steps(table_column=Column(no_wrap=True)),
        TimeElapsedColumn(table_column=Column(no_wrap=True)),
        _Left(table_column=Column(no_wrap=True)),
        console=console,
    )


class _Steps(MofNCompleteColumn):
    """`12/300`; the steps alone where the end is unknown."""

    def render(self, task: Task) -> Text:
        """As rich's, without a question mark."""
        return Text(f"{task.completed:.0f}") if task.total is None else super().render(task)


class _Left(TimeRemainingColumn):
    """`left 0:01:20`; nothing where the end is unknown."""

    def render(self, task: Task) -> Text:
        """As rich's, with the word."""
        return Text("") if task.total is None else Text.assemble("left ", super().render(task))


class BarReporter:
    """A `Reporter` on a terminal or in a notebook: bars, messages above them, figures below.

    Elsewhere, as in a log file, bars cannot move: once a minute a line says how far it is.
    The first task begins it. `close`, the end of a `with`, or the end of the program end it.

    Args:
        console: where to; standard error if None.
        clock: seconds, from any moment on.
    """

    def __init__(
        self, console: RichConsole | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._said = clock, clock()
        self._bars = progress_bars(Console(stderr=True) if console is None else console)
        self._tasks: dict[str, TaskID] = {}
        self._newest = ""

    def __enter__(self) -> BarReporter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave the bars as they stand; where there were none, nothing is written."""
        self._bars.words = ""
        if self._bars.live.is_started:
            self._bars.stop()
        atexit.unregister(self.close)

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """A new bar, in the place of an earlier one of that title."""
        self._bars.words = ""
        if title in self._tasks:
            self._bars.remove_task(self._tasks[title])
        if not self._bars.live.is_started:
            self._bars.start()
            atexit.register(self.close)
        self._tasks[title] = self._bars.add_task(escape(title), total=total, completed=done)
        self._newest = title

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """One step of a bar; the figures below."""
        self._bars.words = "  ".join(f"{name} {value:.4g}" for name, value in figures.items())
        title = title or self._newest
        if title in self._tasks:
            self._bars.update(self._tasks[title], advance=1)
            self._say_how_far(title)

    def _say_how_far(self, title: str) -> None:
        console, now = self._bars.console, self._clock()
        if console.is_terminal or console.is_jupyter or now - self._said < EVERY_S:
            return
        self._said = now
        task = next(task for task in self._bars.tasks if task.id == self._tasks[title])
        steps = f"{task.completed:.0f}" + ("" if task.total is None else f"/{task.total:.0f}")
        said = [f"{title}: {steps}", _rounded(task.elapsed)]
        if task.time_remaining is not None:
            said.append(f"left {_rounded(task.time_remaining)}")
        self.message("  ".join([", ".join(said), *filter(None, [self._bars.words])]))

    def end(self, title: str) -> None:
        """Its bar stands still."""
        if title in self._tasks:
            self._bars.stop_task(self._tasks[title])

    def message(self, sentence: str) -> None:
        """A line above the bars."""
        self._bars.console.print(sentence, highlight=False, markup=False, soft_wrap=True)

    def alarm(self, event: Event, *, over: bool) -> None:
        """Say since when it is on, or from when to when it was, and its highest score."""
        if over:
            self.message(
                f"alarm over, {event.source}: frames {event.first}-{event.last}"
                f"{_when(event.end_s)}, highest score {event.score:.4g} at frame {event.peak}. "
                f"{event.reason}"
            )
        else:
            since = f"since frame {event.first}{_when(event.start_s, event.clock)}"
            score = f"score {event.score:.4g} over {event.threshold:.4g}"
            self.message(f"ALARM {event.source}: {since}, {score}. {event.reason}")


def _rounded(seconds: float | None) -> str:
    return str(timedelta(seconds=round(seconds or 0)))


def _when(seconds: float | None, clock: str | None = None) -> str:
    at = "" if clock is None else f", {clock}"
    return "" if seconds is None else f" ({seconds:.1f} s{at})"


class Table(rich.table.Table):
    """Rich's table; where it is too wide for the terminal, a list of its rows.

    A table that is squeezed below the width of its words breaks names and numbers in the middle,
    and sentences in a narrow column become towers.
    """

    def __rich_console__(self, console: RichConsole, options: ConsoleOptions) -> RenderResult:
        """As a table where its longest words fit side by side, else row by row."""
        wide = options.update(width=_ENDLESS)
        ranges = [self._range(console, wide, column) for column in self.columns]
        least = [one.minimum for one in ranges]
        borders = Measurement.get(console, wide, self).maximum - sum(one.maximum for one in ranges)
        room = options.max_width - borders - sum(least)
        wanted = [one.maximum - one.minimum for one in ranges]
        widths = [one.maximum for one in ranges]
        if sum(wanted) > room >= 0:  # rich would take from the widest, whatever its words
            widths = [a + b * room // sum(wanted) for a, b in zip(least, wanted, strict=True)]
        lines = (one.maximum / max(w, 1) for one, w in zip(ranges, widths, strict=True))
        if room < 0 or max(lines, default=0) > _MOST_LINES:
            yield from self._as_list(console)
            return
        before = [column.width for column in self.columns]
        for column, width in zip(self.columns, widths, strict=True):
            column.width = width
        yield from super().__rich_console__(console, options)
        for column, own in zip(self.columns, before, strict=True):
            column.width = own

    @staticmethod
    def _range(console: RichConsole, options: ConsoleOptions, column: Column) -> Measurement:
        """The width of a column's longest word, and of its longest line."""
        every = [Measurement.get(console, options, cell) for cell in (column.header, *column.cells)]
        longest = max(one.maximum for one in every)
        if column.no_wrap:
            return Measurement(longest, longest)
        return Measurement(max(one.minimum for one in every), longest)

    def _as_list(self, console: RichConsole) -> RenderResult:
        if self.title:
            yield Text.assemble((_plain(console, self.title), "italic"))
        columns = [list(column.cells) for column in self.columns]
        for cells in zip(*columns, strict=True):
            first, *others = (_plain(console, cell) for cell in cells)
            yield Text(first or "-", style="bold", overflow="fold")
            for column, words in zip(self.columns[1:], others, strict=True):
                head = _plain(console, column.header)
                if words:
                    yield Text(f"  {head}: {words}" if head else f"  {words}", overflow="fold")


def _plain(console: RichConsole, cell: RenderableType) -> str:
    """The words of a header or a cell, without markup."""
    if isinstance(cell, str):
        return console.render_str(cell).plain
    return cell.plain if isinstance(cell, Text) else str(cell)
