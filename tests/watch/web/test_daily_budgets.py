from __future__ import annotations

from pathlib import Path

from awry.watch.web.daily_budgets import daily_budgets

SITE = """\
store: store
cameras:
  door: {detect: "rtsp://10.0.0.1/live", budget: 2/hour}
  yard: {detect: "rtsp://10.0.0.2/live"}
  lane: {detect: "rtsp://10.0.0.3/live", budget: 2/1000frames}
"""


def test_alarms_a_day_by_the_file(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(SITE)
    assert daily_budgets(path) == {"door": 48.0}
    path.write_text(SITE.replace("2/hour", "7/week"))
    assert daily_budgets(path) == {"door": 1.0}


def test_a_file_that_cannot_be_used_gives_nothing(tmp_path: Path) -> None:
    assert daily_budgets(None) == {}
    path = tmp_path / "site.yaml"
    assert daily_budgets(path) == {}
    path.write_text("cameras: [")
    assert daily_budgets(path) == {}
