from __future__ import annotations

from typing import Any

import pytest

from awry.watch.site.model import Camera, Site
from awry.watch.site.rules import camera_problems, clashes, oddities, site_problems


def site(**values: Any) -> Site:
    return Site.model_validate({"store": "/s", **values})


def camera(**values: Any) -> Camera:
    return Camera.model_validate({"name": "door", "detect": "rtsp://door/live", **values})


RECEIVER = {"name": "me", "to": "https://x"}


@pytest.mark.parametrize(
    ("values", "place", "said"),
    [
        ({"timezone": "Europe/Viena"}, ("timezone",), "did you mean 'Europe/Vienna'"),
        ({"schedules": {"night": ["mon"]}}, ("schedules", "night"), "Cannot read the span"),
        ({"schedules": {"always": ["1:00-2:00"]}}, ("schedules", "always"), "rename it"),
        ({"notify": [RECEIVER, RECEIVER]}, ("notify",), "2 receivers are called me"),
        ({"notify": [{**RECEIVER, "to": "x"}]}, ("notify", 0, "to"), "an address of Apprise"),
        ({"webhooks": [{**RECEIVER, "to": "mailto://x"}]}, ("webhooks", 0, "to"), "https://"),
        ({"notify": [{**RECEIVER, "cameras": ["dor"]}]}, ("notify", 0, "cameras", 0), "'door'"),
        ({"notify": [{**RECEIVER, "schedule": "x"}]}, ("notify", 0, "schedule"), "no schedule"),
        ({"web": {"trusted_proxies": ["me"]}}, ("web", "trusted_proxies", 0), "10.0.0.0/24"),
        ({"database": "mysql://x"}, ("database",), "postgresql://"),
        ({"mqtt": {"host": "b", "topic": "a/#"}}, ("mqtt", "topic"), "without #"),
        ({"mqtt": {"host": "b", "discovery": ""}}, ("mqtt", "discovery"), "without #"),
    ],
)
def test_what_is_wrong_with_a_site(
    values: dict[str, Any], place: tuple[str | int, ...], said: str
) -> None:
    ((where, sentence),) = site_problems(site(**values), ["door"])
    assert where == place
    assert said in sentence


def test_a_site_that_is_right() -> None:
    right = site(
        timezone="Europe/Vienna",
        schedules={"night": ["18:00-07:00"]},
        notify=[{**RECEIVER, "cameras": ["door"], "schedule": "night"}],
        database="postgresql+pg8000://u:p@h/d",
        web={"trusted_proxies": ["10.0.0.0/24", "::1"]},
        mqtt={"host": "b", "discovery": None},
    )
    assert site_problems(right, ["door"]) == []


@pytest.mark.parametrize(
    ("values", "place", "said"),
    [
        ({"detect": "door"}, ("detect",), "rtsp://"),
        ({"detect": "rtsp://u:s3 cret@door"}, ("detect",), "has a space"),
        ({"record": "ftp://door"}, ("record",), "rtsp://"),
        ({"budget": "few"}, ("budget",), "e.g. 2/day"),
        ({"budget": "2/1000frames"}, ("budget",), "e.g. 2/day"),
        ({"armed": "nihgt"}, ("armed",), "did you mean 'night'"),
        ({"name": "con"}, (), "Windows"),
        (
            {"zones": [{"name": "a", "polygon": [[0, 0], [1, 0], [1, 1]]}] * 2},
            ("zones",),
            "2 zones are called a",
        ),
    ],
)
def test_what_is_wrong_with_a_camera(
    values: dict[str, Any], place: tuple[str, ...], said: str
) -> None:
    ((where, sentence),) = camera_problems(camera(**values), ["night"])
    assert where == place
    assert said in sentence
    assert "cret" not in sentence


def test_a_camera_that_is_right() -> None:
    assert camera_problems(camera(budget="1/week", armed="night", record="0"), ["night"]) == []


def test_names_that_are_too_much_alike() -> None:
    assert clashes(["front-door", "yard", "front_door"]) == {
        "front_door": "the name is too much like front-door: only - and _ differ"
    }


def test_what_is_odd() -> None:
    two = {
        "door": camera(armed="never"),
        "yard": camera(name="yard", recording="masked", audio=True),
    }
    said = dict(oddities(site(cameras=two)))
    assert said[("cameras", "yard", "detect")] == "it has the same address as door"
    assert "nobody" in said[("cameras", "door", "armed")]
    assert "cheaper" in said[("cameras", "yard", "recording")]
    assert "sound" in said[("cameras", "yard", "audio")]
    assert oddities(site(cameras={"door": camera()})) == []
    assert [place for place, _ in oddities(site(web={"host": "0.0.0.0"}))] == [
        ("web", "host"),
        ("cameras",),
    ]


CROSSING = [[0, 0], [1, 1], [1, 0], [0, 0.9]]
HALF = [[0, 0], [0.5, 0], [0.5, 1], [0, 1]]
OTHER_HALF = [[0.5, 0], [1, 0], [1, 1], [0.5, 1]]


@pytest.mark.parametrize(
    ("values", "place", "said"),
    [
        ({"zones": [{"name": "gate", "polygon": CROSSING}]}, ("zones", 0), "zone gate: its sides"),
        ({"ignore": [HALF, CROSSING]}, ("ignore", 1), "ignored region 2: its sides cross"),
        ({"ignore": [HALF, OTHER_HALF]}, ("ignore",), "nothing of the picture is left"),
    ],
)
def test_polygons_that_cannot_be_meant(
    values: dict[str, Any], place: tuple[str | int, ...], said: str
) -> None:
    ((where, sentence),) = camera_problems(camera(**values), ())
    assert where == place
    assert said in sentence
