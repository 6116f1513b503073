"""Thresholds as the database keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.scoring.calibration import POOLED, Budget, Calibration, CalibrationClip, calibrate
from awry.watch.keeper.events import Level
from awry.watch.keeper.levels import interesting, said_of, watched_s
from awry.watch.messages import Interesting, Scored
from awry.watch.requests import Judge, Unjudge
from awry.watch.store.models import BundleRow, CalibrationRow, ChangeRow
from awry.watch.store.scores import add_scores
from keeper_site import HIGH, LOW, OPTIONS, KeptSite, write_manifest

EVENT = [*HIGH, *LOW]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def fill(
    site: KeptSite, hours: float, light: str, *, level: float = 0.0, rate: float = 1.0
) -> None:
    """Scores of so many hours up to now, in the database alone."""
    count = int(hours * 3600 * rate)
    begin = site.clock.now() - count / rate
    values = np.abs(np.random.default_rng(1).normal(size=count)) * 0.1 + level
    scored = [
        Scored("door", begin + n / rate, "old", n, site.bundle, float(value), light)  # type: ignore[arg-type]
        for n, value in enumerate(values)
    ]
    with site.database.writing() as session:
        add_scores(session, scored)


def test_a_level_is_worked_out_kept_and_told(site: KeptSite) -> None:
    site.score(LOW)
    (row,) = site.rows(CalibrationRow)
    assert (row.threshold, row.light, row.how) == (1.0, "day", "As fitted.")
    assert [one.payload["threshold"] for one in site.rows(ChangeRow) if one.kind == "budget"] == [1]
    site.kill()
    site.score(LOW)
    assert len([one for one in site.rows(ChangeRow) if one.kind == "budget"]) == 1


def test_feedback_raises_the_threshold_and_taking_it_back_lowers_it(site: KeptSite) -> None:
    site.score(LOW + EVENT)
    uid = site.events()[0].uid
    site.ask(Judge(event=uid, label="normal"))
    assert site.rows(CalibrationRow)[0].threshold == 2.0
    site.score(EVENT)
    assert len(site.events()) == 1
    assert [one.score for one in site.heard(Interesting)] == [0.8, 1.6]
    site.ask(Unjudge(event=uid))
    assert site.rows(CalibrationRow)[0].threshold == 1.0
    site.score(EVENT)
    assert len(site.events()) == 2


def test_what_people_said_counts_for_its_detector_and_light(site: KeptSite) -> None:
    site.score(LOW + EVENT)
    site.ask(Judge(event=site.events()[0].uid, label="normal"))
    with site.reading() as session:
        assert said_of(session, ("door", site.bundle, "day")).normal == (2.0,)
        assert said_of(session, ("door", site.bundle, "infrared")).normal == ()
        assert said_of(session, ("door", "/other", "day")).normal == ()
        assert watched_s(session, ("door", site.bundle, "day")) == 60.0


def test_another_budget_in_the_settings_is_taken(site: KeptSite, tmp_path: Path) -> None:
    scores = np.abs(np.random.default_rng(0).normal(size=5000))
    usual = calibrate([CalibrationClip("c", POOLED, scores, 10.0)], Budget(60.0, "hour"), OPTIONS)
    write_manifest(Path(site.bundle), Calibration(usual.scenes, OPTIONS))
    site.score(LOW)
    first = site.rows(CalibrationRow)[0].threshold
    site.settings = site.with_cameras({"door": {"budget": "1/hour"}})
    site.keeper.configure(site.settings)
    site.score(LOW)
    (row,) = site.rows(CalibrationRow)
    assert first == usual.scenes[POOLED].threshold
    assert row.threshold == usual.scenes[POOLED].with_budget(Budget(1.0, "hour")).threshold
    assert row.threshold > first


def test_a_bundle_that_cannot_be_read_gives_no_events_and_is_tried_again(site: KeptSite) -> None:
    manifest = Path(site.bundle) / "manifest.json"
    good = manifest.read_text()
    manifest.write_text(good.replace("daml", "dam1"))
    site.score(LOW + EVENT)
    assert site.events() == []
    assert "its own hash does not fit" in str(site.keeper.site.levels.facts(site.bundle))
    manifest.write_text(good)
    site.score(EVENT)
    assert site.events() == []
    site.clock.advance(61)
    site.score(EVENT)
    assert len(site.events()) == 1


def night(site: KeptSite) -> CalibrationRow:
    (row,) = [one for one in site.rows(CalibrationRow) if one.light == "infrared"]
    return row


def test_of_a_detector_of_unknown_light_the_one_that_is_scored_first_is_its_own(
    site: KeptSite,
) -> None:
    site.score(LOW, light="infrared")
    assert [(row.light, row.how) for row in site.rows(CalibrationRow)] == [
        ("infrared", "As fitted.")
    ]
    site.kill()
    site.score(LOW, light="day")
    site.kill()
    site.score(LOW, light="infrared")
    how = {row.light: row.how for row in site.rows(CalibrationRow)}
    assert how["infrared"] == "As fitted."
    assert "Until 4 hours in this light (day) were scored" in how["day"]


def test_another_light_has_the_days_threshold_until_four_hours_were_seen(site: KeptSite) -> None:
    key = ("door", site.bundle, "infrared")
    levels = site.keeper.site.levels
    site.score(LOW)
    site.score(LOW, light="infrared")
    row = night(site)
    assert row.threshold == 1.0
    assert "Until 4 hours in this light (infrared) were scored" in row.how
    fill(site, 3.9, "infrared", level=3.0)
    with site.database.writing() as session:
        assert not levels.learn(session, key)
    site.clock.advance(-600)
    fill(site, 4.2, "infrared", level=3.0)
    with site.database.writing() as session:
        assert levels.learn(session, key)
        assert not levels.learn(session, key)
        assert not levels.learn(session, ("door", site.bundle, "day"))
    row = night(site)
    assert row.threshold > 3.0
    assert row.how.startswith("From 4.")
    assert "hours of its own scores (infrared)" in row.how
    site.kill()
    with site.database.writing() as session:
        assert site.keeper.site.levels.get(session, *key).threshold == row.threshold


def test_a_detector_of_the_night_takes_its_threshold_as_it_is(site: KeptSite) -> None:
    with site.database.writing() as session:
        facts = {"light": "infrared"}
        row = BundleRow(camera="door", path=site.bundle, state="active", at=1.0, facts=facts)
        session.add(row)
    site.score(LOW, light="infrared")
    assert site.rows(CalibrationRow)[0].how == "As fitted."


def test_from_where_on_pictures_are_wanted() -> None:
    assert interesting(Level(2.0, 1.0)) == 1.8
    assert interesting(Level(None)) is None
