from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.site.diff import _CAMERA_READERS, _SITE_READERS, RESTART, diff
from awry.watch.site.model import Camera, Site


def site(**changes: object) -> Site:
    cameras = {
        "door": Camera(name="door", detect="rtsp://door/live"),
        "yard": Camera(name="yard", detect="rtsp://yard/live"),
    }
    return Site.model_validate({"store": Path("/s"), "cameras": cameras, **changes})


def with_camera(name: str, **changes: object) -> Site:
    old = site()
    camera = Camera.model_validate({**old.cameras[name].model_dump(), **changes})
    return old.model_copy(update={"cameras": {**old.cameras, name: camera}})


def test_nothing() -> None:
    found = diff(site(), site())
    assert found.same
    assert found.words == "nothing changed"


@pytest.mark.parametrize(
    ("changes", "processes", "opened", "scored"),
    [
        ({"budget": "1/day"}, {"keeper"}, (), ()),
        ({"detect": "rtsp://door/other"}, set(), ("door",), ()),
        ({"bundle": Path("/b")}, {"keeper", "scorer"}, ("door",), ("door",)),
        ({"read_timeout_s": 3}, set(), ("door",), ()),
    ],
)
def test_a_camera_s_setting_touches_who_reads_it(
    changes: dict[str, object], processes: set[str], opened: tuple[str], scored: tuple[str]
) -> None:
    found = diff(site(), with_camera("door", **changes))
    assert found.changed == {"door": tuple(changes)}
    assert (found.processes, found.cameras, found.scored) == (processes, opened, scored)
    assert "rtsp" not in found.words


def test_cameras_come_and_go() -> None:
    one = Camera(name="roof", detect="rtsp://roof/live")
    new = site().model_copy(update={"cameras": {"roof": one, "yard": site().cameras["yard"]}})
    found = diff(site(), new)
    assert (found.added, found.removed) == (("roof",), ("door",))
    assert found.cameras == ("roof", "door")
    assert found.processes == {"keeper", "scorer", "courier", "web"}
    assert found.words == "camera roof added; camera door removed"


def test_the_site_s_own_settings() -> None:
    found = diff(site(), site(retention={"days": 3}, store=Path("/other")))
    assert set(found.site) == {"store", "retention"}
    assert found.restart == ("store",)
    assert found.processes == {"keeper"}


def test_every_setting_has_its_readers() -> None:
    assert set(_CAMERA_READERS) == set(Camera.model_fields) - {"name"}
    assert set(_SITE_READERS) == set(Site.model_fields) - {"cameras", *RESTART}
