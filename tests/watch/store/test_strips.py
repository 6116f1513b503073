from __future__ import annotations

import numpy as np
import pytest
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.messages import Scored
from awry.watch.store import strips as module
from awry.watch.store.models import BundleRow, CalibrationRow
from awry.watch.store.scores import add_scores
from awry.watch.store.strips import strips

BASE = 1_800_000_000  # a whole minute


def step(second: float, score: float | None, **more: object) -> Scored:
    values = {"camera": "yard", "session": "s", "bundle": "/store/a", "light": "day", **more}
    return Scored(at=BASE + second, step=int(second * 10), score=score, **values)  # type: ignore[arg-type]


def calibrated(session: Session, bundle: str, threshold: float | None, **more: object) -> None:
    given = {"camera": "yard", "light": "day", "normal": 1.0, "at": BASE, **more}
    session.add(CalibrationRow(bundle=bundle, threshold=threshold, **given))
    session.flush()


def test_a_level_is_0_where_normal_and_1_at_the_threshold(session: Session) -> None:
    calibrated(session, "/store/a", 3.0)
    add_scores(session, [step(1, 1.0), step(2, 3.0), step(3, 2.0), step(4, None), step(7, 5.0)])
    found = strips(session, ["yard", "none"], BASE, BASE + 10, 5)
    np.testing.assert_allclose(found["yard"], [0, 1, np.nan, 2, np.nan])
    assert np.isnan(found["none"]).all()


def test_lights_have_their_own_thresholds(session: Session) -> None:
    calibrated(session, "/store/a", 3.0)
    calibrated(session, "/store/a", 11.0, light="infrared")
    add_scores(session, [step(1, 2.0), step(61, 6.0, light="infrared")])
    found = strips(session, ["yard"], BASE, BASE + 120, 2)["yard"]
    np.testing.assert_allclose(found, [0.5, 0.5])


def test_where_nothing_alarms_the_level_is_0(session: Session) -> None:
    calibrated(session, "/store/a", None)
    add_scores(session, [step(1, 2.0), step(2, 9.0, bundle="/store/unknown")])
    np.testing.assert_array_equal(strips(session, ["yard"], BASE, BASE + 4, 1)["yard"], [0])


def test_a_threshold_below_normal_is_reached_or_not(session: Session) -> None:
    calibrated(session, "/store/a", 0.5)
    add_scores(session, [step(1, 0.4), step(3, 0.6)])
    np.testing.assert_array_equal(strips(session, ["yard"], BASE, BASE + 4, 2)["yard"], [0, 1])


def test_much_at_once_is_read_by_the_minute(
    session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    calibrated(session, "/store/a", 3.0)
    add_scores(session, [step(1, 5.0), step(59, 1.0), step(150, 3.0)])
    monkeypatch.setattr(module, "FINE_MINUTES", 0)
    found = strips(session, ["yard"], BASE - 30, BASE + 210, 8)["yard"]
    np.testing.assert_array_equal(found, [np.nan, 2, 2, np.nan, np.nan, 1, 1, np.nan])
    day = strips(session, ["yard"], BASE, BASE + 86_400, 2)["yard"]
    np.testing.assert_array_equal(day, [2, np.nan])


def test_a_detector_that_only_tries_does_not_count(session: Session) -> None:
    session.add(BundleRow(camera="yard", path="b", method="m", state="shadow", at=BASE))
    calibrated(session, "/store/a", 3.0)
    calibrated(session, "/store/b", 3.0)
    add_scores(session, [step(1, 2.0), step(1, 99.0, bundle="/store/b")])
    np.testing.assert_array_equal(strips(session, ["yard"], BASE, BASE + 2, 1)["yard"], [0.5])


def test_a_detector_counts_from_when_it_took_over(session: Session) -> None:
    """While it only tried, the one before counts; what nobody else scored is its own."""
    session.add(BundleRow(camera="yard", path="a", method="m", state="retired", at=BASE + 120))
    session.add(BundleRow(camera="yard", path="b", method="m", state="active", at=BASE + 120))
    for bundle in ("/store/a", "/store/b"):
        calibrated(session, bundle, 3.0)
    add_scores(
        session,
        [
            step(60, 2.0),
            step(0, 7.0, bundle="/store/b"),
            step(60, 7.0, bundle="/store/b"),
            step(121, 5.0, bundle="/store/b"),
            step(122, 9.0),
        ],
    )
    found = strips(session, ["yard"], BASE, BASE + 180, 3)["yard"]
    np.testing.assert_array_equal(found, [3, 0.5, 2])


@pytest.mark.parametrize(("until", "bins"), [(BASE, 5), (BASE + 5, 0)])
def test_no_time_or_no_bins_is_refused(session: Session, until: float, bins: int) -> None:
    with pytest.raises(InputError, match="expected more"):
        strips(session, ["yard"], BASE, until, bins)
