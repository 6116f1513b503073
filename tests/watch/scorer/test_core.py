"""Several cameras, scored in turns by detectors that are loaded once."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import BundleError
from awry.watch.clock import ManualClock
from awry.watch.messages import (
    Interesting,
    Message,
    Scored,
    SessionEnded,
    ShowAll,
    StateChanged,
)
from awry.watch.scorer.core import ScorerHost, Tally
from awry.watch.site.portions import ScorerSettings
from scorer_fakes import BUNDLE, Mailboxes, bright_detector, camera, opening

OTHER = Path("/bundles/b")


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def boxes(clock: ManualClock) -> Mailboxes:
    return Mailboxes(clock)


def drained(host: ScorerHost) -> list[Message]:
    """What it says until no camera has a picture."""
    said: list[Message] = []
    while (words := host.step()) is not None:
        said += words
    return said


def scores(said: list[Message], name: str) -> list[float | None]:
    return [m.score for m in said if isinstance(m, Scored) and m.camera == name]


def test_cameras_take_turns_and_share_a_loaded_detector(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    opened: list[Path] = []
    settings = ScorerSettings(cameras=(camera("a"), camera("b"), camera("c", OTHER)))
    opener = opening({BUNDLE: bright_detector(), OTHER: bright_detector()}, opened)
    host = ScorerHost(settings, clock, opener, boxes)
    assert host.step() is None
    for name, values in {"a": (10, 11, 12, 13), "b": (20, 21, 22), "c": ()}.items():
        boxes[name].give(*values)
    taken = []
    while boxes["a"].waiting or boxes["b"].waiting:
        before = len(boxes["a"].waiting)
        host.step()
        taken.append("a" if len(boxes["a"].waiting) < before else "b")
    assert taken == ["a", "b", "a", "b", "a", "b", "a"]
    assert opened == [BUNDLE, OTHER]


def test_a_camera_that_comes_late_is_next(clock: ManualClock, boxes: Mailboxes) -> None:
    settings = ScorerSettings(cameras=(camera("a"), camera("b")))
    host = ScorerHost(settings, clock, opening({BUNDLE: bright_detector()}), boxes)
    boxes["a"].give(*range(10))
    host.step()
    host.step()
    boxes["b"].give(50)
    host.step()
    assert not boxes["b"].waiting


def test_scores_of_each_camera_are_its_own(clock: ManualClock, boxes: Mailboxes) -> None:
    settings = ScorerSettings(cameras=(camera("a"), camera("b")))
    host = ScorerHost(settings, clock, opening({BUNDLE: bright_detector()}), boxes)
    boxes["a"].give(10, 11, 12, 13, 14)
    boxes["b"].give(20, 21, 22, 23)
    said = drained(host)
    assert scores(said, "a") == [None, 11.0, 12.0]
    assert scores(said, "b") == [None, 21.0]
    closing = host.close()
    assert scores(closing, "a") == [13.0, 14.0]
    assert [m.session for m in closing if isinstance(m, SessionEnded)] == ["a-1", "b-1"]
    assert boxes["a"].closed
    assert boxes["b"].closed


def test_a_bundle_that_cannot_be_loaded_is_its_cameras_affair_alone(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    detectors = {BUNDLE: BundleError("Its hash differs."), OTHER: bright_detector()}
    settings = ScorerSettings(cameras=(camera("a"), camera("b", OTHER)))
    host = ScorerHost(settings, clock, opening(detectors), boxes)  # type: ignore[arg-type]
    boxes["a"].give(10, 11, 12, 13)
    boxes["b"].give(20, 21, 22, 23)
    said = drained(host)
    states = [(m.camera, m.state, m.reason) for m in said if isinstance(m, StateChanged)]
    assert states == [("a", "misconfigured", "Its hash differs.")]
    assert scores(said, "b") == [None, 21.0]
    assert boxes["a"].asked == 0

    detectors[BUNDLE] = bright_detector()  # it was copied again
    clock.advance(59)
    assert not drained(host)
    clock.advance(2)
    said = drained(host)
    assert scores(said, "a") == [None, 11.0]
    assert [m.state for m in said if isinstance(m, StateChanged)] == ["running"]


def test_other_settings_touch_the_cameras_that_changed_alone(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    opened: list[Path] = []
    detectors = {BUNDLE: bright_detector(), OTHER: bright_detector()}
    opener = opening(detectors, opened)
    settings = ScorerSettings(cameras=(camera("a"), camera("b"), camera("c")))
    host = ScorerHost(settings, clock, opener, boxes)
    for name in "abc":
        boxes[name].give(10, 11, 12)
    drained(host)
    changed = host.configure(ScorerSettings(cameras=(camera("a"), camera("b", OTHER))))
    ended = [(m.camera, m.session) for m in changed if isinstance(m, SessionEnded)]
    assert ended == [("c", "c-1"), ("b", "b-1")]
    assert boxes["c"].closed
    boxes["a"].give(13)
    boxes["b"].give(13, 14, 15)
    said = drained(host)
    assert scores(said, "a") == [11.0]  # it went on
    assert scores(said, "b") == [None]  # it warms up
    assert next(m for m in said if isinstance(m, Scored) and m.camera == "b").session != "b-1"
    assert opened == [BUNDLE, OTHER]


def test_a_detector_that_nobody_uses_is_forgotten(clock: ManualClock, boxes: Mailboxes) -> None:
    opened: list[Path] = []
    settings = ScorerSettings(cameras=(camera("a"),))
    host = ScorerHost(settings, clock, opening({BUNDLE: bright_detector()}, opened), boxes)
    host.step()
    host.configure(ScorerSettings())
    host.configure(settings)
    host.step()
    assert opened == [BUNDLE, BUNDLE]


def test_a_camera_without_a_bundle_is_left_alone(clock: ManualClock, boxes: Mailboxes) -> None:
    host = ScorerHost(ScorerSettings(cameras=(camera("a", None),)), clock, opening({}), boxes)
    boxes["a"].give(1, 2)
    assert host.step() is None
    assert boxes["a"].asked == 0


def test_the_keeper_says_from_where_on_pictures_are_wanted(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    settings = ScorerSettings(cameras=(camera("a"), camera("b")))
    host = ScorerHost(settings, clock, opening({BUNDLE: bright_detector()}), boxes)
    host.interesting(Interesting("a", "day", 20.0))
    host.interesting(Interesting("b", "infrared", 20.0))
    for name in "ab":
        boxes[name].give(30, 30, 30, 30)
    shown = {m.camera: bool(m.picture) for m in drained(host) if isinstance(m, Scored) and m.score}
    assert shown == {"a": True, "b": False}


def test_what_was_wanted_of_one_detector_is_not_of_the_next(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    detectors = {BUNDLE: bright_detector(), OTHER: bright_detector()}
    settings = ScorerSettings(cameras=(camera("a", shadow=OTHER),))
    host = ScorerHost(settings, clock, opening(detectors), boxes)
    host.interesting(Interesting("a", "day", 20.0))
    boxes["a"].give(30, 30, 30, 30)
    said = [m for m in drained(host) if isinstance(m, Scored) and m.score]
    assert {m.shadow: bool(m.picture) for m in said} == {False: True, True: False}
    host.configure(ScorerSettings(cameras=(camera("a", OTHER),)))
    boxes["a"].give(30, 30, 30, 30)
    assert not any(m.picture for m in drained(host) if isinstance(m, Scored))


def test_a_tally_counts_since_it_was_asked(clock: ManualClock, boxes: Mailboxes) -> None:
    tally = Tally(clock)
    box = boxes["a"]
    box.give(10, dropped=3)
    frame = box.waiting[0]
    clock.advance(2)
    with tally:
        clock.advance(1)
    tally.count(frame)  # type: ignore[arg-type]
    clock.advance(1)
    figures = tally.figures()
    assert figures == {
        "frames": 1.0, "dropped": 3.0, "fps": 0.25, "lag_s": pytest.approx(3.0), "busy": 0.25,
    }  # fmt: skip
    clock.advance(1)
    assert tally.figures() == {"frames": 1.0, "dropped": 3.0, "fps": 0.0, "lag_s": 0, "busy": 0}


def test_looking_lasts_for_so_long_and_concerns_one_camera(
    clock: ManualClock, boxes: Mailboxes
) -> None:
    settings = ScorerSettings(cameras=(camera("a"), camera("b")))
    host = ScorerHost(settings, clock, opening({BUNDLE: bright_detector()}), boxes)
    host.show_all(ShowAll("a", 5.0))
    for name in "ab":
        boxes[name].give(10, 11, 12, 13, 14)
    said = drained(host)
    looked = {m.camera: m.looked for m in said if isinstance(m, Scored) and m.score is not None}
    assert looked == {"a": True, "b": False}
    clock.advance(5.0)
    boxes["a"].give(15, 16)
    assert not any(m.looked for m in drained(host) if isinstance(m, Scored))
    host.show_all(ShowAll("a", 5.0))
    host.interesting(Interesting("a", "day", 12.5, 100.0))
    boxes["a"].give(11, 20, 11, 11)
    found = [(m.looked, bool(m.picture)) for m in drained(host) if isinstance(m, Scored)]
    assert (False, True) in found  # near the threshold: as without anybody who looks
    assert (True, False) in found
