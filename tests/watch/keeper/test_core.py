"""The keeper: each message once, whatever is killed, set or sent twice."""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import OperationalError

from awry.frames import FrameScore
from awry.scoring.events import find_events
from awry.watch.ipc.links import Received
from awry.watch.messages import (
    Crashed,
    Delivered,
    EndClip,
    FileWritten,
    FlagChanged,
    Gap,
    Interesting,
    Load,
    Scored,
    SessionEnded,
    StartClip,
    StateChanged,
)
from awry.watch.store.models import (
    ClipRow,
    FlagRow,
    FootageRow,
    GapRow,
    LoadRow,
    OutboxRow,
    ScoreRow,
)
from keeper_site import HIGH, INGEST, LOW, OPTIONS, SCORER, SUPERVISOR, KeptSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def test_an_event_from_start_to_end(site: KeptSite) -> None:
    site.score(LOW)
    began = site.clock.now()
    said = site.score(HIGH)
    (event,) = site.events()
    assert (event.state, event.told, event.score, event.threshold) == ("open", True, 2.0, 1.0)
    assert event.start == pytest.approx(began)
    (start,) = [one.message for one in said if isinstance(one.message, StartClip)]
    assert (start.event, start.start) == (event.uid, event.start)
    assert start.path == f"media/door/2027-01-15/{event.uid}.mp4"
    site.score(LOW)
    (event,) = site.events()
    assert event.state == "ended"
    assert event.end == pytest.approx(began + 0.3)
    (end,) = site.heard(EndClip)
    assert (end.event, end.end) == (event.uid, event.end)


def test_scores_say_from_where_on_pictures_are_wanted(site: KeptSite) -> None:
    site.score(LOW)
    assert site.heard(Interesting) == [Interesting("door", "day", 0.8, 1.0)]
    assert site.heard(Interesting) == [one.message for one in site.keeper.greet(SCORER)]


def test_a_message_that_comes_twice_is_done_once(site: KeptSite) -> None:
    scored = [site.scored(value, step=n, at=1000.0 + n) for n, value in enumerate(LOW + HIGH + LOW)]
    received = [Received(SCORER, one) for one in scored]
    gap = Received(INGEST, Gap("g", "door", 1.0, 2.0, "No pictures came."))
    site.keeper.take([*received, *received, gap, gap])
    site.keeper.take([*received, gap])
    assert len(site.events()) == 1
    assert len(site.rows(GapRow)) == 1
    assert sum(row.count for row in site.rows(ScoreRow)) == len(scored)


def test_a_keeper_that_is_killed_goes_on_with_the_open_event(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    uid = site.events()[0].uid
    site.said.clear()
    site.kill()
    assert [one.event for one in site.heard(StartClip)] == [uid]
    site.score([3.0, *LOW])
    (event,) = site.events()
    assert (event.uid, event.state, event.score) == (uid, "ended", 3.0)


def test_nothing_is_done_where_the_database_cannot_be_written(
    site: KeptSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    scored = [site.scored(value, step=n, at=1000.0 + n) for n, value in enumerate(LOW + HIGH + LOW)]
    received = [Received(SCORER, one) for one in scored]

    def full(*_: object) -> int:
        raise OperationalError("insert", {}, Exception("disk is full"))

    with monkeypatch.context() as patch:
        patch.setattr("awry.watch.keeper.streams.add_scores", full)
        with pytest.raises(OperationalError):
            site.keeper.take(received)
    assert site.events() == []
    site.keeper.take(received)
    assert len(site.events()) == 1


def test_an_event_ends_with_its_session(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    site.tell(SessionEnded("e", "door", "s", site.clock.now()))
    assert site.events()[0].state == "ended"


def test_an_event_ends_where_scores_stop(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    site.clock.advance(29)
    site.keeper.tick()
    assert site.events()[0].state == "open"
    site.clock.advance(2)
    site.keeper.tick()
    assert site.events()[0].state == "ended"


def test_an_event_ends_with_its_camera(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    site.keeper.configure(site.with_cameras({"yard": {}}))
    assert site.events()[0].state == "ended"
    site.score(HIGH)
    assert len(site.events()) == 1


def test_an_event_of_a_camera_that_was_taken_away_meanwhile_ends(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    site.settings = site.with_cameras({"yard": {}})
    site.kill()
    assert site.events()[0].state == "ended"


def test_numbers_that_are_none_are_a_gap(site: KeptSite) -> None:
    site.score([0.1, float("nan"), float("inf"), 0.1])
    (gap,) = site.rows(GapRow)
    assert gap.end - gap.start == pytest.approx(0.1)
    assert gap.why == "The detector gave no number for these pictures."


@pytest.mark.parametrize("jump", [-7200.0, 7200.0])
def test_a_clock_that_is_set_gives_no_event_twice(site: KeptSite, jump: float) -> None:
    site.score(LOW + HIGH)
    site.clock.jump(jump)
    site.score([2.0, 2.5, *LOW])
    (event,) = site.events()
    assert event.state == "ended"
    assert event.score == 2.5
    assert event.end - event.start == pytest.approx(0.4, abs=0.02)


def test_files_flags_loads_and_crashes_are_noted(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    uid = site.events()[0].uid
    clip = FileWritten("f", "door", "clip", "media/door/a.mp4", 1.0, 2.0, 10, "h264", uid)
    site.tell(clip, INGEST)
    lost = FileWritten("l", "door", "clip", "media/door/b.mp4", 1.0, 2.0, 10, "h264", "0" * 32)
    site.tell(lost, INGEST)
    site.tell(FileWritten("m", "door", "footage", "footage/door/c.mp4", 1.0, 9.0, 10), INGEST)
    site.tell(FlagChanged("g", "door", "dark", True, 5.0), INGEST)
    site.tell(Load("ingest", "door", 5.0, {"fps": 10.0}), INGEST)
    site.tell(Load("ingest", "door", 6.0, {"fps": 9.0}), INGEST)
    site.tell(Crashed("h", "ingest", "door", 7.0, "Killed."), SUPERVISOR)
    site.tell(Delivered("i", 1, 7.0), SUPERVISOR)
    assert [row.path for row in site.rows(ClipRow)] == ["media/door/a.mp4"]
    assert [row.path for row in site.rows(FootageRow)] == ["footage/door/c.mp4"]
    assert [row.flag for row in site.rows(FlagRow)] == ["dark"]
    assert [row.figures for row in site.rows(LoadRow)] == [{"fps": 9.0}]
    assert site.rows(OutboxRow) == []


def test_a_process_that_starts_is_told_what_it_missed(site: KeptSite) -> None:
    site.score(LOW + HIGH)
    uid = site.events()[0].uid
    said = [one.message for one in site.keeper.greet(INGEST)]
    assert [one.event for one in said if isinstance(one, StartClip)] == [uid]
    assert site.keeper.greet(SUPERVISOR) == []


def test_states_follow_what_is_said(site: KeptSite) -> None:
    site.tell(StateChanged("a", "door", "running", site.clock.now()), INGEST)
    site.score(LOW)
    site.keeper.tick()
    with site.reading() as session:
        from awry.watch.store.read import camera

        now = camera(session, "door")
    assert now is not None
    assert (now.state, now.last_score) == ("running", pytest.approx(site.clock.now() - 0.1))


def test_the_keeper_needs_no_heavy_library() -> None:
    code = (
        "import sys, awry.watch.keeper.process, awry.watch.keeper.replay;"
        "print([one for one in ('torch', 'av') if one in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.fixture(scope="module")
def long_lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path_factory.mktemp("site"), cameras={})
    yield site
    site.close()


EXAMPLES = count()
VALUES = st.sampled_from([None, 0.0, 0.5, 0.95, 1.0, 1.1, 1.5, 2.0])


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    streams=st.lists(st.lists(VALUES, max_size=50), min_size=1, max_size=3),
    seed=st.integers(0, 2**16),
)
def test_whatever_is_killed_and_repeated_the_events_are_those_of_the_series(
    long_lived: KeptSite, streams: list[list[float | None]], seed: int
) -> None:
    """Batches of random size, cameras in any order, messages again, keepers killed at random."""
    chance, site, example = random.Random(seed), long_lived, next(EXAMPLES)
    names = [f"camera{example}_{number}" for number in range(len(streams))]
    site.settings = site.with_cameras({name: {} for name in names})
    site.kill()
    queues = {
        name: [
            Scored(name, 1000.0 + step / 10, "s", step, site.bundle, value)
            for step, value in enumerate(values)
        ]
        for name, values in zip(names, streams, strict=True)
    }
    done = dict.fromkeys(names, 0)
    while any(done[name] < len(queues[name]) for name in names):
        taken = {name: done[name] + chance.randint(0, 12) for name in names}
        batch = [
            one
            for name in chance.sample(names, len(names))
            for one in queues[name][max(0, done[name] - chance.randint(0, 5)) : taken[name]]
        ]
        if chance.random() < 0.3:  # killed before the commit: nothing of it is there
            crash(site, batch)
            continue
        site.keeper.take([Received(SCORER, one) for one in batch])
        if chance.random() < 0.3:  # killed after the commit, before anybody was answered
            site.kill()
            continue
        done = {name: min(taken[name], len(queues[name])) for name in names}
    for name in names:
        site.tell(SessionEnded(f"end {name}", name, "s", 2000.0))
    mine = [event for event in site.events() if event.camera in names]
    found = [(event.camera, event.start, event.end, event.score) for event in mine]
    wanted = [one for name in names for one in expected(name, queues[name])]
    assert [one[0] for one in sorted(found)] == [one[0] for one in sorted(wanted)]
    for one, other in zip(sorted(found), sorted(wanted), strict=True):
        assert one[1:] == pytest.approx(other[1:])
    assert {event.state for event in mine} <= {"ended"}


def crash(site: KeptSite, batch: list[Scored]) -> None:
    class KilledError(Exception):
        pass

    def killed(*_: object) -> int:
        raise KilledError

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("awry.watch.keeper.streams.Streams.save", killed)
        with pytest.raises(KilledError):
            site.keeper.take([Received(SCORER, one) for one in batch])
    site.kill()


def expected(name: str, scored: list[Scored]) -> list[tuple[str, float, float, float]]:
    frames = [FrameScore(one.step, one.at, one.score) for one in scored]
    series = np.array([np.nan if one.score is None else np.float32(one.score) for one in scored])
    events = find_events(name, frames, series.astype(np.float64), 1.0, "", OPTIONS, 0.0)
    return [(name, one.start_s or 0.0, one.end_s or 0.0, one.score) for one in events]
