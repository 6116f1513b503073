from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.messages import Scored
from awry.watch.store.models import ScoreRow
from awry.watch.store.scores import ScoreSpan, add_scores, detectors, read_scores, thinned

BASE = 1_800_000_000  # a whole minute


def step(number: int, score: float | None = 1.0, **more: object) -> Scored:
    values = {"camera": "yard", "session": "s", "bundle": "b", "at": BASE + number / 10, **more}
    return Scored(step=number, score=score, **values)  # type: ignore[arg-type]


def span(session: Session, **more: object) -> ScoreSpan:
    return read_scores(session, "yard", BASE - 1e6, BASE + 1e6, bundle="b", **more)  # type: ignore[arg-type]


def test_scores_come_back_as_they_were(session: Session) -> None:
    steps = [step(number, None if number < 3 else number / 7) for number in range(1500)]
    assert add_scores(session, steps) == 1500
    found = span(session)
    assert (found.times.dtype, found.scores.dtype) == (np.float64, np.float32)
    np.testing.assert_allclose(found.times, [one.at for one in steps], rtol=0, atol=1e-5)
    assert np.isnan(found.scores[:3]).all()
    np.testing.assert_array_equal(found.scores[3:], np.arange(3, 1500, dtype=np.float32) / 7)
    rows = session.scalars(select(ScoreRow).order_by(ScoreRow.minute)).all()
    assert [row.minute - BASE for row in rows] == [0, 60, 120]
    assert [row.count for row in rows] == [600, 600, 300]
    assert rows[0].highest == pytest.approx(599 / 7)
    assert rows[0].last_step == 599


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    cuts=st.lists(st.integers(0, 200), max_size=6).map(sorted), back=st.lists(st.integers(0, 40))
)
def test_steps_that_come_twice_are_kept_once(
    session: Session, cuts: list[int], back: list[int]
) -> None:
    """Messages come again after a restart: from somewhere before, in order."""
    session.execute(ScoreRow.__table__.delete())
    steps = [step(number * 7, float(number)) for number in range(200)]
    for number, cut in enumerate([*cuts, 200]):
        first = max(0, (cuts[number - 1] if number else 0) - (back[number : number + 1] or [0])[0])
        add_scores(session, steps[first:cut])
    found = span(session)
    np.testing.assert_array_equal(found.scores, np.arange(200))


def test_a_minute_of_warm_up_alone_has_no_highest(session: Session) -> None:
    add_scores(session, [step(1, None), step(2, float("nan"))])
    assert session.scalars(select(ScoreRow.highest)).all() == [None]
    add_scores(session, [step(3, 2.0), step(4, -1.0)])
    assert session.scalars(select(ScoreRow.highest)).all() == [2.0]


def test_cameras_detectors_lights_and_sessions_are_kept_apart(session: Session) -> None:
    steps = [
        step(1, 1.0),
        step(1, 2.0, camera="gate"),
        step(1, 3.0, bundle="other"),
        step(2, 4.0, light="infrared"),
        step(1, 5.0, session="t", at=BASE + 100.0),
        step(3, 6.0),
    ]
    assert add_scores(session, steps) == add_scores(session, [*steps, step(4, 7.0)]) + 5
    found = span(session)
    np.testing.assert_array_equal(found.scores, [1, 4, 6, 7, 5])
    np.testing.assert_array_equal(found.lights, [0, 1, 0, 0, 0])
    assert found.sessions[0] == found.sessions[3] != found.sessions[4]
    np.testing.assert_array_equal(span(session, light="infrared").scores, [4])
    assert detectors(session, "yard", BASE, BASE + 1) == ("b", "other")
    assert detectors(session, "yard", BASE + 100, BASE + 200) == ("b",)


def test_a_stretch_has_its_first_moment_and_not_its_last(session: Session) -> None:
    add_scores(session, [step(number, float(number)) for number in range(0, 2000, 10)])
    found = read_scores(session, "yard", BASE + 59, BASE + 61, bundle="b")
    np.testing.assert_array_equal(found.scores, [590, 600])
    empty = read_scores(session, "nobody", BASE, BASE + 60, bundle="b")
    assert [len(getattr(empty, name)) for name in empty.__slots__] == [0, 0, 0, 0]
    assert add_scores(session, []) == 0


def test_thinning_keeps_peaks(session: Session) -> None:
    add_scores(session, [step(number, 9.0 if number == 333 else 1.0) for number in range(600)])
    add_scores(session, [step(number, None) for number in range(1200, 1210)])
    bins = thinned(span(session), BASE, BASE + 180, 18)
    np.testing.assert_allclose(bins.times - BASE, [5, 15, 25, 35, 45, 55, 125])
    np.testing.assert_array_equal(bins.highest, np.float32([1, 1, 1, 9, 1, 1, np.nan]))
    for count, until in ((0, BASE + 1), (5, BASE)):
        with pytest.raises(InputError, match="expected more"):
            thinned(span(session), BASE, until, count)
