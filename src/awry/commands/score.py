"""`awry score`: sources to scores, regions, alarms, maps and overlay videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.markup import escape
from rich.progress import TaskID

from awry.detector import Detector
from awry.frames import Event
from awry.score_run import ScoreOptions, score_sources
from awry.terminal import Console, Table, progress_bars


class ProgressReporter:
    """Shows each source's frames as they are scored, and alarms above them as they happen."""

    def __init__(self, console: Console) -> None:
        self.progress = progress_bars(console)
        self._tasks: dict[str, TaskID] = {}

    def source_begins(self, name: str) -> None:
        """A new line."""
        self._tasks[name] = self.progress.add_task(f"scoring {escape(name)}", total=None)

    def frame_scored(self, name: str) -> None:
        """One more on its line."""
        self.progress.advance(self._tasks[name])

    def source_ends(self, name: str) -> None:
        """Its line stands still."""
        self.progress.stop_task(self._tasks[name])

    def alarm_begins(self, event: Event) -> None:
        """Say since when."""
        self.message(
            f"ALARM {event.source}: since frame {event.first}{_when(event.start_s, event.clock)}, "
            f"score {event.score:.4g} over {event.threshold:.4g}. {event.reason}"
        )

    def alarm_ends(self, event: Event) -> None:
        """Say from when to when, and the highest score."""
        self.message(
            f"alarm over, {event.source}: frames {event.first}-{event.last}"
            f"{_when(event.end_s)}, highest score {event.score:.4g} at frame {event.peak}. "
            f"{event.reason}"
        )

    def message(self, sentence: str) -> None:
        """A line above the others."""
        self.progress.console.print(sentence, highlight=False, markup=False, soft_wrap=True)


def _when(seconds: float | None, clock: str | None = None) -> str:
    at = "" if clock is None else f", {clock}"
    return "" if seconds is None else f" ({seconds:.1f} s{at})"


def run_score(
    detector: Detector,
    sources: Sequence[str],
    options: ScoreOptions,
    console: Console,
    also: Mapping[str, Detector] = MappingProxyType({}),
) -> dict[str, Any]:
    """`score_sources`, shown on a console; gives the summary for `--json`."""
    reporter = ProgressReporter(console)
    with reporter.progress:
        return score_sources(detector, sources, options, reporter, also).to_json()


def show_score(summary: dict[str, Any]) -> None:
    """Print each source's peak, the alarms, and where the scores are."""
    printer = Console()
    sources = Table("source", "frames", "scored", "highest score", "at frame", "alarms")
    for row in summary["sources"]:
        score = "-" if row["score"] is None else f"{row['score']:.4g}"
        counts = (str(row["frames"]), str(row["scored"]))
        peak = "-" if row["peak"] is None else str(row["peak"])
        sources.add_row(escape(row["source"]), *counts, score, peak, str(row["alarms"]))
    printer.print(sources)
    clocks = ["clock"] if any("clock" in row for row in summary["alarms"]) else []
    alarms = Table("source", *clocks, "frames", "seconds", "peak", "score", "why", title="alarms")
    for row in summary["alarms"]:
        known = row["start_s"] is not None
        seconds = f"{row['start_s']:.1f}-{row['end_s']:.1f}" if known else "-"
        frames = f"{row['first']}-{row['last']}"
        cells = (frames, seconds, str(row["peak"]), f"{row['score']:.4g}")
        alarms.add_row(
            escape(row["source"]),
            *(row.get(name, "-") for name in clocks),
            *cells,
            escape(row["reason"]),
        )
    printer.print(alarms if summary["alarms"] else "no alarms")
    for note in summary["notes"]:
        printer.print(note, highlight=False, markup=False, soft_wrap=True)
    for one in (summary, *summary["also"].values()):
        printer.print(f"{one['frames']} frames scored: {one['out']}", highlight=False, markup=False)
