from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.clock import ManualClock
from awry.watch.messages import Scored
from awry.watch.simulation.receivers import FakeReceiver
from awry.watch.simulation.tally import Events, Tally
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.results import StoredEvent
from awry.watch.store.write import put_event

NOW = 1_800_000_000.0


def seen(step: int, score: float = 200.0) -> Scored:
    return Scored("front", NOW + step, "s1", step, "b", score)


def event(uid: str, start: float, session: str = "s1") -> StoredEvent:
    values = {"peak_at": start, "score": 200.0, "threshold": 130.0, "bundle": "b"}
    return StoredEvent(
        uid, "front", start, start + 2, session=session, state="ended", told=True, **values
    )


def compared(tmp_path: Path, *events: StoredEvent, told: int = 1) -> Events:
    clock = ManualClock(NOW)
    zero = clock.monotonic()
    tally = Tally(clock, {"front": [(zero, zero + 3)]})
    for step in range(3):
        tally.scored(seen(step))
        tally.acknowledged(seen(step))
        tally.acknowledged(seen(step))
        clock.advance(1)
    receiver = FakeReceiver()
    for one in events:
        receiver.told.update({(one.uid, "new"): told, (one.uid, "end"): told})
    database = open_database(Layout(tmp_path))
    with database.writing() as session:
        for one in events:
            put_event(session, one, NOW)
        found = tally.compare(session, [receiver], [receiver])
    database.close()
    return found


def test_one_anomaly_is_one_event(tmp_path: Path) -> None:
    found = compared(tmp_path, event("a", NOW))
    assert (found.scores_in, found.seen, found.stored) == (3, 1, 1)
    assert (found.missing, found.twice, found.strange, found.untold, found.repeated) == (0,) * 5
    assert not found.faultless, "no score is in the store"


@pytest.mark.parametrize(
    ("events", "told", "wrong"),
    [
        ((), 1, {"missing": 1}),
        ((event("a", NOW), event("b", NOW + 1)), 1, {"twice": 1}),
        ((event("a", NOW), event("b", NOW + 500)), 1, {"strange": 1}),
        ((event("a", NOW), event("b", NOW, "s2")), 1, {"strange": 1}),
        ((event("a", NOW),), 0, {"untold": 3}),
        ((event("a", NOW),), 2, {"repeated": 3}),
    ],
)
def test_what_goes_wrong_is_counted(
    tmp_path: Path, events: tuple[StoredEvent, ...], told: int, wrong: dict[str, int]
) -> None:
    found = compared(tmp_path, *events, told=told)
    named = ("missing", "twice", "strange", "untold", "repeated")
    assert {name: getattr(found, name) for name in named} == dict.fromkeys(named, 0) | wrong
