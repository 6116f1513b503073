"""A detector of a camera that fails, rests and begins anew."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.errors import BundleError
from awry.watch.clock import ManualClock
from awry.watch.messages import (
    BundleState,
    Gap,
    Light,
    Message,
    Scored,
    SessionEnded,
    StateChanged,
)
from awry.watch.scorer.camera_detector import GOOD_S, CameraDetector
from awry.watch.scorer.detector_cache import DetectorCache
from awry.watch.scorer.run import Limit
from scorer_fakes import BUNDLE, SIZE, Pictures, bright_detector, camera, opening

BOOM = {66: RuntimeError("boom"), 77: float("nan"), 88: MemoryError()}


class Given:
    """A detector, its camera's pictures and its time."""

    def __init__(self, detector: Any, *, shadow: bool = False, **settings: Any) -> None:
        self.clock = ManualClock()
        self.box = Pictures("gate", self.clock)
        self.detectors = {BUNDLE: detector}

        def limit(light: Light) -> Limit | None:
            return None

        self.detector = CameraDetector(
            camera(**settings),
            BUNDLE,
            shadow=shadow,
            cache=DetectorCache(opening(self.detectors), self.clock),
            limit=limit,
            clock=self.clock,
        )

    def push(self, *values: int, **other: Any) -> list[Message]:
        self.box.give(*values, **other)
        said: list[Message] = []
        while self.box.waiting:
            said += self.detector.push(self.box.waiting.popleft(), self.box.session)  # type: ignore[arg-type]
        return said


def of_kind(said: list[Message], kind: type) -> list[Any]:
    return [message for message in said if isinstance(message, kind)]


@pytest.mark.parametrize(
    ("value", "words"),
    [(66, "The detector failed: boom."), (77, "The method gave the score nan"),
     (88, "Close other programs")],
)  # fmt: skip
def test_a_failure_is_a_rest_a_fresh_scorer_and_a_gap(value: int, words: str) -> None:
    given = Given(bright_detector(BOOM))
    said = given.push(10, 11, 12, value, 13, 14)
    begun = given.clock.now()
    (ended,) = of_kind(said, SessionEnded)
    assert ended.session == "gate-1"
    assert not of_kind(said, StateChanged | Gap)

    assert not given.push(15, 16, 17)
    given.clock.advance(1.1)
    after = given.push(18, 19, 20, 21)
    scores = of_kind(after, Scored)
    assert [one.score for one in scores] == [None, 19.0]
    assert scores[0].session.startswith("gate-1.")
    (gap,) = of_kind(after, Gap)
    assert words in gap.why
    # From the last picture that had a score to the first that the fresh scorer took.
    assert gap.start - begun == pytest.approx(0.2)
    assert gap.end == scores[0].at


def rest_of(given: Given) -> float:
    """How long it rests from now on, in whole seconds."""
    seconds = 0
    while not given.detector.ready()[0]:
        given.clock.advance(1)
        seconds += 1
    return seconds


def test_rests_grow_and_the_third_failure_in_a_row_is_a_state() -> None:
    given = Given(bright_detector(BOOM))
    rests, states = [], []
    for _ in range(8):
        said = given.push(66, 66, 66)
        states.append([state.state for state in of_kind(said, StateChanged)])
        rests.append(rest_of(given))
    assert rests == [1, 2, 4, 8, 16, 32, 60, 60]
    assert states == [[], [], ["degraded"], [], [], [], [], []]
    said = given.push(10, 11, 12, 13)
    assert [(one.state, one.reason) for one in of_kind(said, StateChanged)] == [
        ("running", "The camera's pictures are scored again.")
    ]


def test_what_went_well_for_a_minute_begins_to_count_anew() -> None:
    given = Given(bright_detector(BOOM))
    for _ in range(4):
        given.push(66, 66, 66)
        assert rest_of(given) == 1
        given.push(10, 11, 12)
        given.clock.advance(GOOD_S)
        given.push(13)


def test_pictures_that_do_not_fit_are_a_mistake_of_the_settings() -> None:
    import numpy as np

    given = Given(bright_detector())
    square = np.zeros((SIZE[0], SIZE[0], 3), np.uint8)
    said = given.push(1, image=square)
    (state,) = of_kind(said, StateChanged)
    assert state.state == "misconfigured"
    assert "another aspect ratio" in state.reason
    assert rest_of(given) == 60
    assert not given.push(1, image=square)  # it is known
    rest_of(given)
    said = given.push(10, 11, 12, 13)
    assert [one.state for one in of_kind(said, StateChanged)] == ["running"]
    assert "another aspect ratio" in of_kind(said, Gap)[0].why


def test_a_scene_that_the_detector_does_not_know_is_one_too() -> None:
    from dataclasses import replace

    detector = bright_detector()
    models = {"yard": detector.models["*"], "hall": detector.models["*"]}
    given = Given(replace(detector, models=models), scene="roof")
    (state,) = of_kind(given.push(1), StateChanged)
    assert state.state == "misconfigured"
    assert "none for 'roof'" in state.reason


def test_a_bundle_that_cannot_be_loaded_is_said_once() -> None:
    given = Given(BundleError("Its hash differs."))
    ready, said = given.detector.ready()
    assert not ready
    assert [one.state for one in of_kind(said, StateChanged)] == ["misconfigured"]
    assert given.detector.ready() == (False, [])


def test_a_detector_that_only_tries_leaves_the_cameras_state_alone() -> None:
    given = Given(bright_detector(BOOM), shadow=True)
    said: list[Message] = []
    for _ in range(3):
        said += given.push(66, 66, 66)
        given.clock.advance(61)
    assert not of_kind(said, Gap | StateChanged)
    (state,) = of_kind(said, BundleState)
    assert (state.state, Path(state.path)) == ("failed", BUNDLE)
    scores = of_kind(given.push(10, 11, 12), Scored)
    assert all(one.shadow and ".shadow" in one.session for one in scores)


def test_the_end_gives_what_is_owed() -> None:
    given = Given(bright_detector())
    given.push(10, 11)
    said = given.detector.end(5.0)
    assert [type(one) for one in said] == [Scored, Scored, SessionEnded]
    assert not given.detector.runs
    assert given.detector.end(5.0) == []


def test_an_end_that_fails_is_an_end() -> None:
    given = Given(bright_detector(BOOM))
    given.push(10, 11, 66)
    assert [type(one) for one in given.detector.end(5.0)] == [SessionEnded]
