"""Every budget over the API: as a replay of each, and quickly again."""

from __future__ import annotations

from typing import Any

import pytest

from awry.scoring.rates import rate_interval
from awry.watch.messages import Scored
from awry.watch.store.scores import add_scores
from awry.watch.web import sensitivity_cache as module
from awry.watch.web.routes import sensitivity
from awry.watch.web.score_work import score_work
from scored_here import BEGIN, score
from web_site import NOW, Here, event

PATH = "/api/v1/cameras/door/sensitivity"


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the cameras whose budgets were tried anew."""
    cameras: list[str] = []
    try_budgets = module.try_budgets

    def counted(database: Any, camera: str, **given: Any) -> Any:
        cameras.append(camera)
        return try_budgets(database, camera, **given)

    monkeypatch.setattr(module, "try_budgets", counted)
    return cameras


def told(here: Here, days: int = 7) -> dict[str, Any]:
    answer = here.client("viewer").get(f"{PATH}?days={days}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_each_budget_is_as_its_replay(here: Here) -> None:
    score(here)
    here.add(event("high", "door", BEGIN + 450, label="abnormal", score=3.5))
    here.add(event("none", "door", BEGIN + 20, label="normal", score=2.2))
    found = told(here)
    assert found["budget"] == "2/day"
    assert found["tried"][found["at"]]["budget"] == "2/day"
    client = here.client("viewer")
    span = f"since={found['since']}&until={found['until']}"
    for step in found["tried"]:
        one = client.get(f"/api/v1/cameras/door/replay?budget={step['budget']}&{span}").json()
        assert step["events"] == one["events"]
        assert (step["gone"], step["thresholds"]) == (one["gone"], one["thresholds"])
        assert step["count"] == len(one["events"])
        assert (step["low"], step["high"]) == rate_interval(step["count"], one["seconds"] / 86_400)
        assert step["abnormal"] == ("high" not in step["gone"])
        assert step["normal"] == ("none" not in step["gone"])
    assert (found["abnormal"], found["normal"]) == (1, 1)
    assert found["tried"][0]["count"] < found["tried"][-1]["count"]


def test_it_is_made_once_until_something_changes(here: Here, made: list[str]) -> None:
    score(here)
    here.add(event("high", "door", BEGIN + 450, score=3.5))
    first = told(here)
    assert told(here) == first
    assert made == ["door"]
    told(here, days=1)
    assert made == ["door"] * 2
    here.client("operator").put("/api/v1/events/high/judgement", json={"label": "abnormal"})
    assert told(here)["abnormal"] == 1
    assert made == ["door"] * 3
    here.client("admin").patch("/api/v1/cameras/door/config", json={"budget": "5/day"})
    assert told(here)["budget"] == "5/day"
    assert made == ["door"] * 4


def test_newer_scores_count_after_five_minutes(here: Here, made: list[str]) -> None:
    score(here)
    told(here)
    for after, times in ((60.0, 1), (400.0, 2)):
        with here.database.writing() as session:
            add_scores(session, [Scored("door", NOW + after, "u", int(after), "bundles/a", 0.1)])
        told(here)
        assert len(made) == times


def test_a_camera_without_a_budget_stands_where_its_threshold_is_nearest(here: Here) -> None:
    score(here, threshold=2.2)
    here.client("admin").patch("/api/v1/cameras/door/config", json={"budget": None})
    found = told(here)
    assert (found["budget"], found["fitted"]) == (None, "2/day")
    far = [abs(step["thresholds"]["day"] - 2.2) for step in found["tried"]]
    assert found["at"] == far.index(min(far))


def test_what_nobody_can_say_is_said(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    client = here.client("viewer")
    answer = client.get(PATH)
    assert answer.status_code == 409  # the detector's folder is not there
    assert client.get("/api/v1/cameras/nobody/sensitivity").status_code == 404
    assert client.get(f"{PATH}?days=8").status_code == 422
    assert here.client("yard").get(PATH).status_code == 403
    monkeypatch.setattr(sensitivity, "PATIENCE_S", 0.0)
    with score_work():
        assert client.get(PATH).status_code == 429
