"""Many budgets tried on stored scores at once: what each would have given, as `replay` finds it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.scoring.calibration import Budget
from awry.watch.keeper.again import (
    ReplayedEvent,
    events_of,
    find_again,
    first_touching,
    scored_seconds,
    squeezed,
)
from awry.watch.keeper.alarms import allowed_a_day
from awry.watch.keeper.events import Level
from awry.watch.keeper.replay import newest_detector, stored_events_of, with_stored
from awry.watch.keeper.stored_levels import StoredLevel
from awry.watch.keeper.stretches import newest_minute
from awry.watch.store.database import Database
from awry.watch.store.results import StoredEvent
from awry.watch.store.scores import LIGHTS, ScoreSpan, read_scores

STEPS = (
    *("0.25/week", "0.5/week", "1/week", "2/week", "4/week"),
    *("1/day", "2/day", "3/day", "5/day", "7/day", "10/day", "15/day", "20/day", "30/day"),
    *("2/hour", "3/hour", "5/hour", "10/hour", "20/hour", "30/hour"),
    *("1/minute", "2/minute", "5/minute"),
)
"""Budgets that can be named, from one alarm in four weeks to five a minute, in about equal ratios.
"""
MOST_EVENTS = 5000
"""A budget that gives more events is left out: nobody looks at them."""
MOST_CUT = 40_000
"""So many scores may lie in events that are cut for their length; with more it is left out too."""
DAY_S = 86_400.0


@dataclass(frozen=True, slots=True)
class TriedBudget:
    """What a budget would have given.

    Attributes:
        budget: as `Budget.parse` reads it.
        allowed: alarms a day that it allows; None: its unit is frames, and their rate is unknown.
        thresholds: light mode -> threshold; None: there are no events in it.
        how: light mode -> how it came about.
        events: that it would have given, in order of time.
        gone: uids of stored events that there would not have been, oldest first.
    """

    budget: str
    allowed: float | None
    thresholds: Mapping[str, float | None]
    how: Mapping[str, str]
    events: tuple[ReplayedEvent, ...]
    gone: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TriedBudgets:
    """What budgets would have given, from the strictest on.

    Attributes:
        camera, bundle: whose scores.
        since, until: seconds since 1970-01-01 UTC.
        seconds: that were scored in between.
        now: light mode -> the threshold that the keeper judges by; empty: it has none yet.
        fitted: the budget that the detector was fitted with; None: it had none.
        tried: by what they allow; budgets beyond the last give no more than it, or too much.
        were: the stored events of that detector, oldest first.
    """

    camera: str
    bundle: str
    since: float
    until: float
    seconds: float
    now: Mapping[str, float | None]
    fitted: str | None
    tried: tuple[TriedBudget, ...]
    were: tuple[StoredEvent, ...]

    def nearest(self, budget: str | None) -> int | None:
        """The place of a budget, or else of the one that is nearest to what counts now.

        Args:
            budget: the camera's own; None: it has none.

        Returns:
            None: no budget was tried.
        """
        own = None if budget is None else str(Budget.of(budget))
        for place, step in enumerate(self.tried):
            if step.budget == own:
                return place
        if not self.tried:
            return None
        if own is not None:
            return len(self.tried) - 1  # it gives more events than any of them

        def far(place: int) -> float:
            pairs = [(self.tried[place].thresholds.get(one), self.now[one]) for one in self.now]
            return sum(abs(a - b) for a, b in pairs if a is not None and b is not None)

        return min(range(len(self.tried)), key=far)


def try_budgets(
    database: Database,
    camera: str,
    *,
    days: float = 7.0,
    budget: str | None = None,
    longest_event_s: float = 300.0,
) -> TriedBudgets:
    """Try every budget of `STEPS`, and the camera's own, on the newest days of stored scores.

    Each has the very events that `replay` gives for its budget, detector and time.

    Args:
        database: of the site; one to read is enough.
        camera: its name.
        days: how far back from the newest score.
        budget: the camera's own.
        longest_event_s: as in the camera's settings.

    Raises:
        InputError: nothing was scored then.
        BundleError: the detector keeps a threshold alone, or nothing is known of it.
    """
    with database.reading() as session:
        newest = newest_minute(session, camera)
        if newest is None:
            raise InputError(f"Camera {camera} has no stored scores yet.")
        until = newest + 60.0
        since = until - days * DAY_S
        bundle = newest_detector(session, camera, since, until)
        scores = read_scores(session, camera, since, until, bundle=bundle)
        known = _known(session, camera, bundle, scores)
        were = stored_events_of(session, camera, bundle, since, until)
    first = next(iter(known.values()))
    budgets = _budgets(budget, first.rate)
    levels = [{light: one.level(wanted) for light, one in known.items()} for wanted, _ in budgets]
    trial = _Trial((camera, bundle), scores, were, longest_event_s)
    tried: list[TriedBudget] = []
    for (wanted, allowed), each in reversed(list(zip(budgets, levels, strict=True))):
        found = trial.at(each)
        if found is not None:
            thresholds = {light: level.threshold for light, level in each.items()}
            how = {light: level.how for light, level in each.items()}
            tried.append(TriedBudget(str(wanted), allowed, thresholds, how, *found))
    return TriedBudgets(
        camera=camera,
        bundle=bundle,
        since=since,
        until=until,
        seconds=scored_seconds(scores),
        now={light: one.now.threshold for light, one in known.items() if one.now is not None},
        fitted=None if first.scene.budget is None else str(first.scene.budget),
        tried=_needed(tried[::-1], None if budget is None else str(Budget.of(budget))),
        were=were,
    )


def _known(session: Session, camera: str, bundle: str, scores: ScoreSpan) -> dict[str, StoredLevel]:
    lights = [LIGHTS[number] for number in np.unique(scores.lights)]
    return {light: StoredLevel.of(session, (camera, bundle, light)) for light in lights}


def _budgets(own: str | None, rate: float | None) -> list[tuple[Budget, float | None]]:
    """All budgets with the alarms a day that they allow, from the strictest on."""
    budgets = [Budget.parse(text) for text in STEPS]
    if own is not None:
        mine, allowed = Budget.of(own), allowed_a_day(Budget.of(own), rate)
        same = [one for one in budgets if allowed_a_day(one, rate) == allowed]
        budgets = [mine, *(one for one in budgets if one not in same)]
    found = [(one, allowed_a_day(one, rate)) for one in budgets]
    return sorted(found, key=lambda pair: pair[1] or 0.0)


def _needed(tried: Sequence[TriedBudget], own: str | None) -> tuple[TriedBudget, ...]:
    """Without those at the end that give no more than the one before."""
    kept = list(tried)
    while len(kept) > 1 and kept[-1].thresholds == kept[-2].thresholds and kept[-1].budget != own:
        kept.pop()
    return tuple(kept)


class _Trial:
    """Levels tried one after the other on the same scores, from the lowest on."""

    def __init__(
        self,
        whose: tuple[str, str],
        scores: ScoreSpan,
        were: Sequence[StoredEvent],
        longest_s: float,
    ) -> None:
        self._whose, self._were, self._longest_s = whose, were, longest_s
        self._whole = self._scores = scores
        self._lows: dict[str, float] = {}
        self._last: tuple[Mapping[str, Level], _Events | None] | None = None

    def at(self, levels: Mapping[str, Level]) -> _Events | None:
        """Events at these levels and what would be gone; None: there are too many."""
        if self._last is None or _differ(self._last[0], levels):
            self._last = levels, self._found(levels)
        return self._last[1]

    def _found(self, levels: Mapping[str, Level]) -> _Events | None:
        lows = {light: _low(level) for light, level in levels.items()}
        if not all(low >= self._lows.get(light, low) for light, low in lows.items()):
            self._scores = self._whole  # too little is left of them
        scores = self._scores = squeezed(self._scores, levels)
        self._lows = lows
        runs = find_again(scores, levels, self._longest_s)
        cut = sum(run.last - run.first + 1 for run in runs if run.cut)
        if len(runs) > MOST_EVENTS or cut > MOST_CUT:
            return None
        events = tuple(events_of(scores, runs, self._whose, levels, self._longest_s))
        spans = sorted((one.start, one.end) for one in events)
        starts, ends = [one.start for one in self._were], [one.end for one in self._were]
        places = first_touching(starts, ends, spans)
        gone = [one.uid for one, place in zip(self._were, places, strict=True) if place is None]
        return with_stored(events, self._were), tuple(gone)


_Events = tuple[tuple[ReplayedEvent, ...], tuple[str, ...]]


def _low(level: Level) -> float:
    if level.threshold is None:
        return float("inf")
    return level.options.low(level.threshold, level.normal)


def _differ(some: Mapping[str, Level], others: Mapping[str, Level]) -> bool:
    return any(some[light].threshold != others[light].threshold for light in others)
