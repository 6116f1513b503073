"""Events: found, shown, judged, pinned."""

from __future__ import annotations

from typing import Any

import pytest

from awry.watch.store.models import AuditRow, EventRow, FeedbackRow
from web_site import NOW, Here, event

API = "/api/v1"
HTML = '<script>alert("x")</script>\u2028\n\nevent: forged'


def uids(here: Here, query: str = "", who: str = "viewer") -> list[str]:
    return [one["uid"] for one in here.client(who).get(f"{API}/events{query}").json()["events"]]


def test_events_come_newest_first_page_by_page(here: Here) -> None:
    here.add(*(event(f"n{number}", "door", NOW - 1000 - number) for number in range(7)))
    found, cursor = [], ""
    while True:
        page = here.client("viewer").get(f"{API}/events?limit=3{cursor}").json()
        found += [one["uid"] for one in page["events"]]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == ["e2", "e1", *(f"n{number}" for number in range(7))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?camera=door", ["e1"]),
        ("?camera=door&camera=yard", ["e2", "e1"]),
        ("?camera=none", []),
        (f"?since={NOW - 50}", []),
        (f"?until={NOW - 100}", []),
        ("?state=open", []),
        ("?told=false", []),
        ("?label=none", ["e2", "e1"]),
        ("?label=normal", []),
        ("?least=3.1", []),
        ("?shadow=true", []),
        ("?light=infrared", []),
        ("?pinned=false&state=ended&told=true&least=3", ["e2", "e1"]),
    ],
)
def test_events_are_filtered(here: Here, query: str, expected: list[str]) -> None:
    assert uids(here, query) == expected


def test_a_token_of_a_camera_sees_its_events_alone(here: Here) -> None:
    assert uids(here, who="yard") == ["e2"]
    assert here.client("yard").get(f"{API}/events?camera=door").status_code == 403
    assert uids(here, "?camera=yard", "yard") == ["e2"]


def test_an_event_has_addresses_in_place_of_paths(here: Here) -> None:
    told = here.client("viewer").get(f"{API}/events/e1").json()
    assert told["picture"] == f"{API}/events/e1/picture"
    assert told["annotated"] == f"{API}/events/e1/annotated"
    assert told["heat"] == f"{API}/events/e1/heat"
    (clip,) = told["clips"]
    assert clip["address"] == f"{API}/events/e1/clips/0"
    assert clip["there"] is True
    assert "media/" not in str(told)
    assert told["regions"] == [
        {"box": [0.1, 0.2, 0.3, 0.4], "score": 3.0, "parts": {}, "class_name": "dog"}
    ]
    for address in (told["picture"], told["annotated"], told["heat"], clip["address"]):
        assert here.client("viewer").get(address).status_code == 200


def test_what_is_not_there_and_what_is_no_number(here: Here) -> None:
    here.add(
        event("bare", "door", NOW, picture="", annotated="", heat="", regions=[], parts={}),
        event("odd", "door", NOW, score=float("inf"), parts={"a": 1.0}, media="expired"),
    )
    bare = here.client("viewer").get(f"{API}/events/bare").json()
    assert (bare["picture"], bare["annotated"], bare["heat"], bare["clips"]) == (None,) * 3 + ([],)
    odd = here.client("viewer").get(f"{API}/events/odd").json()
    assert (odd["score"], odd["picture"]) == (None, None)
    assert here.client("viewer").get(f"{API}/events/none").status_code == 404


def test_judging_is_the_keepers_and_audited(here: Here) -> None:
    client = here.client("operator")
    for label in ("normal", "abnormal"):
        body = {"label": label, "note": HTML}
        assert client.put(f"{API}/events/e1/judgement", json=body).json() == {"done": True}
        assert client.get(f"{API}/events/e1").json()["label"] == label
    assert uids(here, "?label=abnormal") == ["e1"]
    assert [row.by for row in here.rows(FeedbackRow)] == ["operator"] * 2
    assert client.delete(f"{API}/events/e1/judgement").status_code == 200
    assert client.get(f"{API}/events/e1").json()["label"] is None
    assert [row.action for row in here.rows(AuditRow)][-3:] == ["judge", "judge", "unjudge"]


def test_pinning(here: Here) -> None:
    client = here.client("feedback")
    assert client.put(f"{API}/events/e1/pin").status_code == 200
    assert client.get(f"{API}/events/e1").json()["pinned"] is True
    assert client.delete(f"{API}/events/e1/pin").status_code == 200
    assert client.get(f"{API}/events/e1").json()["pinned"] is False
    assert {row.by for row in here.rows(AuditRow) if "pin" in row.action} == {"token feedback"}


@pytest.mark.parametrize(
    "body", [{}, {"label": "odd"}, {"label": "normal", "more": 1}, {"label": "normal", "note": 3}]
)
def test_a_judgement_that_is_none_is_refused_field_by_field(here: Here, body: Any) -> None:
    answer = here.client("operator").put(f"{API}/events/e1/judgement", json=body)
    assert answer.status_code == 422
    assert answer.json()["error"]["problems"][0]["where"].startswith("body.")
    assert not here.asked


def test_stored_text_is_given_as_data_and_nothing_else(here: Here) -> None:
    here.add(event("h", "door", NOW, reason=HTML, parts={HTML: 1.0}))
    answer = here.client("viewer").get(f"{API}/events/h")
    assert answer.json()["reason"] == HTML
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert len(here.rows(EventRow)) == 3
