from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select

from awry.watch.clock import ManualClock
from awry.watch.simulation.camera import FakeCamera, Reel
from awry.watch.simulation.site import SimulatedSite
from awry.watch.store.models import ClipRow, EventRow


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SimulatedSite]:
    clock = ManualClock()
    zero = clock.monotonic()
    camera = FakeCamera(clock, Reel(1), [(zero + 20, zero + 26)], 1.0)
    found = SimulatedSite(tmp_path, clock, {"front": camera}, rate=1.0)
    yield found
    found.close()


def run(site: SimulatedSite, seconds: int) -> None:
    for _ in range(seconds):
        site.step()
        site.clock.advance(1)


def test_an_anomaly_becomes_one_event_with_a_clip_and_its_news(site: SimulatedSite) -> None:
    run(site, 60)
    assert site.database is not None
    with site.database.reading() as session:
        (event,) = session.scalars(select(EventRow))
        (clip,) = session.scalars(select(ClipRow))
        session.expunge_all()
    assert (event.camera, event.state, event.told) == ("front", "ended", True)
    assert event.end - event.start == pytest.approx(5, abs=1)
    assert clip.event == event.uid
    assert (site.layout.root / clip.path).is_file()
    for receiver in (site.mqtt, site.hook):
        assert dict(receiver.told) == {(event.uid, "new"): 1, (event.uid, "end"): 1}
    assert dict(site.person.told) == {(event.uid, "new"): 1}
    assert {"awry/cameras/front/state", "awry/cameras/front/picture"} < site.broker.topics.keys()


def test_all_processes_are_killed_in_the_middle_of_it(site: SimulatedSite) -> None:
    run(site, 23)
    for process in ("ingest front", "scorer", "courier", "keeper"):
        site.kill(process, after_commit=True)
        site.kill(process)
        run(site, 1)
        site.start(process)
        site.start(process)
    run(site, 60)
    assert site.database is not None
    with site.database.reading() as session:
        events = session.scalars(select(EventRow)).all()
        session.expunge_all()
    assert {event.state for event in events} == {"ended"}
    assert len({event.session for event in events}) == len(events), "none twice"
    assert all(count == 1 for count in site.hook.told.values())
