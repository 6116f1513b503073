from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from awry.errors import InputError
from awry.evaluation.files.clock import read_starts
from awry.evaluation.tuning import TuningOptions, tune_alarms
from awry.output.tables import write_table
from awry.video.clock import clock_time

START = datetime.fromisoformat("2026-11-28T23:59:59+01:00")


def rows(clocked: bool = True) -> list[dict[str, object]]:
    """A source that knows no clock time, and one that does from its second row on."""
    found: list[dict[str, object]] = []
    for name in ("a", "b"):
        for k in range(30):
            known = name == "b" and k > 0 and clocked
            clock = {"clock": clock_time(START, k / 10)} if known else {}
            score = 9.0 if k in (12, 13) else 0.0
            found.append(
                {"source": name, "frame": k, "time_s": k / 10, "score": score, "scored": 1} | clock
            )
    return found


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_alarms_of_saved_scores_have_their_clock_time(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scores{ending}"
    write_table(path, rows(), [])
    assert read_starts(path, ["a", "b"]) == {"b": START}
    options = TuningOptions(path, threshold=4.0, merge_gap=0, min_length=1)
    alarms = {row["source"]: row for row in tune_alarms(options).to_dict()["alarms"]}
    assert alarms["b"]["clock"] == "2026-11-29T00:00:00.200+01:00"
    assert "clock" not in alarms["a"]


def test_scores_without_clock_times(tmp_path: Path) -> None:
    write_table(tmp_path / "scores.csv", rows(clocked=False), [])
    assert read_starts(tmp_path / "scores.csv", ["a", "b"]) == {}
    assert read_starts(tmp_path, ["a"]) == {}
    (tmp_path / "bad.csv").write_text("source,time_s,clock\na,0.0,noon\n")
    with pytest.raises(InputError, match="scores with clock times"):
        read_starts(tmp_path / "bad.csv", ["a"])
