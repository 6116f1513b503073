"""Live pictures and video over the API: for those who may, as long as they may."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from awry.watch.ipc.links import Received
from awry.watch.messages import Hello, Scored, SeenRegion
from awry.watch.store.models import CameraRow, SessionRow
from awry.watch.web.live import LiveSources
from awry.watch.web.routes import live as routes
from ingest_fakes import placed, walk
from live_fakes import Served, frame
from web_site import HERE, NOW, Here

PICTURE, VIDEO = "/api/v1/cameras/door/live.jpg", "/api/v1/cameras/door/live"
SAME = {"Origin": HERE}


@pytest.fixture
def served(here: Here, tmp_path: Path) -> Iterator[Served]:
    """The camera `door` has a process, the camera `yard` has none."""
    made = Served(tmp_path)
    places = {"door": made.place}
    here.app.state.api.live = LiveSources(
        lambda name: places.get(name, tmp_path / "none"), here.clock
    )
    yield made
    made.server.close()


def in_state(here: Here, camera: str, state: str, reason: str = "") -> None:
    with here.database.writing() as session:
        row = session.get(CameraRow, camera)
        assert row is not None
        row.state, row.state_reason = state, reason


def connect(client: TestClient, path: str = VIDEO, **headers: str) -> Any:
    """A websocket, of a page of this very site unless `Origin` says otherwise."""
    place = str(client.base_url).replace("http", "ws", 1)
    return client.websocket_connect(f"{place}{path}", headers=SAME | headers)


def said(socket: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(socket.receive_text())
    return found


def test_a_picture_says_when_it_was_taken(here: Here, served: Served) -> None:
    served.live.see(frame(), NOW - 2.25)
    client = here.client("viewer")
    answer = client.get(PICTURE, params={"width": 100})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "image/jpeg")
    assert answer.content == served.live.picture(160).jpeg  # type: ignore[union-attr]
    assert (answer.headers["x-awry-taken"], answer.headers["age"]) == (f"{NOW - 2.25:.3f}", "2")
    assert answer.headers["cache-control"] == "private, no-cache"
    tag = {"If-None-Match": answer.headers["etag"]}
    assert client.get(PICTURE, params={"width": 100}, headers=tag).status_code == 304


def test_a_stale_picture_is_no_live_one(here: Here, served: Served) -> None:
    in_state(here, "door", "back-off", "The other side ended it.")
    served.live.see(frame(), NOW - 60)
    client = here.client("viewer")
    answer = client.get(PICTURE)
    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == (
        "The newest picture is 60 s old. The camera's state is: back-off. The other side ended it."
    )
    old = client.get(PICTURE, params={"stale": "true"})
    assert (old.status_code, old.headers["age"]) == (200, "60")


def test_cameras_that_are_away_or_off_or_none(here: Here, served: Served) -> None:
    client = here.client("viewer")
    away = client.get("/api/v1/cameras/yard/live.jpg")
    assert away.status_code == 503
    assert "does not answer at the moment" in away.json()["error"]["message"]
    in_state(here, "yard", "disabled")
    off = client.get("/api/v1/cameras/yard/live.jpg")
    assert (off.status_code, off.json()["error"]["message"]) == (404, "The camera is switched off.")
    assert client.get("/api/v1/cameras/none/live.jpg").status_code == 404
    assert client.get(PICTURE, params={"width": 99_999}).status_code == 422
    assert here.client("yard").get(PICTURE).status_code == 403


def test_many_who_look_share_a_picture(
    here: Here, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    served.live.see(frame(), NOW)
    asked: list[int] = []
    made = served.live.picture
    monkeypatch.setattr(served.live, "picture", lambda width: asked.append(width) or made(width))
    client = here.client("viewer")
    for width in (610, 640, 620):
        assert client.get(PICTURE, params={"width": width}).status_code == 200
    assert asked == [640]
    here.clock.advance(0.2)
    client.get(PICTURE, params={"width": 640})
    assert asked == [640, 640]


def test_video_begins_with_what_it_is(here: Here, served: Served) -> None:
    served.add(*placed(walk("h264", 30), NOW))
    with connect(here.client("viewer")) as socket:
        begin = said(socket)
        assert begin["mime"].startswith('video/mp4; codecs="avc1.')
        assert (begin["codec"], begin["width"], begin["error"]) == ("h264", 160, "")
        assert b"moov" in socket.receive_bytes()
        assert b"moof" in socket.receive_bytes()
    served.followers(0)


@pytest.mark.parametrize("who", ["read", "feedback", "administer"])
def test_tokens_see_it_too(here: Here, served: Served, who: str) -> None:
    served.add(*placed(walk("h264", 30), NOW))
    with connect(here.client(who)) as socket:
        assert said(socket)["codec"] == "h264"


def refused(client: TestClient, path: str = VIDEO, **headers: str) -> int:
    try:
        with connect(client, path, **headers) as socket:
            socket.receive_text()
    except WebSocketDenialResponse as denied:
        return denied.status_code
    except WebSocketDisconnect as left:
        return left.code
    raise AssertionError


def test_nobody_and_who_may_not_see_the_camera(here: Here, served: Served) -> None:
    assert refused(here.client("")) == 1008
    assert refused(here.client("yard")) == 1008
    assert refused(here.client("viewer"), "/api/v1/cameras/none/live") == 1008
    assert refused(here.client("viewer"), "/api/v1/cameras/UPPER/live") == 1008
    served.followers(0)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://127.0.0.1:1", "null"])
def test_pages_of_other_sites_get_nothing(here: Here, served: Served, origin: str) -> None:
    assert refused(here.client("admin"), Origin=origin) == 1008
    served.followers(0)


def test_another_host_gets_nothing(here: Here, served: Served) -> None:
    client = here.client("admin", base="http://rebound.example:8780")
    assert refused(client, Origin="http://rebound.example:8780") in (400, 1000, 1008)
    served.followers(0)


def test_the_end_of_a_log_in_ends_it(
    here: Here, served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(routes, "_CHECK_S", 0.01)
    served.add(*placed(walk("h264", 30), NOW))
    with connect(here.client("viewer")) as socket:
        assert said(socket)["codec"] == "h264"
        with here.database.writing() as session:
            session.execute(delete(SessionRow))
        while (message := socket.receive())["type"] != "websocket.close":
            assert message["type"] == "websocket.send"
    assert message["code"] == routes.LOGGED_OUT
    served.followers(0)


@pytest.mark.parametrize(
    ("camera", "state", "kind"),
    [("yard", "connecting", "away"), ("yard", "disabled", "off"), ("door", "running", "codec")],
)
def test_why_there_is_no_video(
    here: Here, served: Served, camera: str, state: str, kind: str
) -> None:
    in_state(here, camera, state)
    served.add(*placed(walk("mjpeg", 3), NOW))
    path = f"/api/v1/cameras/{camera}/live"
    with connect(here.client("viewer"), path) as socket:
        body = said(socket)
        assert (body["kind"], body["mime"]) == (kind, "")
        assert body["error"].endswith(".")
        assert body["codec"] == ("mjpeg" if kind == "codec" else "")
        with pytest.raises(WebSocketDisconnect) as left:
            socket.receive_text()
    assert left.value.code == 1000


def test_what_a_detector_sees_now(here: Here) -> None:
    client = here.client("read")
    path = "/api/v1/cameras/door/now"
    first = client.get(path)
    assert (first.status_code, first.json()["at"], first.json()["heat"]) == (200, None, None)
    scored = Scored(
        camera="door",
        at=NOW,
        session="s",
        step=900,
        bundle="bundles/a",
        score=0.5,
        regions=(SeenRegion((0, 0, 0.5, 0.5), 0.5, {"x": 1.0}, "dog"),),
        heat=b"png",
        reason="Upper left: a dog moves faster than in normal footage.",
        looked=True,
    )
    here.keeper.take([Received(Hello("scorer", "0", 1), scored)])
    found = client.get(path, headers={"Accept-Language": "de"}).json()
    assert (found["camera"], found["at"], found["score"]) == ("door", NOW, 0.5)
    assert found["regions"][0]["class_name"] == "dog"
    assert found["heat"] == "data:image/png;base64,cG5n"
    assert found["why"] == "Oben links: ein Hund bewegt sich schneller als sonst."
    assert [one.action for one in here.asked].count("look") == 2
    assert here.client("yard").get(path).status_code == 403
