"""Pictures of events."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from awry.watch.keeper.pictures import annotated
from awry.watch.messages import SeenRegion
from awry.watch.store.models import EventRow, FileRow
from keeper_site import HIGH, LOW, REGION, KeptSite, jpeg


def decoded(data: bytes) -> NDArray[np.uint8]:
    return np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_boxes_and_reason_are_drawn() -> None:
    drawn = decoded(annotated(jpeg(500, 300), (REGION,), "Too fast."))
    plain = decoded(annotated(jpeg(500, 300), (), ""))
    assert plain.shape == (300, 500, 3)
    assert drawn.shape == (340, 500, 3)
    blue, green, red = (int(one) for one in drawn[60, 50])  # the left side of the box
    assert blue > 180
    assert green > 180
    assert red < 80
    assert np.abs(drawn[200, 300].astype(int) - 90).max() < 5


def test_a_picture_that_is_none_is_left_out() -> None:
    assert annotated(b"no jpeg", (), "") == b""
    assert annotated(b"", (SeenRegion((0, 0, 1, 1), 1.0),), "") == b""


def test_an_event_keeps_the_pictures_of_its_peak(tmp_path: Path) -> None:
    site = KeptSite(tmp_path)
    heat = cv2.imencode(".png", np.zeros((4, 4), np.uint8))[1].tobytes()
    site.score(LOW)
    site.score(HIGH, picture=jpeg(), heat=heat, regions=(REGION,))
    site.score([3.0], picture=jpeg(96, 48), heat=heat, regions=(REGION,))
    site.score(LOW)
    (event,) = site.rows(EventRow)
    folder = site.settings.store
    assert event.picture == f"media/door/2027-01-15/{event.uid}.jpg"
    assert (folder / event.picture).read_bytes() == jpeg(96, 48)
    assert (folder / event.heat).read_bytes() == heat
    assert (folder / event.annotated).stat().st_size > 1000
    assert {row.path: row.bytes for row in site.rows(FileRow)} == {
        path: (folder / path).stat().st_size
        for path in (event.picture, event.annotated, event.heat)
    }
    site.close()


def test_a_full_disk_costs_an_event_its_pictures_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site = KeptSite(tmp_path)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(site.disk, "write", full)
    site.score(LOW + HIGH, picture=jpeg())
    (event,) = site.rows(EventRow)
    assert (event.told, event.picture) == (True, "")
    said = [record.message for record in caplog.records if "not kept" in record.message]
    assert said == ["Pictures of events are not kept: No space left on device."]
    site.close()
