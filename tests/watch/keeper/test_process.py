"""The keeper's loop, on links in memory."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from awry.errors import AwryError
from awry.watch.ipc.links import Received
from awry.watch.ipc.memory import MemoryContext, Wire
from awry.watch.keeper import process
from awry.watch.keeper.core import Keeper
from awry.watch.messages import (
    Answer,
    Configure,
    Gap,
    Interesting,
    Recording,
    Request,
    Stop,
    UseBundle,
)
from awry.watch.site.model import Site
from awry.watch.site.portions import revealed
from awry.watch.store.fsck import fsck
from awry.watch.store.models import CameraRow, GapRow
from keeper_site import HIGH, LOW, KeptSite


@pytest.fixture
def site(tmp_path: Path) -> Iterator[KeptSite]:
    site = KeptSite(tmp_path)
    yield site
    site.close()


def started(site: KeptSite, wire: Wire) -> MemoryContext:
    context = MemoryContext(wire, "keeper", settings=revealed(site.settings))
    context.tell(Stop())  # what was sent before is done nevertheless
    return context


def test_what_comes_is_stored_and_answered(site: KeptSite) -> None:
    wire = Wire(site.clock)
    ingest, scorer = wire.link("ingest", "door"), wire.link("scorer", "0")
    web = wire.link("web")
    now = site.clock.now()
    ingest.send(Gap("g", "door", now, now + 1.0, "No pictures came."))
    web.send(Request("r", "nothing"))
    for step, value in enumerate(LOW + HIGH):
        site.steps = step
        scorer.send(site.scored(value))
    context = started(site, wire)
    process.run(context)
    assert len(site.rows(GapRow)) == 1
    assert [event.state for event in site.events()] == ["open"]
    assert ingest.waiting + scorer.waiting + web.waiting == 0
    assert Recording(True) in ingest.poll()
    assert [type(one) for one in scorer.poll()] == [Interesting]
    (answer,) = web.poll()
    assert isinstance(answer, Answer)
    assert "Unknown request 'nothing'" in answer.error
    assert [one for one in context.said if isinstance(one, UseBundle)] == [
        UseBundle("door", site.bundle)
    ]


def test_an_orderly_stop_leaves_no_event_open(site: KeptSite) -> None:
    wire = Wire(site.clock)
    site.score(LOW + HIGH)  # its scorer was killed and told no end
    process.run(started(site, wire))
    assert [event.state for event in site.events()] == ["ended"]
    checked = fsck(Site(store=site.settings.store, cameras={}), clock=site.clock)
    assert checked.findings == ()


def test_other_settings_are_taken(site: KeptSite) -> None:
    wire = Wire(site.clock)
    context = MemoryContext(wire, "keeper", settings=revealed(site.settings))
    context.tell(Configure(revealed(site.with_cameras({"yard": {}}))))
    context.tell(Stop())
    process.run(context)
    removed = {row.name: row.removed is not None for row in site.rows(CameraRow)}
    assert removed == {"door": True, "yard": False}


def test_a_database_that_cannot_be_written_is_waited_for(
    site: KeptSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    start, tried = Keeper.start, []

    def full_at_first(keeper: Keeper) -> object:
        tried.append(site.clock.monotonic())
        if len(tried) < 3:
            raise OperationalError("insert", {}, Exception("disk is full"))
        return start(keeper)

    monkeypatch.setattr(Keeper, "start", full_at_first)
    monkeypatch.setattr(process, "LAST_ROUNDS", 100)
    caplog.clear()
    wire = Wire(site.clock)
    ingest = wire.link("ingest", "door")
    now = site.clock.now()
    ingest.send(Gap("g", "door", now, now + 1.0, "No pictures came."))
    process.run(started(site, wire))
    assert len(site.rows(GapRow)) == 1
    assert caplog.messages == ["The database cannot be written: disk is full. It is tried again."]
    assert [later - before >= 1.0 for before, later in pairwise(tried)] == [True, True]


def test_a_message_that_cannot_be_done_holds_up_no_other(
    site: KeptSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    take = Keeper.take

    def fails(keeper: Keeper, received: list[Received]) -> object:
        if any(getattr(one.message, "why", "") == "Bad." for one in received):
            raise AwryError("It cannot be done.")
        return take(keeper, received)

    monkeypatch.setattr(Keeper, "take", fails)
    wire = Wire(site.clock)
    ingest = wire.link("ingest", "door")
    for number, why in enumerate(("Good.", "Bad.", "Good too.")):
        start = site.clock.now() + number
        ingest.send(Gap(str(number), "door", start, start + 1.0, why))
    process.run(started(site, wire))
    assert [row.why for row in site.rows(GapRow)] == ["Good.", "Good too."]
    assert ingest.waiting == 0
