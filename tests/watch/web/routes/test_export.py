from __future__ import annotations

import io
import zipfile

import pytest

from awry.watch.requests import Judge, made
from awry.watch.web.routes import export
from web_site import Here

API = "/api/v1/export"


def judged(here: Here, *uids: str) -> None:
    for uid in uids:
        here.ask(made(Judge(event=uid, label="abnormal")))


def test_a_data_set_of_judged_events(here: Here) -> None:
    client = here.client("read")
    assert client.get(API).status_code == 404
    assert "somebody judged" in client.get(API).json()["error"]["message"]
    judged(here, "e1", "e2")
    answer = client.get(API, params={"camera": "door"})
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["content-disposition"].startswith("attachment")
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        names = found.namelist()
        clip = next(name for name in names if name.endswith(".mp4"))
        assert found.read(clip) == b"clip " * 200
        assert found.read("spans.csv").decode().splitlines()[1].endswith(",5.000,15.000")
    assert names == [
        *("train/", "test/", clip),
        *("spans.csv", "scenes.csv", "events.csv", "ABOUT.txt"),
    ]
    assert clip.startswith("test/door-20270115-075820-e1")


def test_a_selection_and_what_a_token_is_for(here: Here) -> None:
    judged(here, "e1", "e2")
    both = {"uid": ["e1", "e2"]}
    assert clips(here, "read", both) == 2
    assert clips(here, "yard", both) == 1
    assert here.client("yard").get(API, params={"uid": "e1"}).status_code == 404
    assert here.client("yard").get(API, params={"camera": "door"}).status_code == 403
    assert here.client("read").get(API, params={"uid": "../x"}).status_code == 422


def clips(here: Here, who: str, params: dict[str, list[str]]) -> int:
    content = here.client(who).get(API, params=params).content
    with zipfile.ZipFile(io.BytesIO(content)) as found:
        return sum(name.endswith(".mp4") for name in found.namelist())


def test_a_data_set_that_is_too_large_is_refused(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged(here, "e1")
    monkeypatch.setattr(export, "MOST_BYTES", 10)
    answer = here.client("read").get(API)
    assert answer.status_code == 413
    assert "awry watch export" in answer.json()["error"]["message"]
