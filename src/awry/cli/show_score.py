"""`awry score`: sources to scores, regions, alarms, maps and overlay videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from rich.markup import escape

from awry.detector import Detector
from awry.score_run import ScoreOptions, score_sources
from awry.terminal import BarReporter, Console, Table


def run_score(
    detector: Detector,
    sources: Sequence[str],
    options: ScoreOptions,
    console: Console,
    also: Mapping[str, Detector] = MappingProxyType({}),
) -> dict[str, Any]:
    """`score_sources`, shown on a console; gives the summary for `--json`."""
    with BarReporter(console) as reporter:
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
