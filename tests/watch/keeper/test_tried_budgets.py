"""Many budgets at once: the same events as `replay` gives for each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.errors import BundleError, InputError
from awry.scoring.calibration import POOLED, Budget, Calibration, CalibrationClip, calibrate
from awry.watch.keeper import tried_budgets as module
from awry.watch.keeper.replay import replay
from awry.watch.keeper.tried_budgets import STEPS, TriedBudgets, try_budgets
from awry.watch.requests import Judge
from keeper_site import OPTIONS, KeptSite, write_manifest


def usual(chance: np.random.Generator, count: int) -> list[float]:
    """Scores that hang together, as those of a camera do."""
    values = np.convolve(np.abs(chance.normal(size=count + 4)), np.ones(5) / 5, "valid")
    return [float(one) for one in values]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path, cameras={"door": {"budget": "200/day", "longest_event_s": 10}})
    chance = np.random.default_rng(1)
    clip = CalibrationClip("a", POOLED, np.array(usual(chance, 4000)), 10.0)
    scene = calibrate([clip], Budget.parse("2/day"), OPTIONS).scene(POOLED)
    write_manifest(tmp_path / "bundle", Calibration({POOLED: scene}, OPTIONS))
    site.kill()
    yield site
    site.close()


def scored(site: KeptSite) -> None:
    """Three connections, day and infrared, high stretches and long ones among them."""
    chance = np.random.default_rng(2)
    for number in range(3):
        values = usual(chance, 1500)
        values[500:700] = [3.0] * 200
        for place in chance.integers(0, 1400, 12):
            values[place : place + 8] = [float(chance.uniform(1.2, 3.0))] * 8
        site.steps = 0
        light = "infrared" if number == 1 else "day"
        some: list[float | None] = [None] * 5
        site.score([*some, *values], session=f"s{number}", light=light)


def tried_on(site: KeptSite, **given: object) -> TriedBudgets:
    values = {"budget": "200/day", "longest_event_s": 10.0} | given
    return try_budgets(site.database, "door", **values)  # type: ignore[arg-type]


def test_every_budget_gives_what_its_replay_gives(site: KeptSite) -> None:
    scored(site)
    events = site.events()
    site.ask(Judge(event=events[0].uid, label="normal"))
    site.ask(Judge(event=events[-1].uid, label="abnormal"))
    found = tried_on(site)
    assert {step.budget for step in found.tried} > {"0.25/week", "1/day", "200/day", "1/minute"}
    counts = []
    for step in found.tried:
        wanted = {"since": found.since, "until": found.until, "bundle": found.bundle}
        one = replay(site.database, "door", budget=step.budget, longest_event_s=10.0, **wanted)
        assert step.events == one.events
        assert step.gone == tuple(event.uid for event in one.gone)
        assert (step.thresholds, step.how) == (one.thresholds, one.how)
        assert found.seconds == one.seconds
        counts.append(len(step.events))
    assert counts[0] < counts[-1]
    assert [one.uid for one in found.were] == [
        one.uid for one in replay(site.database, "door").were
    ]


def test_budgets_are_in_order_and_the_own_one_stands_once(site: KeptSite) -> None:
    scored(site)
    allowed = [step.allowed for step in tried_on(site).tried]
    assert allowed == sorted(allowed, key=lambda one: one or 0)
    named = [step.budget for step in tried_on(site, budget="14/week").tried]
    assert "14/week" in named
    assert "2/day" not in named
    assert [step.budget for step in tried_on(site, budget=None).tried] == list(STEPS[: len(named)])


def test_what_gives_no_more_than_the_one_before_is_left_out(site: KeptSite) -> None:
    scored(site)
    tried = tried_on(site, budget=None).tried
    assert tried[-1].thresholds != tried[-2].thresholds
    more = tried_on(site, budget="9000/minute").tried
    assert more[-1].budget == "9000/minute"


def test_too_many_events_are_left_out(site: KeptSite, monkeypatch: pytest.MonkeyPatch) -> None:
    scored(site)
    every = tried_on(site).tried
    counts = [len(step.events) for step in every]
    monkeypatch.setattr(module, "MOST_EVENTS", min(counts))
    monkeypatch.setattr(module, "MOST_CUT", 10**9)
    left = tried_on(site).tried
    assert 0 < len(left) < len(every)
    monkeypatch.setattr(module, "MOST_CUT", -1)
    assert tried_on(site).tried == ()


def test_the_thresholds_of_now_stand_beside_it(site: KeptSite) -> None:
    scored(site)
    found = tried_on(site)
    (mine,) = [step for step in found.tried if step.budget == "200/day"]
    assert found.now == mine.thresholds
    assert set(found.now) == {"day", "infrared"}


def test_what_cannot_be_tried_is_said(tmp_path: Path) -> None:
    site = KeptSite(tmp_path)
    with pytest.raises(InputError, match="no stored scores yet"):
        try_budgets(site.database, "door")
    site.score([0.1, 2.0, 2.0, 0.1])
    with pytest.raises(BundleError, match="no more than a threshold"):
        try_budgets(site.database, "door")
    site.close()
