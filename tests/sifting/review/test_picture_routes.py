"""Where browsers get pictures."""

from __future__ import annotations

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from awry.errors import SourceError


def test_pictures_of_a_moment(served: TestClient) -> None:
    moment = served.get("/api/moments").json()["moments"][0]
    for name, media in (("picture", "image/jpeg"), ("moving", "image/webp")):
        answer = served.get(moment[name])
        assert (answer.status_code, answer.headers["content-type"]) == (200, media)
        assert answer.headers["cache-control"] == "private, max-age=3600"


def test_only_what_is_there(served: TestClient, app: FastAPI) -> None:
    root = app.state.reviewing.addresses.root
    missing = ("odd/0/0/0", "frame/0/4/0", "frame/0/0/40", "frame/0/-1/0", "frame/0/0/-1")
    for path in (*missing, "frame/0/../0", "frame/0/0/0/x"):
        assert served.get(f"{root}/{path}").status_code == 404, path
    assert served.get("/pictures/other/frame/0/0/0").status_code == 404
    assert served.get(f"{root}/frame/0/0/x").status_code == 422


def test_a_picture_that_cannot_be_made(
    served: TestClient, app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(clip: int, place: int) -> bytes:
        raise SourceError("The review is ending.")

    monkeypatch.setattr(app.state.reviewing.pictures, "_frame", failing)
    root = app.state.reviewing.addresses.root
    answer = served.get(f"{root}/frame/0/0/0")
    assert (answer.status_code, answer.text) == (503, "The review is ending.")
    assert answer.headers["cache-control"] == "no-store"
