"""Which clips a data set of judged events has, and with which labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store import write
from awry.watch.store.export import plan_export, texts_of
from awry.watch.store.models import FileRow
from awry.watch.store.read import EventFilter
from awry.watch.store.results import StoredFootage
from stores import NOON, a_clip, an_event


def put(session: Session, number: int, label: str | None, **more: Any) -> str:
    event = an_event(number, state="ended", **more)
    write.put_event(session, event, 1.0)
    clip = a_clip(number, path=f"media/{event.camera}/{number}.mp4")
    span = {"start": event.start - 5, "end": event.end + 5}
    write.add_clip(session, event.camera, replace(clip, **span), 1.0)
    if label:
        write.judge(session, event.uid, label, 1.0)
    return event.uid


def test_clips_of_judged_events_with_the_spans_of_abnormal_ones(session: Session) -> None:
    put(session, 1, "abnormal", start=NOON)
    put(session, 2, "normal", start=NOON + 4)  # its clip shows the one before, too
    put(session, 3, None, start=NOON + 100)
    put(session, 4, "normal", start=NOON + 4, camera="gate")
    plan = plan_export(session, EventFilter())
    assert [(one.event[-1], one.label, one.camera) for one in plan.files] == [
        ("1", "abnormal", "yard"),
        ("2", "normal", "yard"),
        ("4", "normal", "gate"),
    ]
    assert [one.spans for one in plan.files] == [((5.0, 7.0),), ((1.0, 3.0),), ()]
    assert plan.files[0].name == "test/yard-20270115-080000-00000000.mp4"
    assert (plan.bytes, plan.counted("normal"), plan.left_out) == (300, 2, 0)


def test_only_what_is_asked_for(session: Session) -> None:
    first = put(session, 1, "abnormal", start=NOON)
    second = put(session, 2, "normal", start=NOON + 100, camera="gate")
    third = put(session, 3, None, start=NOON + 200)

    def found(wanted: EventFilter, **more: Any) -> list[str]:
        return [one.event for one in plan_export(session, wanted, **more).files]

    assert found(EventFilter(cameras=("gate",))) == [second]
    assert found(EventFilter(until=NOON + 50)) == [first]
    assert found(EventFilter(label="normal")) == [second]
    assert found(EventFilter(), uids=[second, first, third, second]) == [first, second]
    assert found(EventFilter(cameras=("gate",)), uids=[first, second]) == [second]
    for wanted in (EventFilter(since=NOON + 150), EventFilter(label="none", cameras=("x",))):
        with pytest.raises(InputError, match="No clip of an event that somebody judged"):
            plan_export(session, wanted)
    with pytest.raises(InputError, match="More than 1 events"):
        plan_export(session, EventFilter(), most=1)


def test_clips_that_are_gone_are_left_out_and_counted(session: Session) -> None:
    put(session, 1, "abnormal", start=NOON)
    put(session, 2, "normal", start=NOON + 100)
    row = session.get(FileRow, "media/yard/2.mp4")
    assert row is not None
    row.state = "missing"
    session.flush()
    plan = plan_export(session, EventFilter())
    assert ([one.event[-1] for one in plan.files], plan.left_out) == (["1"], 1)


def test_footage_near_events_that_nobody_called_normal_is_left_out(session: Session) -> None:
    put(session, 1, "normal", start=NOON)
    put(session, 2, None, start=NOON + 100)
    for number, at in enumerate((0, 90, 200)):
        piece = StoredFootage(
            "yard", f"footage/yard/{number}.mp4", NOON + at, NOON + at + 10, 7, "day"
        )
        write.add_footage(session, piece)
    plan = plan_export(session, EventFilter(), footage=True)
    assert [one.path for one in plan.files if not one.event] == [
        "footage/yard/0.mp4",
        "footage/yard/2.mp4",
    ]


def test_what_stands_beside_the_clips(session: Session) -> None:
    put(session, 1, "abnormal", start=NOON)
    put(session, 2, "normal", start=NOON + 100)
    texts = texts_of(plan_export(session, EventFilter()).files, "home")
    name = "yard-20270115-080000-00000000"
    assert texts["spans.csv"] == f"clip,start,end\n{name},5.000,7.000\n"
    assert texts["scenes.csv"].splitlines()[1] == f"{name},yard"
    assert texts["events.csv"].splitlines()[1] == f"{name},{1:032x},yard,abnormal"
    assert "Nobody marked single frames" in texts["ABOUT.txt"]
    assert "'home'" in texts["ABOUT.txt"]
