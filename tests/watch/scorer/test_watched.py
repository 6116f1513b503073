"""A camera's sessions, gaps and its two detectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.watch.clock import ManualClock
from awry.watch.messages import Gap, Light, Message, Scored, SessionEnded
from awry.watch.scorer.detector_cache import DetectorCache
from awry.watch.scorer.run import Limit
from awry.watch.scorer.watched import OTHER_SIZE, RECONNECTED, Watched, named_anew
from awry.watch.site.portions import Grid, ScoredCamera
from scorer_fakes import BUNDLE, SIZE, BrightnessScorer, Pictures, bright_detector, camera, opening

TRIAL = Path("/bundles/trial")


class Given:
    """A camera that is scored, and its pictures."""

    def __init__(self, settings: ScoredCamera | None = None) -> None:
        self.clock = ManualClock()
        self.box = Pictures("gate", self.clock)
        detectors: dict[Path, Any] = {
            BUNDLE: bright_detector({66: RuntimeError("boom")}),
            TRIAL: bright_detector(),
        }

        def limit(light: Light) -> Limit | None:
            return None

        cache = DetectorCache(opening(detectors), self.clock)
        self.watched = Watched(settings or camera(), self.box, cache, limit, self.clock)

    def scored(self, *values: int, **other: Any) -> list[Message]:
        self.box.give(*values, **other)
        said: list[Message] = []
        while True:
            item, words = self.watched.next()
            said += words
            if item is None:
                return said
            said += self.watched.take(item)


def of_kind(said: list[Message], kind: type) -> list[Any]:
    return [message for message in said if isinstance(message, kind)]


def test_a_new_session_begins_with_a_fresh_scorer() -> None:
    given = Given()
    given.scored(10, 11, 12, 13)
    given.box.end()
    ended = given.scored()
    assert [one.score for one in of_kind(ended, Scored)] == [12.0, 13.0]
    assert [one.session for one in of_kind(ended, SessionEnded)] == ["gate-1"]
    given.box.step += 30  # it took three seconds
    said = given.scored(20, 21, 22, 23)
    (gap,) = of_kind(said, Gap)
    assert gap.why == RECONNECTED
    assert gap.end - gap.start == pytest.approx(3.1)
    assert [(one.session, one.score) for one in of_kind(said, Scored)] == [
        ("gate-2", None), ("gate-2", 21.0),
    ]  # fmt: skip


def test_a_session_that_ends_unseen_is_ended() -> None:
    given = Given()
    given.scored(10, 11, 12)
    given.box.session = "gate-2"
    said = given.scored(20)
    assert [one.session for one in of_kind(said, SessionEnded)] == ["gate-1"]
    assert len(of_kind(said, Gap)) == 1


def test_few_missing_pictures_are_passed_on_and_many_are_a_gap() -> None:
    given = Given()
    given.scored(10, 11, 12)
    given.box.step += 10  # the camera sent none
    said = given.scored(13, dropped=1) + given.scored(14, 15)
    assert not of_kind(said, Gap)
    assert [(one.step, one.dropped) for one in of_kind(said, Scored)] == [(1, 0), (2, 0), (13, 1)]
    given.box.step += 11
    said = given.scored(16, dropped=11) + given.scored(17, 18)
    (gap,) = of_kind(said, Gap)
    assert gap.why == "Scoring was behind: 11 pictures in a row were left out."
    assert [one.session for one in of_kind(said, SessionEnded)] == ["gate-1"]
    fresh = of_kind(said, Scored)[-1]
    assert (fresh.score, fresh.dropped) == (None, 11)
    assert fresh.session.startswith("gate-1.")


def test_two_pictures_left_out_in_a_row_start_a_memory_anew() -> None:
    given = Given()
    given.scored(10, 11, 12)
    given.box.step += 2
    said = given.scored(13, dropped=2) + given.scored(14, 15)
    (gap,) = of_kind(said, Gap)
    assert gap.why == "Scoring was behind: 2 pictures in a row were left out."
    assert [(one.step, one.score) for one in of_kind(said, Scored)] == [
        (1, 11.0), (2, 12.0), (5, None),
    ]  # fmt: skip


def test_a_scorer_that_is_behind_all_the_time_goes_on_nevertheless() -> None:
    given = Given()
    given.scored(10, 11, 12)
    said: list[Message] = []
    for _ in range(20):
        given.box.step += 2
        said += given.scored(13, dropped=2)
    assert len(of_kind(said, Gap)) == 15  # 5 % of a minute's 600 steps are 30
    given.clock.advance(61)
    given.box.step += 2
    assert len(of_kind(given.scored(13, dropped=2), Gap)) == 1


def test_a_detector_without_memory_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(BrightnessScorer, "warmup", 0)
    given = Given()
    given.scored(10, 11, 12)
    given.box.step += 2
    assert not of_kind(given.scored(13, dropped=2), Gap)


def test_a_clock_that_jumps_makes_no_gap() -> None:
    given = Given()
    given.scored(10, 11)
    given.clock.jump(-3600)
    said = given.scored(12)
    given.clock.jump(7200)
    said += given.scored(13)
    assert not of_kind(said, Gap)
    assert [one.score for one in of_kind(said, Scored)] == [None, 11.0]


@pytest.mark.parametrize(("missing", "gaps"), [(0, 0), (5, 0), (15, 1)])
def test_without_a_rate_time_counts_where_pictures_are_missing(missing: int, gaps: int) -> None:
    given = Given(ScoredCamera(name="gate", bundle=BUNDLE, grid=Grid()))
    given.scored(10, 11)
    given.box.step += missing
    assert len(of_kind(given.scored(12), Gap)) == gaps


def test_pictures_of_another_size_need_a_fresh_scorer() -> None:
    given = Given()
    given.scored(10, 11, 12)
    with pytest.warns(UserWarning, match="they are resized"):
        said = given.scored(13, image=np.zeros((SIZE[0] * 2, SIZE[1] * 2, 3), np.uint8))
    assert [one.why for one in of_kind(said, Gap)] == [OTHER_SIZE]


def test_a_picture_that_comes_twice_is_scored_once() -> None:
    given = Given()
    given.scored(10, 11, 12)
    given.box.step = 1
    assert not given.scored(13, 14)


def test_joining_a_session_midway_has_a_name_of_its_own() -> None:
    given = Given()
    given.box.step = 40
    given.box.give(10)
    said = given.scored(11, 12)
    assert of_kind(said, Scored)[0].session.startswith("gate-1.")


def test_what_was_left_out_while_a_detector_rested_is_nobodys_delay() -> None:
    given = Given()
    given.scored(10, 66, 12, 13)
    given.clock.advance(2)
    given.box.step += 40
    said = given.scored(14, dropped=40) + given.scored(15, 16)
    assert [one.why for one in of_kind(said, Gap)] == ["The detector failed: boom."]
    assert [one.dropped for one in of_kind(said, Scored)] == [0]


def test_a_second_detector_tries_on_the_same_pictures() -> None:
    given = Given(camera(shadow=TRIAL))
    said = of_kind(given.scored(10, 11, 12, 13), Scored)
    assert [(one.shadow, one.score) for one in said] == [
        (False, None), (True, None), (False, 11.0), (True, 11.0),
    ]  # fmt: skip
    assert {one.session for one in said} == {"gate-1", "gate-1.shadow"}
    ended = of_kind(given.watched.end(9.0), SessionEnded)
    assert [one.session for one in ended] == ["gate-1", "gate-1.shadow"]


def test_one_that_tries_goes_on_where_the_other_rests() -> None:
    given = Given(camera(shadow=TRIAL))
    said = of_kind(given.scored(10, 66, 12, 13, 14, 15), Scored)
    assert [one.step for one in said if one.shadow] == [0, 1, 2, 3]
    assert [one.step for one in said if not one.shadow] == [0]


def test_a_second_detector_comes_and_goes_without_touching_the_first() -> None:
    given = Given()
    given.scored(10, 11, 12)
    assert given.watched.change(camera(shadow=TRIAL)) == []
    said = of_kind(given.scored(13, 14, 15), Scored)
    assert [one.step for one in said if not one.shadow] == [1, 2, 3]
    assert [one.step for one in said if one.shadow] == [3]
    assert [type(one) for one in given.watched.change(camera())][-1] is SessionEnded
    assert [one.step for one in of_kind(given.scored(16), Scored)] == [4]


def test_other_ignored_regions_begin_anew() -> None:
    given = Given()
    given.scored(10, 11, 12)
    corner = ((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))
    said = given.watched.change(camera(ignore=(corner,)))
    assert [type(one) for one in said] == [Scored, Scored, SessionEnded]
    (score,) = of_kind(given.scored(13, 14, 15), Scored)
    assert score.score is None
    assert score.session != "gate-1"


def test_a_name_anew_is_nobodys() -> None:
    assert named_anew("s").startswith("s.")
    assert named_anew("s") != named_anew("s")
