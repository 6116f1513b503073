"""What cameras cost, what takes the room, what the site runs on."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import update

from awry.watch.store.forecast import GIB, Forecast
from awry.watch.store.models import CalibrationRow, CameraRow, LoadRow
from awry.watch.web import usage
from web_site import NOW, Here


def process(kind: str, name: str = "", share: float | None = 0.1) -> dict[str, Any]:
    return {"process": kind, "name": name, "share": share, "rss_bytes": 1000}


def plainly(text: str) -> str:
    return text


def test_what_cameras_cost_and_how_many_more_there_is_room_for(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "cores", lambda: 4)
    figures = {"fps": 30.0, "steps": 200.0, "dropped": 10.0}
    here.add(
        LoadRow(process="ingest", name="yard", at=NOW, figures=figures),
        LoadRow(process="scorer", name="0", at=NOW, figures={"lag_s": 0.25}),
    )
    listed = [
        process("keeper"),
        process("scorer", "0", 0.8),
        process("ingest", "door"),
        process("ingest", "yard"),
    ]
    with here.database.reading() as session:
        found = usage.loads(session, listed, NOW + 1)
    door, yard = found.cameras
    # The scorer's time goes by the pictures: 10 of the door, 30 of the yard.
    assert (door.share, yard.share) == (pytest.approx(0.3), pytest.approx(0.7))
    assert (yard.fps, yard.dropped, yard.lag_s, yard.rss_bytes) == (30.0, 0.05, 0.25, 1000)
    assert found.share == pytest.approx(1.1)
    # 70 % of 4 cores are 2.8: 1.7 are left, and one camera takes 0.5.
    assert found.more == 3


def test_old_figures_say_nothing(here: Here) -> None:
    with here.database.reading() as session:
        found = usage.loads(session, [process("ingest", "door")], NOW + 3600)
    assert [(one.fps, one.share) for one in found.cameras] == [(None, None)] * 2
    assert found.more is None


def test_no_room_is_none_and_not_less() -> None:
    assert usage._more(100.0, [1.0]) == 0
    assert usage._more(None, [1.0]) is None
    assert usage._more(0.1, []) is None


@pytest.mark.parametrize(
    ("disk", "said"),
    [
        (
            Forecast(0, GIB, "free", 9.2, 12.4, 12 * GIB),
            "The disk is full in 9 days. From ",
        ),
        (Forecast(0, GIB, "free", 0.2, 12.4, 12 * GIB), "The disk is full in 5 hours. F"),
        (Forecast(0, GIB, "free", 0.0, 3.0, 3 * GIB), "The disk is full. The oldest clips go; ab"),
        (
            Forecast(0, 8 * GIB, "gib", 5.0, 12.5, 100 * GIB),
            "Retention keeps clips below 100 GiB: about 12 days of clips.",
        ),
        (
            Forecast(0, GIB, "days", 5.0, 30.0, 4.25 * GIB),
            "There is room enough: clips are",
        ),
        (Forecast(0, None, "unknown"), "It takes some hours of clips to say how long"),
    ],
)
def test_a_forecast_in_words(disk: Forecast, said: str) -> None:
    assert usage.disk_words(disk, 30.0, plainly).startswith(said)


def test_drifting_cameras_are_those_whose_detector_alarms(here: Here) -> None:
    with here.database.reading() as session:
        assert usage.drifting(session) == {}
    with here.database.writing() as session:
        some = CalibrationRow.camera == "yard"
        session.execute(update(CalibrationRow).where(some).values(facts={"drift": "It is other."}))
        old = {"bundle": "bundles/old", "light": "day", "at": NOW, "facts": {"drift": "Old."}}
        session.add(CalibrationRow(camera="door", **old))
    with here.database.reading() as session:
        assert usage.drifting(session) == {"yard": "It is other."}


def test_versions(here: Here) -> None:
    folder = here.database.layout.root / "bundles" / "a"
    folder.mkdir(parents=True)
    (folder / "weights").write_bytes(bytes(77))
    with here.database.reading() as session:
        found = usage.versions(session, here.database)
    assert found.database.startswith("SQLite 3.")
    assert found.libraries["pydantic"].startswith("2.")
    sizes = {(one.camera, one.path): one.bytes for one in found.bundles}
    assert sizes[("door", "bundles/a")] == 77
    assert sizes[("door", "bundles/b")] is None


def test_rooms_beside_the_media(here: Here) -> None:
    here.database.layout.logs.mkdir()
    (here.database.layout.logs / "log.jsonl").write_bytes(bytes(5))
    found = {one.kind: one.bytes for one in usage.other_rooms(here.database)}
    assert found["log"] == 5
    assert found["database"] > 10_000


def test_at_least_one_core() -> None:
    assert usage.cores() >= 1


def test_cameras_that_were_removed_are_no_load(here: Here) -> None:
    with here.database.writing() as session:
        session.execute(update(CameraRow).where(CameraRow.name == "yard").values(removed=NOW))
    with here.database.reading() as session:
        assert [one.camera for one in usage.loads(session, [], NOW).cameras] == ["door"]
