from __future__ import annotations

from sqlalchemy.orm import Session

from awry.watch.store.calibrations import (
    budget_of,
    budgets,
    calibrations,
    drifts,
    put_budget,
    put_calibration,
    put_drift,
)
from awry.watch.store.read import changes
from awry.watch.store.results import Budget, Calibration, Drift


def test_a_threshold_is_replaced_by_the_newer(session: Session) -> None:
    def value(threshold: float | None, light: str, at: float) -> Calibration:
        return Calibration("yard", "b", light, threshold, 0.5, "from footage", {"frames": 9}, at)

    put_calibration(session, value(1.0, "day", 1.0))
    put_calibration(session, value(None, "infrared", 2.0))
    put_calibration(session, value(3.0, "day", 3.0))
    assert calibrations(session, "yard") == (value(3.0, "day", 3.0), value(None, "infrared", 2.0))
    assert calibrations(session, "gate") == ()


def test_a_budget_is_told_when_it_changes(session: Session) -> None:
    assert budget_of(session, "yard", "2027-01-15") is None
    for alarms, spent in ((0, None), (1, None), (1, None), (2, 7.0)):
        put_budget(session, Budget("yard", "2027-01-15", alarms, 2.0, spent), 7.0)
    put_budget(session, Budget("gate", "2027-01-14", 5, 2.0, None), 7.0)
    assert budget_of(session, "yard", "2027-01-15") == Budget("yard", "2027-01-15", 2, 2.0, 7.0)
    assert [one.camera for one in budgets(session)] == ["gate", "yard"]
    assert [one.camera for one in budgets(session, since="2027-01-15")] == ["yard"]
    assert [one.alarms for one in budgets(session, camera="gate")] == [5]
    told = [one.payload for one in changes(session, 0) if one.camera == "yard"]
    assert [one["alarms"] for one in told] == [0, 1, 2]
    assert [one["spent"] for one in told] == [False, False, True]


def test_drift_is_told_where_something_is_to_be_said(session: Session) -> None:
    first = Drift("yard", 3600, "day", "b", 0.1, 0.05, 900)
    second = Drift("yard", 7200, "day", "b", None, None, 3)
    put_drift(session, first, 1.0)
    put_drift(session, second, 2.0)
    worse = Drift("yard", 7200, "day", "b", 0.9, 0.5, 900)
    put_drift(session, worse, 3.0, said="The scene has changed; fit anew.")
    assert drifts(session, "yard") == (first, worse)
    assert drifts(session, "yard", since=7200, bundle="b") == (worse,)
    assert drifts(session, "yard", bundle="other") == ()
    (told,) = changes(session, 0)
    assert (told.kind, told.payload["said"]) == ("drift", "The scene has changed; fit anew.")
