from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from awry.errors import BundleError, ConfigError, InputError
from awry.evaluation.tuning import BUDGETS, TuningOptions, tune_alarms
from awry.output.tables import write_table
from awry.scoring.budget import Budget

PLAIN = {"merge_gap": 0, "min_length": 1}
SCORES = {"b": [0, 0, 9, 9, 0, 0, 3, 0], "a": [0, 5, 0, 0, 0, 0, 0, 0]}


@pytest.fixture
def scores(tmp_path: Path) -> Path:
    """Two sources in one file, ten frames a second, frame 4 of `b` was lost."""
    rows = [
        {"source": name, "frame": k, "time_s": k / 10, "score": float(v), "scored": 1}
        for name, series in SCORES.items()
        for k, v in enumerate(series)
        if (name, k) != ("b", 4)
    ]
    write_table(tmp_path / "scores.csv", rows, [])
    write_table(tmp_path / "scores.jsonl", rows, [])
    write_table(tmp_path / "scores.parquet", rows, [])
    return tmp_path / "scores.csv"


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_another_threshold_for_saved_scores(scores: Path, ending: str) -> None:
    path = scores.with_suffix(ending)
    found = tune_alarms(TuningOptions(path, threshold=4.0, before="2", **PLAIN))
    assert found.after is not None
    assert found.change is not None
    assert [(a.source, a.first, a.last) for a in found.after.alarms] == [("a", 1, 1), ("b", 2, 3)]
    assert [(a.source, a.first) for a in found.change.vanished] == [("b", 6)]
    assert found.change.appeared == ()
    assert found.after.seconds == pytest.approx(1.6)
    assert found.how == "Given by hand."
    assert [step.threshold for _, step in found.steps] == [9.0]  # 5 % of 15 frames is none
    json.dumps(found.to_dict(), allow_nan=False)


def test_a_file_that_is_still_written_is_read_to_its_last_whole_line(scores: Path) -> None:
    whole = scores.read_text().splitlines(keepends=True)
    partial = scores.with_name("scores.partial.csv")
    partial.write_text("".join(whole[:5]) + whole[5][:7])
    found = tune_alarms(TuningOptions(partial, threshold=4.0, **PLAIN))
    assert found.after is not None
    assert found.after.frames == 4
    lines = scores.with_suffix(".jsonl").read_text().splitlines(keepends=True)
    partial = scores.with_name("scores.parquet.partial.jsonl")
    partial.write_text("".join(lines[:4]) + lines[4][:20])
    again = tune_alarms(TuningOptions(partial, threshold=4.0, **PLAIN))
    assert again.after == found.after
    # Under another name a line that is cut is a fault of the file.
    torn = scores.with_name("torn.jsonl")
    torn.write_bytes(partial.read_bytes())
    with pytest.raises(InputError, match="line 5"):
        tune_alarms(TuningOptions(torn, threshold=4.0))


def test_alarms_before_from_a_file(scores: Path, tmp_path: Path) -> None:
    alarms = tmp_path / "alarms.csv"
    alarms.write_text("source,first,last,score\nb,3,6,9\nb,7,7,9\n")
    found = tune_alarms(TuningOptions(scores, threshold=4.0, before=str(alarms), **PLAIN))
    assert found.change is not None
    before = found.to_dict()["before"]
    assert (before["threshold"], before["alarms"], before["frames_in_alarm"]) == (None, 1, 4)
    assert [(a.source, a.first) for a in found.change.appeared] == [("a", 1)]
    for text in ("source,first,last\n", ""):
        alarms.write_text(text)
        none = tune_alarms(TuningOptions(scores, threshold=4.0, before=str(alarms), **PLAIN))
        assert none.change is not None
        assert (none.change.before.alarms, len(none.change.appeared)) == ((), 2)
    for text, said in (
        ("source,first,last\nc,1,2\n", "line 2: there are no scores of c"),
        ("source,first,last\nb,2,1\n", "from frame 2 to 1"),
        ("first,last\n1,2\n", "no column 'source'"),
    ):
        alarms.write_text(text)
        with pytest.raises(InputError, match=said):
            tune_alarms(TuningOptions(scores, threshold=4.0, before=str(alarms)))


def test_budgets_from_normal_scores(scores: Path, tmp_path: Path) -> None:
    np.save(tmp_path / "normal.npy", np.random.default_rng(0).exponential(size=20_000))
    options = TuningOptions(
        scores, budget=Budget(6.0), normal_scores=tmp_path / "normal.npy", fps=10, **PLAIN
    )
    found = tune_alarms(options)
    assert found.after is not None
    assert "6 alarms an hour" in found.how
    assert [budget for budget, _ in found.steps] == [*BUDGETS, None]
    levels = [step.threshold for budget, step in found.steps if budget]
    assert sorted(levels) == levels
    assert levels[0] < found.after.threshold < levels[2]
    assert found.change is None


@pytest.mark.parametrize(("fps", "alarms"), [(4.0, 2), (8.0, 1), (None, 1)])
def test_alarms_less_than_a_second_apart_are_one(
    tmp_path: Path, fps: float | None, alarms: int
) -> None:
    scores = np.zeros(40)
    scores[[3, 4, 5, 6, 12, 13, 14, 15]] = 9.0
    np.save(tmp_path / "a.npy", scores)
    found = tune_alarms(TuningOptions(tmp_path / "a.npy", threshold=4.0, fps=fps))
    assert len(found.alarms) == alarms


def test_without_times_there_are_no_alarms_an_hour(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.arange(50.0))
    found = tune_alarms(TuningOptions(tmp_path / "a.npy", threshold=40.0, **PLAIN))
    assert found.after is not None
    assert (found.after.per_hour, found.after.alarm_frames) == (None, 9)
    assert "No alarms an hour" in found.notes[-1]
    timed = tune_alarms(TuningOptions(tmp_path / "a.npy", threshold=30.0, fps=50.0))
    assert timed.after is not None
    assert timed.after.per_hour == pytest.approx(3600)


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"threshold": float("nan")}, ConfigError, "expected a finite number"),
        ({"threshold": 1.0, "budget": Budget(1)}, ConfigError, "--threshold or --budget"),
        ({"budget": Budget(1)}, ConfigError, "give --bundle"),
        ({"bundle": Path("x"), "normal_scores": Path("y")}, ConfigError, "--bundle or --normal"),
        ({"bundle": Path("nowhere")}, BundleError, "is not a bundle"),
        ({"threshold": 1.0, "before": "nan"}, ConfigError, "threshold before is nan"),
        ({"threshold": 1.0, "before": "nowhere.csv"}, InputError, "Cannot read nowhere.csv"),
    ],
)
def test_what_does_not_go_together(scores: Path, options: dict, error: type, said: str) -> None:
    with pytest.raises(error, match=said):
        tune_alarms(TuningOptions(scores, **options))
