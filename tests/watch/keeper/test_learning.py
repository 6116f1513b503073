"""From footage to a detector that takes over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from awry.watch.keeper.learning import Learning
from awry.watch.messages import BundleState, FileWritten, Gather, StateChanged, Train, UseBundle
from awry.watch.requests import BundleBack, BundleDrop, BundlePromote, Refit
from awry.watch.store.models import BundleRow, CameraRow, ChangeRow, StateRow
from keeper_site import DAY_S, HIGH, INGEST, LOW, SUPERVISOR, KeptSite, write_manifest


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path, cameras={"door": {"bundle": None}})
    site.tell(StateChanged("s", "door", "running", site.clock.now()), INGEST)
    yield site
    site.close()


def gather(site: KeptSite, number: int, seconds: float = 100.0) -> None:
    start = site.clock.now()
    path = f"footage/door/{number}.mp4"
    span = (start, start + seconds)
    site.tell(FileWritten(f"f{number}", "door", "footage", path, *span, 1000), INGEST)


def said(site: KeptSite, state: str, uid: str, path: str = "bundles/door/1", **more: Any) -> None:
    at = site.clock.now()
    given = {"method": "daml", "detail": "A sentence."} | more
    site.tell(BundleState(uid, "door", path, state=state, at=at, **given), SUPERVISOR)  # type: ignore[arg-type]


def tick(site: KeptSite, seconds: float = 60.0, *connected: tuple[str, str]) -> list[Any]:
    site.clock.advance(seconds)
    effects = site.keeper.tick(connected)
    site.said += effects
    return [one.message for one in effects]


def state(site: KeptSite) -> tuple[str, str]:
    (row,) = site.rows(CameraRow)
    return row.state, row.state_reason


def test_footage_is_gathered_for_a_day_then_a_detector_is_fitted_and_takes_over(
    site: KeptSite,
) -> None:
    assert tick(site) == [Gather("door", DAY_S, 4 * 2**30)]
    assert state(site) == ("learning", "Footage is gathered: 0 % of 24 hours passed.")
    for number in range(4):
        gather(site, number)
        (wanted,) = [one for one in tick(site, DAY_S / 5) if isinstance(one, Gather)]
    assert wanted.seconds == pytest.approx(DAY_S / 5)
    assert state(site)[1] == "Footage is gathered: 80 % of 24 hours passed."
    assert [one.message for one in site.keeper.greet(INGEST)][-1] == wanted
    assert tick(site, DAY_S / 4) == [Train("door", "learned"), Gather("door", 0.0, 0)]
    assert tick(site) == []
    said(site, "fitting", "b1")
    assert tick(site, 60.0, ("trainer", "door")) == []
    assert state(site) == ("learning", "A detector is being fitted (daml).")
    said(site, "shadow", "b2")
    folder = str(site.settings.store / "bundles/door/1")
    assert site.heard(UseBundle)[-1] == UseBundle("door", folder)
    assert [(row.path, row.state) for row in site.rows(BundleRow)] == [("bundles/door/1", "active")]
    tick(site)
    assert state(site)[0] == "warming up"
    site.said.clear()
    site.kill()
    assert site.heard(UseBundle) == [UseBundle("door", folder)]


def test_what_a_learned_detector_scores_alarms(site: KeptSite) -> None:
    write_manifest(site.settings.store / "bundles/door/1")
    said(site, "shadow", "b")
    site.bundle = str(site.settings.store / "bundles/door/1")
    site.score(LOW + HIGH + LOW)
    assert [event.told for event in site.events()] == [True]


def test_a_later_detector_only_tries(site: KeptSite) -> None:
    said(site, "shadow", "b1")
    said(site, "shadow", "b2", "bundles/door/2")
    first, second = (str(site.settings.store / f"bundles/door/{n}") for n in (1, 2))
    assert site.heard(UseBundle)[-1] == UseBundle("door", first, second)
    write_manifest(Path(second))
    site.bundle = second
    site.score(LOW + HIGH + LOW, shadow=True)
    assert [(one.shadow, one.told, one.silent) for one in site.events()] == [
        (True, False, "shadow")
    ]
    said(site, "failed", "b3", "bundles/door/2", method="")
    assert site.heard(UseBundle)[-1] == UseBundle("door", first)
    assert [row.method for row in site.rows(BundleRow)] == ["daml", "daml"]


def test_too_little_footage_goes_on_being_gathered(site: KeptSite) -> None:
    gather(site, 0, 20.0)
    said_now = tick(site, 2 * DAY_S)
    assert [type(one) for one in said_now] == [Gather]
    assert said_now[0].seconds > 0
    assert "too little to learn from" in state(site)[1]


def test_little_footage_suffices_where_little_is_asked_for(tmp_path: Path) -> None:
    cameras = {"door": {"bundle": None, "learn": {"seconds": 60.0}}}
    site = KeptSite(tmp_path, cameras=cameras)
    site.tell(StateChanged("s", "door", "running", site.clock.now()), INGEST)
    gather(site, 0, 70.0)
    assert [type(one) for one in tick(site, 80.0)] == [Train, Gather]
    assert "100 %" in state(site)[1]
    site.close()


def test_a_fit_that_failed_is_tried_again_after_an_hour(site: KeptSite) -> None:
    gather(site, 0, 400.0)
    assert Train("door", "learned") in tick(site, 2 * DAY_S)
    said(site, "failed", "b1", "bundles/door/1")
    assert tick(site) == []
    assert state(site)[1] == "The last fit failed: A sentence. It is tried again."
    assert tick(site, 3600.0) == [Train("door", "learned")]


def test_a_fit_that_does_not_begin_is_asked_for_again(site: KeptSite) -> None:
    gather(site, 0, 400.0)
    assert Train("door", "learned") in tick(site, 2 * DAY_S)
    assert tick(site, 300.0) == []
    assert tick(site, 301.0) == [Train("door", "learned")]


def test_a_folder_of_footage_is_learned_from_at_once(tmp_path: Path) -> None:
    learn = {"bundle": None, "learn": {"folder": str(tmp_path)}}
    site = KeptSite(tmp_path, cameras={"door": learn})
    assert tick(site) == [Train("door", "learned"), Gather("door", 0.0, 0)]
    site.close()


def test_how_far_learning_is_makes_no_rows(site: KeptSite) -> None:
    for number in range(6):
        gather(site, number)
        tick(site, DAY_S / 6)
        tick(site, 1.0)  # within the minute nothing is written
    rows = [(row.state, row.reason) for row in site.rows(StateRow)]
    assert rows[-1] == ("learning", "Footage is gathered: 100 % of 24 hours passed.")
    assert [name for name, _ in rows].count("learning") == 1
    changes = [row for row in site.rows(ChangeRow) if row.payload.get("state") == "learning"]
    assert len(changes) == 1


def test_a_refit_without_footage_gathers_first_while_the_detector_goes_on(tmp_path: Path) -> None:
    site = KeptSite(tmp_path, cameras={"door": {"learn": {"seconds": 3600.0}}})
    site.tell(StateChanged("s", "door", "running", site.clock.now()), INGEST)
    assert tick(site) == [Gather("door", 0.0, 0)]
    site.said.clear()
    assert site.ask(Refit(camera="door", reason="It snows.")).error == ""
    assert [one.seconds for one in site.heard(Gather)] == [3600.0]
    assert site.heard(Train) == []
    (change,) = [row for row in site.rows(ChangeRow) if row.kind == "bundle"]
    assert change.payload["detail"] == (
        "Footage for another detector is gathered for 1 hour; then it is fitted."
    )
    gather(site, 0, 400.0)
    site.clock.advance(1900.0)
    site.kill()
    site.tell(StateChanged("s2", "door", "running", site.clock.now()), INGEST)
    site.score(LOW)
    tick(site, 1.0)
    assert state(site) == (
        "running",
        "Footage for another detector is gathered: 50 % of 1 hour passed.",
    )
    assert Train("door", "refit") in tick(site, 1800.0)
    said(site, "fitting", "b1")
    assert [one for one in tick(site, 700.0, ("trainer", "door")) if isinstance(one, Train)] == []
    with site.reading() as session:
        camera = site.keeper.site.cameras["door"]
        words = Learning(site.keeper.site).words(session, camera)
    assert words == "Another detector is being fitted (daml)."
    said(site, "shadow", "b2")
    folder = str(site.settings.store / "bundles/door/1")
    assert site.heard(UseBundle)[-1] == UseBundle("door", site.bundle, folder)
    assert tick(site, 700.0) == []
    said(site, "failed", "b3")  # the trial's
    assert tick(site, 7200.0) == []
    site.close()


def test_a_refit_with_footage_is_fitted_at_once_and_one_that_failed_is_over(
    site: KeptSite,
) -> None:
    said(site, "shadow", "b1")
    gather(site, 0, 400.0)
    site.ask(Refit(camera="door"))
    assert site.heard(Train) == [Train("door", "refit")]
    said(site, "failed", "b2", "bundles/door/2")
    assert tick(site, 7200.0) == [Gather("door", 0.0, 0)]
    assert tick(site, 7200.0) == []


def test_a_refit_on_new_footage_gathers_it_from_now_on(tmp_path: Path) -> None:
    site = KeptSite(tmp_path, cameras={"door": {"learn": {"seconds": 3600.0}}})
    site.tell(StateChanged("s", "door", "running", site.clock.now()), INGEST)
    gather(site, 0, 4000.0)  # enough, but of the old view
    tick(site)
    site.said.clear()
    assert site.ask(Refit(camera="door", reason="It was moved.", gather_s=7200.0)).error == ""
    assert site.heard(Train) == []
    assert site.heard(Gather)[-1].seconds == 7200.0
    site.clock.advance(3600.0)
    gather(site, 1, 400.0)
    site.score(LOW)
    tick(site, 1.0)
    assert state(site)[1] == "Footage for another detector is gathered: 50 % of 2 hours passed."
    assert Train("door", "refit") in tick(site, 3700.0)
    said(site, "shadow", "b1")
    assert site.rows(CameraRow)[0].refit is None


def test_new_footage_is_not_gathered_where_there_is_a_folder_or_no_detector(
    tmp_path: Path,
) -> None:
    cameras = {
        "door": {"learn": {"folder": str(tmp_path)}},
        "yard": {"bundle": None, "learn": {"seconds": 3600.0}},
    }
    site = KeptSite(tmp_path, cameras=cameras)
    assert "from a folder" in site.ask(Refit(camera="door", gather_s=3600.0)).error
    assert "it learns already" in site.ask(Refit(camera="yard", gather_s=3600.0)).error


def test_back_to_the_one_before(site: KeptSite) -> None:
    assert "no detector to go back to" in site.ask(BundleBack(camera="door")).error
    said(site, "active", "b1")
    site.clock.advance(1)
    said(site, "active", "b2", "bundles/door/2")
    site.clock.advance(1)
    assert site.ask(BundleBack(camera="door")).error == ""
    first = str(site.settings.store / "bundles/door/1")
    assert site.heard(UseBundle)[-1] == UseBundle("door", first)
    site.ask(BundleDrop(camera="door", path="bundles/door/1"))
    assert site.heard(UseBundle)[-1] == UseBundle("door", "")


def test_nobody_goes_back_to_one_that_was_dropped_while_it_tried(site: KeptSite) -> None:
    said(site, "active", "b1")
    site.clock.advance(1)
    said(site, "active", "b2", "bundles/door/2")
    site.clock.advance(1)
    said(site, "shadow", "b3", "bundles/door/3")
    site.clock.advance(1)
    assert site.ask(BundleDrop(camera="door", path="bundles/door/3")).error == ""
    assert site.ask(BundleBack(camera="door")).error == ""
    first = str(site.settings.store / "bundles/door/1")
    assert site.heard(UseBundle)[-1] == UseBundle("door", first)
    assert site.ask(BundlePromote(camera="door", path="bundles/door/3")).error == ""
    third = str(site.settings.store / "bundles/door/3")
    assert site.heard(UseBundle)[-1] == UseBundle("door", third)
