"""Clips and pictures over the API."""

from __future__ import annotations

import pytest

from awry.watch.store.models import ClipRow
from web_site import NOW, Here, event

API = "/api/v1/events"


def test_a_clip_whole_and_in_ranges(here: Here) -> None:
    client = here.client("viewer")
    whole = client.get(f"{API}/e1/clips/0")
    assert (whole.status_code, whole.content) == (200, b"clip " * 200)
    assert whole.headers["content-type"] == "video/mp4"
    assert "door-20270115-075820-0.mp4" in whole.headers["content-disposition"]
    some = client.get(f"{API}/e1/clips/0", headers={"Range": "bytes=5-8"})
    assert (some.status_code, some.content) == (206, b"clip")
    assert some.headers["content-range"] == "bytes 5-8/1000"
    beyond = client.get(f"{API}/e1/clips/0", headers={"Range": "bytes=1000-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, "bytes */1000")
    assert beyond.json()["error"]["code"] == "range"
    tag = {"If-None-Match": whole.headers["etag"]}
    assert client.get(f"{API}/e1/clips/0", headers=tag).status_code == 304


@pytest.mark.parametrize(("kind", "name"), [("picture", "e1.jpg"), ("annotated", "e1-boxes.jpg")])
def test_pictures(here: Here, kind: str, name: str) -> None:
    answer = here.client("read").get(f"{API}/e1/{kind}")
    assert (answer.content, answer.headers["content-type"]) == (name.encode(), "image/jpeg")
    assert answer.headers["cache-control"] == "private, no-cache"


def test_a_map(here: Here) -> None:
    answer = here.client("read").get(f"{API}/e1/heat")
    assert (answer.content, answer.headers["content-type"]) == (b"e1.png", "image/png")


@pytest.mark.parametrize(
    "path", ["awry.db", "../site.yaml", "/etc/passwd", "media/../awry.db", "media/door/none.jpg"]
)
def test_a_row_that_points_elsewhere_gives_nothing(here: Here, path: str) -> None:
    here.add(event("odd", "door", NOW, picture=path, annotated=path, heat=path))
    here.add(ClipRow(event="odd", path=path, start=NOW, end=NOW, bytes=1))
    client = here.client("admin")
    for kind in ("picture", "annotated", "heat", "clips/0"):
        assert client.get(f"{API}/odd/{kind}").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "e1/clips/1",
        "e1/clips/-1",
        "e1/clips/..%2f..%2fawry.db",
        "e1/clips/%2e%2e",
        "..%2f..%2fawry.db/picture",
        "e1%00/picture",
        "none/picture",
    ],
)
def test_no_path_is_taken_from_the_address(here: Here, path: str) -> None:
    assert here.client("admin").get(f"{API}/{path}").status_code in (404, 422)
