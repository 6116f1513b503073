"""What the page does, a program can do as well."""

from __future__ import annotations

import json
import threading
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from awry.sifting.review.moments import RankChanges
from awry.sifting.review.session import ReviewSession


def marking(moment: dict[str, Any], label: str) -> dict[str, Any]:
    return {name: moment[name] for name in ("clip", "first", "last", "place")} | {"label": label}


def moments(served: TestClient, **view: Any) -> list[dict[str, Any]]:
    answer = served.get("/api/moments", params=view)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()["moments"]
    return found


def test_mark_contradict_and_undo(served: TestClient) -> None:
    first, second, *_ = moments(served)
    assert served.post("/api/mark", json=marking(first, "normal")).json()["said"] == ""
    said = served.post("/api/mark", json=marking(first, "abnormal")).json()
    assert said["said"] == "This moment was marked normal before; now it is abnormal."
    served.post("/api/mark", json=marking(second, "normal"))
    run = served.get("/api/run").json()
    assert (run["abnormal"], run["normal"], run["to_learn"]) == (1, 1, 2)
    assert run["unmarked"] == run["moments"] - 2
    assert [one["key"] for one in moments(served, show="normal")] == [second["key"]]

    gone = served.post("/api/undo", json={}).json()
    assert (gone["clip"], gone["place"]) == (second["clip"], second["place"])
    assert gone["said"].startswith(f"Took back what was said of frame {second['frame']} of ")
    served.post("/api/undo", json={})
    assert [one["label"] for one in moments(served)[:2]] == ["normal", None]
    served.post("/api/undo", json={})
    assert served.post("/api/undo", json={}).json() == {
        "said": "",
        "version": 7,
        "clip": None,
        "place": None,
    }


def test_the_version_grows_with_what_changes(served: TestClient) -> None:
    before = served.get("/api/progress").json()
    assert before["version"] == served.get("/api/moments").json()["version"]
    served.post("/api/mark", json=marking(moments(served)[0], "normal"))
    assert served.get("/api/progress").json()["version"] == before["version"] + 1


@pytest.mark.parametrize(
    "change",
    [{"clip": 4}, {"last": 40}, {"place": 39}, {"first": 39, "place": 39, "last": 38}],
)
def test_frames_that_are_not_there_cannot_be_marked(
    served: TestClient, change: dict[str, int]
) -> None:
    body = marking(moments(served)[0], "normal") | change
    answer = served.post("/api/mark", json=body)
    assert answer.status_code == 404
    assert answer.json()["error"]["message"] == "The run has no such frames."


def test_bodies_that_do_not_fit(served: TestClient) -> None:
    body = marking(moments(served)[0], "normal")
    for wrong in ({"label": "odd"}, {"clip": -1}, {"more": 1}):
        assert served.post("/api/mark", json=body | wrong).status_code == 422
    # What pages of other sites can send without being asked: forms and plain text.
    plain = {"content-type": "text/plain"}
    answer = served.post("/api/mark", content=json.dumps(body), headers=plain)
    assert answer.status_code == 415
    for path in ("/api/undo", "/api/learn"):
        assert served.post(path).status_code == 422  # an empty form of another site
    foreign = served.post("/api/mark", json=body, headers={"origin": "http://evil.example"})
    assert foreign.status_code == 403
    assert served.get("/api/run").json()["normal"] == 0


def test_marks_go_out_as_the_command_takes_them(served: TestClient) -> None:
    first = moments(served)[0]
    served.post("/api/mark", json=marking(first, "normal"))
    answer = served.get("/api/marks")
    assert answer.headers["content-disposition"] == 'attachment; filename="feedback.jsonl"'
    line = json.loads(answer.text)
    assert (line["source"], line["frame"], line["label"]) == (
        first["source"],
        first["frame"],
        "normal",
    )


def test_nothing_to_learn_from(served: TestClient) -> None:
    answer = served.post("/api/learn", json={})
    assert answer.status_code == 409
    assert "mark a moment first" in answer.json()["error"]["message"]
    assert not served.get("/api/progress").json()["running"]


def test_learning_goes_on_in_the_background(
    app: FastAPI, served: TestClient, session: ReviewSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    going = threading.Event()

    def retrain(reporter: Any) -> RankChanges:
        reporter.start("round", 4)
        reporter.advance()
        assert going.wait(30)
        return RankChanges(1, rose=2, fell=0, stayed=1, new=0, gone=0)

    monkeypatch.setattr(session, "retrain", retrain)
    served.post("/api/mark", json=marking(moments(served)[0], "normal"))
    assert served.post("/api/learn", json={}).json()["running"]
    busy = served.get("/api/progress").json()
    assert (busy["running"], busy["ended"]) == (True, 0)
    going.set()
    app.state.reviewing.learning.wait()
    after = served.get("/api/progress", headers={"accept-language": "de"}).json()
    assert (after["running"], after["ended"], after["failed"]) == (False, 1, False)
    assert after["outcome"] == "Aus 1 Urteil gelernt. Momente: 2 gestiegen, 1 unverändert."
