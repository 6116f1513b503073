"""Budgets tried on stored scores, as the API gives them: kept until something has changed."""

from __future__ import annotations

import math
import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.scoring.rates import rate_interval
from awry.watch.keeper.stretches import newest_minute
from awry.watch.keeper.tried_budgets import TriedBudget, TriedBudgets, try_budgets
from awry.watch.store.database import Database
from awry.watch.store.models import BundleRow, CalibrationRow, FeedbackRow
from awry.watch.store.results import StoredEvent
from awry.watch.web.bodies.cameras import ReplayedBody
from awry.watch.web.bodies.sensitivity import Sensitivity, TriedBudgetBody, WereBody

MOST_LISTED = 500
FRESH_S = 300.0
"""Newer scores alone have budgets tried anew after so long."""
_KEPT = 8
_DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class _Kept:
    """Tried budgets as JSON, and what they were made of."""

    made_of: tuple[Any, ...]
    newest: float
    text: bytes


class SensitivityCache:
    """The budgets tried for a site's cameras, the newest few.

    Args:
        database: of the site, to read.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._kept: OrderedDict[tuple[str, float], _Kept] = OrderedDict()
        self._lock = threading.Lock()

    def known(self, camera: str, days: float, budget: str | None, longest_s: float) -> bytes | None:
        """Tried budgets as JSON, if they still stand; as `made`.

        They do until a judgement, a threshold, a detector or the settings change, or five minutes
        of newer scores have come.
        """
        with self._lock:
            kept = self._kept.get((camera, days))
        if kept is None:
            return None
        with self._database.reading() as session:
            newest = newest_minute(session, camera) or 0.0
            same = kept.made_of == _made_of(session, camera, budget, longest_s)
        return kept.text if same and newest - kept.newest < FRESH_S else None

    def made(self, camera: str, days: float, budget: str | None, longest_s: float) -> bytes:
        """Budgets tried anew, as JSON; `Sensitivity` says what is in it.

        Args:
            camera: whose scores.
            days: how far back.
            budget: the camera's own; None: it has none.
            longest_s: an event that lasts so long is cut.

        Raises:
            InputError, BundleError: as `try_budgets`.
        """
        with self._database.reading() as session:
            made_of = _made_of(session, camera, budget, longest_s)
        found = try_budgets(
            self._database, camera, days=days, budget=budget, longest_event_s=longest_s
        )
        text = body_of(found, budget).model_dump_json().encode()
        with self._lock:
            self._kept[camera, days] = _Kept(made_of, found.until - 60.0, text)
            self._kept.move_to_end((camera, days))
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return text


def body_of(found: TriedBudgets, budget: str | None) -> Sensitivity:
    """Tried budgets as the API gives them."""
    judged = {one.uid: one.label for one in found.were if one.label is not None}
    return Sensitivity(
        camera=found.camera,
        bundle=found.bundle,
        since=found.since,
        until=found.until,
        seconds=found.seconds,
        budget=budget,
        fitted=found.fitted,
        now=dict(found.now),
        at=found.nearest(budget),
        tried=[_tried(one, found.seconds, judged) for one in found.tried],
        were=[were_body(one) for one in found.were],
        abnormal=sum(label == "abnormal" for label in judged.values()),
        normal=sum(label == "normal" for label in judged.values()),
    )


def were_body(one: StoredEvent) -> WereBody:
    """A stored event as it stands beside what would have been."""
    return WereBody(
        uid=one.uid,
        start=one.start,
        end=one.end,
        score=one.score if math.isfinite(one.score) else None,
        told=one.told,
        label=one.label,
        picture=bool(one.picture) and one.media == "kept",
    )


def _tried(step: TriedBudget, seconds: float, judged: dict[str, str]) -> TriedBudgetBody:
    count, days = len(step.events), seconds / _DAY_S
    low, high = rate_interval(count, days)
    gone = set(step.gone)
    left = [label for uid, label in judged.items() if uid not in gone]
    return TriedBudgetBody(
        budget=step.budget,
        allowed=step.allowed,
        thresholds=dict(step.thresholds),
        how=dict(step.how),
        count=count,
        per_day=count / days,
        low=low,
        high=high,
        new=sum(one.was is None for one in step.events),
        events=[ReplayedBody.model_validate(one) for one in step.events[-MOST_LISTED:]],
        gone=list(step.gone),
        abnormal=left.count("abnormal"),
        normal=left.count("normal"),
    )


def _made_of(
    session: Session, camera: str, budget: str | None, longest_s: float
) -> tuple[Any, ...]:
    """What tried budgets follow from, beside the scores."""
    thresholds = select(
        CalibrationRow.bundle, CalibrationRow.light, CalibrationRow.threshold, CalibrationRow.how
    ).where(CalibrationRow.camera == camera)
    detectors = select(BundleRow.path, BundleRow.state).where(BundleRow.camera == camera)
    said = select(func.max(FeedbackRow.id)).where(FeedbackRow.camera == camera)
    rows = [tuple(row) for wanted in (thresholds, detectors) for row in session.execute(wanted)]
    return budget, longest_s, session.scalar(said), *sorted(rows, key=str)
