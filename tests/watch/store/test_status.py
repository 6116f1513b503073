from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.clock import ManualClock
from awry.watch.store import write
from awry.watch.store.calibrations import put_budget
from awry.watch.store.lock import hold
from awry.watch.store.outbox import add_outbox
from awry.watch.store.results import Budget, StoredFootage
from awry.watch.store.schema import REVISIONS
from awry.watch.store.status import camera_statuses, status, store_status
from stores import NOON, FakeDisk, a_clip, a_site, a_store, an_event


def test_a_site_is_told_by_its_store(tmp_path: Path) -> None:
    database = a_store(tmp_path)
    with database.writing() as session:
        for camera in ("yard", "gate"):
            write.set_state(session, camera, "running", NOON)
        write.put_event(session, an_event(1, told=True), 1.0)
        write.put_event(session, an_event(2, silent="cooldown"), 1.0)
        write.put_event(session, an_event(3, shadow=True), 1.0)
        write.put_event(session, an_event(4, start=NOON - 90_000), 1.0)
        write.add_clip(session, "yard", a_clip(1), 1.0)
        footage = StoredFootage("gate", "footage/gate/1.mp4", 1.0, 2.0, 900, "day")
        write.add_footage(session, footage)
        for path, state in (("b1", "active"), ("b2", "shadow")):
            write.set_bundle(session, "yard", path, method="daml", state=state, at=1.0)
        # In Samoa it is the day before still.
        put_budget(session, Budget("yard", "2027-01-15", 7, 9.0, None), 1.0)
        put_budget(session, Budget("yard", "2027-01-14", 1, 2.0, None), 1.0)
        add_outbox(session, "mqtt", "b", "e", "new", {}, NOON)
    disk = FakeDisk(10_000)
    disk.files[database.layout.database] = bytes(300)
    disk.files[database.layout.root / "awry.db-wal"] = bytes(40)
    disk.files[database.layout.quarantine / "media" / "x"] = bytes(10)
    clock = ManualClock(NOON + 10)
    site = a_site(tmp_path, timezone="Pacific/Pago_Pago")
    with hold(database.layout):
        found = status(site, clock=clock, disk=disk)
    assert (found.at, found.running) == (NOON + 10, True)
    gate, yard = found.cameras
    assert (gate.camera.name, gate.events, gate.newest, gate.bundle) == ("gate", 0, None, None)
    assert (yard.events, yard.told, yard.newest) == (2, 1, NOON + 2)
    assert yard.bundle is not None
    assert yard.bundle.path == "b1"
    assert yard.budget == Budget("yard", "2027-01-14", 1, 2.0, None)
    store = found.store
    assert (store.schema, store.database_bytes) == (REVISIONS[-1], 340)
    assert (store.media_bytes, store.footage_bytes, store.files) == (100, 900, {"kept": 2})
    assert (store.free_bytes, store.quarantined) == (10_000 - 350, 1)
    assert [(one.channel, one.waiting) for one in found.outbox] == [("mqtt", 1)]
    assert not status(site, clock=clock, disk=disk).running
    with database.reading() as session:
        assert camera_statuses(session, NOON + 10, "2027-01-14") == found.cameras
        assert store_status(session, database, disk) == store
    database.close()


def test_without_a_store_there_is_no_status(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no database yet"):
        status(a_site(tmp_path))
