"""What one detector writes."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from awry.frames import Event, FrameScore, Region
from awry.score_run import outputs
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs
from awry.score_run.result import SourceResult
from awry.scoring.fill import FilledScore, ScoreFiller

DETECTOR = cast(Any, SimpleNamespace(calibration=SimpleNamespace(has_thresholds=True)))
EVENT = Event("gate", 1, 2, 0.5, 1.0, 1, 5.0, {}, (), 3.0, "by hand", "Moves fast.")


def filled() -> list[FilledScore]:
    """Of three frames, the first in warm-up."""
    filler = ScoreFiller()
    scores = [None, 5.0, 2.0]
    pushed = [filler.push(FrameScore(i, i / 2, score)) for i, score in enumerate(scores)]
    return [score for each in [*pushed, filler.flush()] for score in each]


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def test_rows_of_scores_regions_and_alarms(tmp_path: Path) -> None:
    names = ("scores", "regions", "events")
    scores, regions, events = (tmp_path / f"{name}.csv" for name in names)
    written = Outputs(DETECTOR, ScoreOptions(scores, regions, events))
    written.open()
    started = datetime(2024, 5, 1, 12, tzinfo=UTC)
    written.add_scores("gate", filled(), started)
    written.add_regions("gate", FrameScore(1, 0.5, 5.0, regions=(Region((1, 2, 3, 4), 5.0),)))
    written.add_event(EVENT)
    assert not scores.exists()
    written.finish()
    assert [(r["frame"], r["score"], r["scored"]) for r in rows(scores)] == [
        ("0", "5.0", "0"), ("1", "5.0", "1"), ("2", "2.0", "1"),
    ]  # fmt: skip
    assert rows(scores)[2]["clock"].startswith("2024-05-01T12:00:01")
    assert [(r["x_min"], r["y_max"]) for r in rows(regions)] == [("1", "4")]
    assert [(r["first"], r["reason"]) for r in rows(events)] == [("1", "Moves fast.")]
    assert written.rows == 3


def test_who_leaves_at_once_leaves_partial_files(tmp_path: Path) -> None:
    written = Outputs(DETECTOR, ScoreOptions(tmp_path / "s.csv"))
    written.open()
    written.add_scores("gate", filled(), None)
    written.leave()
    assert [path.name for path in tmp_path.iterdir()] == ["s.partial.csv"]


def test_of_very_many_alarms_the_last_are_listed(monkeypatch) -> None:
    monkeypatch.setattr(outputs, "ALARMS_KEPT", 2)
    written = Outputs(DETECTOR, ScoreOptions())
    written.results = [SourceResult("gate", frames=9, alarms=3)]
    for first in range(3):
        written.add_event(Event("gate", first, first, *(None,) * 2, first, 5.0, {}, (), 3.0, ""))
    result = written.result(interrupted=True)
    assert [alarm.first for alarm in result.alarms] == [1, 2]
    assert result.notes == ["The last 2 of 3 alarms are listed here."]
    assert result.interrupted
