"""Thresholds, budgets and drift: what the keeper works out, as it stands."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.watch.store.changes import add_change
from awry.watch.store.models import BudgetRow, CalibrationRow, DriftRow
from awry.watch.store.results import Budget, Calibration, Drift


def put_calibration(session: Session, calibration: Calibration) -> None:
    """Write the threshold that a camera's detector has in a light mode."""
    key = (calibration.camera, calibration.bundle, calibration.light)
    row = session.get(CalibrationRow, key)
    if row is None:
        row = CalibrationRow(camera=key[0], bundle=key[1], light=key[2])
        session.add(row)
    row.threshold, row.normal, row.how = calibration.threshold, calibration.normal, calibration.how
    row.facts, row.at = dict(calibration.facts), calibration.at
    session.flush()


def calibrations(session: Session, camera: str) -> tuple[Calibration, ...]:
    """A camera's thresholds, newest first."""
    wanted = select(CalibrationRow).where(CalibrationRow.camera == camera)
    rows = session.scalars(wanted.order_by(CalibrationRow.at.desc(), CalibrationRow.light))
    return tuple(
        Calibration(
            row.camera,
            row.bundle,
            row.light,
            row.threshold,
            row.normal,
            row.how,
            row.facts,
            row.at,
        )
        for row in rows
    )


def normal_levels(session: Session, cameras: Collection[str]) -> dict[tuple[str, str, str], float]:
    """What is normal, by camera, detector and light mode: how far above it says how strange."""
    wanted = select(
        CalibrationRow.camera, CalibrationRow.bundle, CalibrationRow.light, CalibrationRow.normal
    ).where(CalibrationRow.camera.in_(sorted(cameras)))
    return {(row[0], row[1], row[2]): row[3] for row in session.execute(wanted)}


def put_budget(session: Session, budget: Budget, at: float) -> None:
    """Write how a camera's budget of a day stands at `at`; followers hear of each difference."""
    row = session.get(BudgetRow, (budget.camera, budget.day))
    if row is None:
        row = BudgetRow(camera=budget.camera, day=budget.day, alarms=-1)
        session.add(row)
    if (row.alarms, row.allowed, row.spent_at) == (budget.alarms, budget.allowed, budget.spent_at):
        return
    row.alarms, row.allowed, row.spent_at = budget.alarms, budget.allowed, budget.spent_at
    session.flush()
    payload: dict[str, Any] = {
        "day": budget.day,
        "alarms": budget.alarms,
        "allowed": budget.allowed,
        "spent": budget.spent_at is not None,
    }
    add_change(session, at, "budget", budget.camera, camera=budget.camera, payload=payload)


def budget_of(session: Session, camera: str, day: str) -> Budget | None:
    """A camera's budget of a day (`YYYY-MM-DD`); None: nothing was written yet."""
    row = session.get(BudgetRow, (camera, day))
    return None if row is None else _budget(row)


def budgets(session: Session, *, since: str = "", camera: str | None = None) -> tuple[Budget, ...]:
    """Budgets of all days from `since` (`YYYY-MM-DD`) on, oldest first."""
    wanted = select(BudgetRow).where(BudgetRow.day >= since)
    if camera is not None:
        wanted = wanted.where(BudgetRow.camera == camera)
    rows = session.scalars(wanted.order_by(BudgetRow.day, BudgetRow.camera))
    return tuple(_budget(row) for row in rows)


def put_drift(session: Session, drift: Drift, at: float, *, said: str = "") -> None:
    """Write an hour's drift.

    Args:
        session: the transaction.
        drift: the hour.
        at: now.
        said: a sentence with a proposal; followers hear of it. Empty: nothing is to be said.
    """
    key = (drift.camera, drift.hour, drift.light, drift.bundle)
    row = session.get(DriftRow, key)
    if row is None:
        row = DriftRow(camera=key[0], hour=key[1], light=key[2], bundle=key[3])
        session.add(row)
    row.stability, row.distance, row.count = drift.stability, drift.distance, drift.count
    session.flush()
    if said:
        payload = {"hour": drift.hour, "light": drift.light, "said": said}
        add_change(session, at, "drift", drift.camera, camera=drift.camera, payload=payload)


def drifts(
    session: Session, camera: str, *, since: float = 0.0, bundle: str | None = None
) -> tuple[Drift, ...]:
    """A camera's hours from `since` on, oldest first."""
    wanted = select(DriftRow).where(DriftRow.camera == camera, DriftRow.hour >= since)
    if bundle is not None:
        wanted = wanted.where(DriftRow.bundle == bundle)
    rows = session.scalars(wanted.order_by(DriftRow.hour, DriftRow.light))
    return tuple(
        Drift(row.camera, row.hour, row.light, row.bundle, row.stability, row.distance, row.count)
        for row in rows
    )


def _budget(row: BudgetRow) -> Budget:
    return Budget(row.camera, row.day, row.alarms, row.allowed, row.spent_at)
