"""What the keeper does by the clock."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.watch.messages import Recording, Scored, StateChanged
from awry.watch.store.models import (
    CalibrationRow,
    CameraRow,
    ChangeRow,
    DoneMessage,
    DriftRow,
    OutboxRow,
    StateRow,
)
from awry.watch.store.scores import add_scores
from keeper_site import HIGH, INGEST, LOW, KeptSite

HOUR_S = 3600.0


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path, site={"mqtt": True})
    site.tell(StateChanged("a", "door", "running", site.clock.now()), INGEST)
    site.score(LOW)
    yield site
    site.close()


def state(site: KeptSite) -> tuple[str, str]:
    (row,) = site.rows(CameraRow)
    return row.state, row.state_reason


def again(site: KeptSite, uid: str) -> None:
    """The camera is connected anew and scores."""
    for number, name in enumerate(("stalled", "running")):
        said = StateChanged(f"{uid}{number}", "door", name, site.clock.now())  # type: ignore[arg-type]
        site.tell(said, INGEST)
    site.score(LOW)
    site.keeper.tick()


def hour(site: KeptSite, mean: float, chance: np.random.Generator) -> None:
    """An hour passes, with 360 scores in its first minute."""
    begin = site.clock.now()
    values = chance.normal(mean, 0.1, 360)
    scored = [
        Scored("door", begin + n / 10, "old", int(begin) + n, site.bundle, float(value))
        for n, value in enumerate(values)
    ]
    with site.database.writing() as session:
        add_scores(session, scored)
    site.clock.advance(HOUR_S)
    site.said += site.keeper.tick()


def test_drift_is_measured_by_the_hour_said_once_and_never_acted_upon(
    site: KeptSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awry.watch.keeper.upkeep.REFERENCE_HOURS", 0.3)
    site.clock.advance(HOUR_S - site.clock.now() % HOUR_S)
    site.keeper.tick()
    chance = np.random.default_rng(0)
    for _ in range(26):
        hour(site, 0.3, chance)
    rows = site.rows(DriftRow)
    assert rows[0].stability is None  # there is no reference yet
    assert rows[-1].stability < 0.1
    assert rows[-1].distance < 0.1
    assert rows[-1].count == 360
    for _ in range(5):
        hour(site, 0.5, chance)
    assert site.rows(DriftRow)[-1].stability > 0.25
    assert [row for row in site.rows(OutboxRow) if row.kind == "drift"] == []
    for _ in range(3):
        hour(site, 0.5, chance)
    again(site, "b")
    assert state(site)[0] == "degraded"
    assert state(site)[1].startswith("Drift: For 6 hours the scores (day) have been others than")
    assert len([row for row in site.rows(OutboxRow) if row.kind == "drift"]) == 1
    site.kill()
    again(site, "c")
    assert state(site)[0] == "degraded"
    for _ in range(7):
        hour(site, 0.3, chance)
    again(site, "d")
    assert state(site)[0] == "running"
    assert len([row for row in site.rows(ChangeRow) if row.kind == "drift"]) == 2
    (row,) = site.rows(CalibrationRow)
    assert row.threshold == 1.0


def test_a_full_disk_stops_clips_and_is_a_state(
    site: KeptSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.keeper.tick()
    assert state(site)[0] == "running"
    with monkeypatch.context() as patch:
        patch.setattr(site.disk, "free", lambda folder: 2**20)
        site.clock.advance(11)
        (effect,) = [one for one in site.keeper.tick() if isinstance(one.message, Recording)]
        assert getattr(effect.message, "on", None) is False
        site.keeper.tick()
    assert state(site)[0] == "degraded"
    assert state(site)[1].startswith("No recording: The disk has 0.00 GiB left")
    greeted = [one.message for one in site.keeper.greet(INGEST)]
    assert [one.on for one in greeted if isinstance(one, Recording)] == [False]
    site.score(HIGH + LOW)
    assert len(site.events()) == 1
    site.clock.advance(400)
    assert Recording(True) in [one.message for one in site.keeper.tick()]


def test_a_reason_whose_figures_change_is_not_a_new_state(site: KeptSite) -> None:
    for share in (2, 3, 4):
        site.score([0.1] * 30, dropped=share)
        site.keeper.tick()
    assert state(site)[0] == "degraded"
    assert len([row for row in site.rows(StateRow) if row.state == "degraded"]) == 1


def test_messages_that_were_done_are_forgotten_after_a_day(site: KeptSite) -> None:
    assert [row.uid for row in site.rows(DoneMessage)] == ["a"]
    site.clock.advance(2 * 86_400)
    site.keeper.tick()
    assert site.rows(DoneMessage) == []


def test_a_clock_that_was_set_deletes_nothing_for_an_hour(site: KeptSite) -> None:
    site.score(HIGH + LOW, picture=b"jpeg")
    picture = site.settings.store / site.events()[0].picture
    site.keeper.tick()
    site.clock.jump(60 * 86_400)
    for _ in range(3):
        site.clock.advance(61)
        site.keeper.tick()
    assert picture.exists()
    site.clock.advance(3600)
    site.keeper.tick()
    assert not picture.exists()


def test_media_are_deleted_a_few_at_a_time(site: KeptSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.score(HIGH + LOW, picture=b"jpeg")
    (event,) = site.events()
    picture = site.settings.store / event.picture
    assert picture.read_bytes() == b"jpeg"
    site.clock.advance(31 * 86_400)
    site.keeper.tick()
    assert not picture.exists()
    assert site.events()[0].picture == ""
