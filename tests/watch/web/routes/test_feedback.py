"""What people said, over the API."""

from __future__ import annotations

import csv
import io

import pytest

from awry.watch.store.models import FeedbackRow
from awry.watch.web.routes import feedback
from web_site import NOW, Here

PATH = "/api/v1/feedback"


@pytest.fixture
def said(here: Here) -> Here:
    client = here.client("operator")
    for uid, label in (("e1", "abnormal"), ("e2", "normal")):
        given = {"label": label, "note": "=1+1"}
        assert client.put(f"/api/v1/events/{uid}/judgement", json=given).status_code == 200
    client.delete("/api/v1/events/e1/judgement")
    gone = FeedbackRow(event="gone", camera="old", peak=1.0, label="normal", at=NOW, by="ann")
    here.add(gone)
    return here


def test_all_of_it_page_by_page(said: Here) -> None:
    client = said.client("viewer")
    whole = client.get(PATH).json()
    assert [(one["event"], one["label"], one["by"]) for one in whole["feedback"]] == [
        ("e1", "abnormal", "operator"),
        ("e2", "normal", "operator"),
        ("e1", "", "operator"),
        ("gone", "normal", "ann"),
    ]
    assert whole["feedback"][0]["detector"] == "bundles/a"
    assert whole["feedback"][3]["detector"] == ""
    assert whole["next"] is None
    first = client.get(f"{PATH}?limit=3").json()
    rest = client.get(f"{PATH}?limit=3&cursor={first['next']}").json()
    assert first["feedback"] + rest["feedback"] == whole["feedback"]


def test_a_token_of_one_camera_sees_its_own(said: Here) -> None:
    client = said.client("yard")
    assert [one["event"] for one in client.get(PATH).json()["feedback"]] == ["e2"]
    assert client.get(f"{PATH}?camera=door").status_code == 403
    assert said.client().get(PATH).status_code == 401


def test_as_a_table(said: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feedback, "LONGEST_PAGE", 1)
    answer = said.client("viewer").get(f"{PATH}?format=csv&camera=door&camera=yard")
    assert answer.headers["content-type"].startswith("text/csv")
    assert "attachment" in answer.headers["content-disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["event"], row["note"]) for row in rows] == [
        ("e1", "'=1+1"), ("e2", "'=1+1"), ("e1", ""),
    ]  # fmt: skip
