from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store import read, write
from awry.watch.store.feedback import judgements
from awry.watch.store.models import FileRow
from awry.watch.store.results import Span, StoredFootage
from stores import NOON, a_clip, an_event


def told(session: Session) -> list[tuple[str, str]]:
    """Kind and subject of all changes."""
    return [(one.kind, one.subject) for one in read.changes(session, 0)]


def test_states_follow_each_other_and_repeats_are_nothing(session: Session) -> None:
    assert write.set_state(session, "yard", "connecting", 10.0)
    assert not write.set_state(session, "yard", "connecting", 11.0)
    assert write.set_state(session, "yard", "back-off", 12.0, "Refused.")
    assert write.set_state(session, "yard", "running", 5.0)  # the clock was set back
    assert read.states(session, "yard") == (
        Span("yard", "running", 5.0, None),
        Span("yard", "connecting", 10.0, 12.0),
        Span("yard", "back-off", 12.0, 12.0, "Refused."),
    )
    camera = read.camera(session, "yard")
    assert camera is not None
    assert (camera.state, camera.state_since, camera.state_reason) == ("running", 5.0, "")
    assert told(session) == [("state", "yard")] * 3


def test_cameras_come_and_go(session: Session) -> None:
    write.set_cameras(session, {"gate", "yard"}, 1.0)
    write.set_cameras(session, {"yard"}, 2.0)
    assert [one.name for one in read.cameras(session)] == ["yard"]
    gone = read.camera(session, "gate")
    assert gone is not None
    assert (gone.added, gone.removed) == (1.0, 2.0)
    write.set_cameras(session, {"gate", "yard"}, 3.0)
    assert [one.removed for one in read.cameras(session)] == [None, None]


def test_flags_and_arming_and_what_was_seen(session: Session) -> None:
    assert write.set_flag(session, "yard", "dark", True, 1.0, "covered?")
    assert not write.set_flag(session, "yard", "dark", True, 2.0)
    assert write.set_flag(session, "yard", "blurred", True, 2.0)
    assert write.set_armed(session, "yard", False, 3.0)
    assert not write.set_armed(session, "yard", False, 4.0)
    write.set_seen(session, "yard", frame=5.0)
    write.set_seen(session, "yard", score=6.0)
    camera = read.camera(session, "yard")
    assert camera is not None
    assert camera.flags == ("blurred", "dark")
    assert (camera.armed, camera.last_frame, camera.last_score) == (False, 5.0, 6.0)
    assert write.set_flag(session, "yard", "dark", False, 7.0)
    assert not write.set_flag(session, "yard", "dark", False, 8.0)
    assert read.flags(session, "yard")[0] == Span("yard", "dark", 1.0, 7.0, "covered?")


def test_a_gap_is_written_once(session: Session) -> None:
    assert write.add_gap(session, "yard", 1.0, 3.0, "The camera was away.")
    assert not write.add_gap(session, "yard", 1.0, 3.0, "The camera was away.")
    assert read.gaps(session, "yard") == (Span("yard", "gap", 1.0, 3.0, "The camera was away."),)


def test_an_event_keeps_one_id_from_start_to_end(session: Session) -> None:
    begun = an_event(1, picture="media/yard/a.jpg", regions=({"box": [0, 0, 1, 1]},))
    assert write.put_event(session, begun, 50.0) == "new"
    assert write.put_event(session, begun, 51.0) == ""
    higher = an_event(1, score=9.0, parts={"motion": 4.0})
    assert write.put_event(session, higher, 52.0) == "update"
    assert write.put_event(session, an_event(1, score=9.0, state="ended"), 53.0) == "end"
    assert write.put_event(session, an_event(1, score=99.0), 54.0) == ""
    kept = read.event(session, begun.uid)
    assert kept is not None
    assert (kept.state, kept.score, kept.stored_at) == ("ended", 9.0, 50.0)
    assert (kept.picture, kept.media, kept.pinned, kept.label) == (
        *("media/yard/a.jpg", "kept"),
        *(False, None),
    )
    phases = [one.payload["phase"] for one in read.changes(session, 0)]
    assert phases == ["new", "update", "end"]


def test_open_events_are_ended_where_they_were_known_to_reach(session: Session) -> None:
    write.put_event(session, an_event(2, reason="It runs."), 1.0)
    write.put_event(session, an_event(1), 1.0)
    write.put_event(session, an_event(3, state="ended"), 1.0)
    uids = write.end_open_events(session, 2.0, "The program was ended.")
    assert uids == (an_event(1).uid, an_event(2).uid)
    ended = read.event(session, uids[1])
    assert ended is not None
    assert (ended.state, ended.end) == ("ended", an_event(2).end)
    assert ended.reason == "It runs. The program was ended."
    assert write.end_open_events(session, 3.0, "The program was ended.") == ()
    assert read.open_events(session) == ()


def test_a_clip_comes_with_its_file_once(session: Session) -> None:
    write.put_event(session, an_event(1), 1.0)
    assert write.add_clip(session, "yard", a_clip(1, 1), 2.0)
    assert write.add_clip(session, "yard", a_clip(1, 0), 2.0)
    assert not write.add_clip(session, "yard", a_clip(1, 0), 3.0)
    kept = read.event(session, an_event(1).uid)
    assert kept is not None
    assert kept.clips == (a_clip(1, 0), a_clip(1, 1))
    row = session.get(FileRow, a_clip(1, 0).path)
    assert row is not None
    assert (row.kind, row.bytes, row.at, row.state) == ("clip", 100, NOON + 1, "kept")
    with pytest.raises(InputError, match="which is not in the store"):
        write.add_clip(session, "yard", a_clip(2), 2.0)


def test_footage_comes_with_its_file_once(session: Session) -> None:
    footage = StoredFootage("yard", "footage/yard/1.mp4", 1.0, 61.0, 5000, "day")
    assert write.add_footage(session, footage)
    assert not write.add_footage(session, footage)
    assert read.footage(session, "yard") == (footage,)
    assert session.scalars(select(FileRow.kind)).all() == ["footage"]


def test_the_last_judgement_counts_and_all_are_kept(session: Session) -> None:
    uid = an_event(1).uid
    write.put_event(session, an_event(1, light="infrared"), 1.0)
    write.judge(session, uid, "abnormal", 2.0, by="ann")
    write.judge(session, uid, "normal", 3.0, by="bob", note="The cat.")
    (last,) = judgements(session, "yard")
    assert (last.label, last.by, last.note, last.peak) == ("normal", "bob", "The cat.", 3.0)
    assert last.light == "infrared"
    write.judge(session, uid, None, 4.0)
    assert judgements(session) == ()
    kept = read.event(session, uid)
    assert kept is not None
    assert kept.label is None
    with pytest.raises(InputError, match="'odd'; expected one of: abnormal, normal"):
        write.judge(session, uid, "odd", 5.0)
    with pytest.raises(InputError, match="There is no event"):
        write.judge(session, "0" * 32, "normal", 5.0)


def test_events_are_pinned(session: Session) -> None:
    write.put_event(session, an_event(1), 1.0)
    assert write.pin(session, an_event(1).uid, True, 2.0)
    assert not write.pin(session, an_event(1).uid, True, 3.0)
    (kept,) = read.events(session, read.EventFilter(pinned=True)).events
    assert kept.uid == an_event(1).uid
    with pytest.raises(InputError, match="There is no event"):
        write.pin(session, "nobody", True, 3.0)


def test_a_camera_has_one_active_detector(session: Session) -> None:
    def now(path: str, state: str, at: float, **more: object) -> bool:
        return write.set_bundle(
            session, "yard", path, method="daml", state=state, at=at, facts=dict(more)
        )

    assert now("bundles/yard/1", "active", 1.0, rate=10)
    assert not now("bundles/yard/1", "active", 2.0, rate=10)
    assert now("bundles/yard/2", "shadow", 3.0)
    assert now("bundles/yard/2", "active", 4.0)
    states = {one.path: one.state for one in read.bundles(session, "yard")}
    assert states == {"bundles/yard/1": "retired", "bundles/yard/2": "active"}
    assert read.bundles(session)[0].at == 4.0


def test_a_file_is_entered_anew_with_its_new_size(session: Session) -> None:
    names = {"camera": "yard", "kind": "picture", "at": 1.0}
    write.add_file(session, "media/yard/a.jpg", size=5, **names)  # type: ignore[arg-type]
    write.add_file(session, "media/yard/a.jpg", size=7, **names)  # type: ignore[arg-type]
    assert session.scalars(select(FileRow.bytes)).all() == [7]
