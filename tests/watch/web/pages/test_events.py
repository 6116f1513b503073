from __future__ import annotations

import json

import pytest

from awry.watch.requests import Judge, made
from parsed_page import Parsed
from web_site import NOW as NOON
from web_site import Here, event


def test_a_card_says_what_an_event_is(here: Here) -> None:
    answer = here.client("operator").get("/ui/events/e1")
    page = Parsed(answer.text)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    (card,) = page.all("article")
    assert (card["data-event"], card["data-camera"]) == ("e1", "door")
    assert "1.5 times as far from normal as the threshold" in page.text
    assert page.values("data-do") == ["play", "abnormal", "normal", "pin", "snooze"]
    assert [one["src"] for one in page.all("img")] == ["/api/v1/events/e1/picture"]
    (box,) = page.all("rect")
    assert [float(box[name]) for name in ("x", "y", "width", "height")] == pytest.approx(
        [0.1, 0.2, 0.2, 0.2]
    )


def test_who_may_not_judge_gets_no_buttons_to_judge(here: Here) -> None:
    page = Parsed(here.client("viewer").get("/ui/events/e1?select=1").text)
    assert page.values("data-do") == ["play", "select"]


def test_a_card_of_no_event_is_refused(here: Here) -> None:
    assert here.client("viewer").get("/ui/events/none").status_code == 404
    assert here.client("yard").get("/ui/events/e1").status_code == 403


def test_the_page_shows_events_and_what_was_asked_for(here: Here) -> None:
    client = here.client("operator")
    page = Parsed(client.get("/events?camera=door&told=true&shadow=false").text)
    assert [one["data-event"] for one in page.all("article")] == ["e1"]
    assert [one["value"] for one in page.all("input", name="camera") if "checked" in one] == [
        "door"
    ]
    assert [one["value"] for one in page.all("option") if "selected" in one][1:2] == ["told:true"]
    assert len(Parsed(client.get("/events").text).all("article")) == 2
    assert page.all("awry-grid")[0]["data-judge"] == "true"


def test_what_nothing_fits_says_so(here: Here) -> None:
    page = Parsed(here.client("viewer").get("/events?label=normal").text)
    assert page.all("article") == []
    assert "No event fits." in page.text


def test_near_duplicates_stand_behind_the_newest(here: Here) -> None:
    begun = NOON // 300 * 300
    rows = [event(f"n{number}", "door", begun + 12 * number) for number in range(3)]
    here.add(*rows)
    here.ask(made(Judge(event="n0", label="normal")))
    page = Parsed(here.client("viewer").get("/ui/events", params={"since": begun}).text)
    (card,) = page.all("article")
    assert (card["data-event"], card["data-key"]) == ("n2", "n0")
    assert card["data-others"].split() == ["n1=", "n0=normal"]
    assert "+2 more like it" in page.text
    others = Parsed(here.client("viewer").get("/ui/cards?uid=n1&uid=n0&uid=gone").text)
    assert [one["data-event"] for one in others.all("article")] == ["n1", "n0"]


def test_pages_of_cards_go_on_where_the_last_ended(here: Here) -> None:
    client = here.client("viewer")
    first = Parsed(client.get("/ui/events?limit=1").text)
    cursor = first.all("div", data_list="")[0]["data-next"]
    second = Parsed(client.get("/ui/events", params={"limit": 1, "cursor": cursor}).text)
    found = [page.all("article")[0]["data-event"] for page in (first, second)]
    assert sorted(found) == ["e1", "e2"]


def test_one_event_with_all_that_is_known(here: Here) -> None:
    here.ask(made(Judge(event="e1", label="normal", note="<b>a cat</b>"), "ann"))
    answer = here.client("operator").get("/events/e1")
    page = Parsed(answer.text)
    assert "<b>a cat</b>" in page.text
    assert not page.all("b")
    assert "ann" in page.text
    facts = json.loads(page.all("awry-player")[0]["facts"])
    assert (facts["uid"], facts["clips"][0]["address"]) == ("e1", "/api/v1/events/e1/clips/0")
    assert "appearance" in page.text
    details = Parsed(here.client("viewer").get("/ui/events/e1/details").text)
    assert "abnormal" not in details.values("data-do")
    assert "link" in details.values("data-do")


def test_neighbours_are_of_the_same_camera(here: Here) -> None:
    here.add(event("n1", "door", NOON - 50), event("n2", "yard", NOON - 40))
    page = Parsed(here.client("viewer").get("/events/e1").text)
    assert [one["href"] for one in page.all("a", id="after")] == ["/events/n1"]
    assert page.all("a", id="before") == []


@pytest.mark.parametrize("who", ["", "yard"])
def test_who_may_not_see_it_does_not(here: Here, who: str) -> None:
    client = here.client(who)
    wanted = 403 if who else 303
    assert client.get("/events/e1").status_code == wanted
    assert client.get("/events?camera=door").status_code == wanted
    if who:
        cards = Parsed(client.get("/events").text).all("article")
        assert [one["data-event"] for one in cards] == ["e2"]
        assert Parsed(client.get("/ui/cards?uid=e1").text).all("article") == []


def test_hostile_words_stay_words(here: Here) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    row = event("x1", "door", NOON, reason=evil, bundle=evil, parts={evil[:60]: 1.0})
    here.add(row)
    client = here.client("operator")
    for path in ("/events", "/events/x1", "/ui/events/x1", "/ui/events/x1/details"):
        page = Parsed(client.get(path).text)
        assert not [one for one in page.all("script") if "src" not in one], path
        assert not page.values("onerror"), path
        assert not page.all("img", src="x"), path


def test_parts_and_reasons_of_silence_are_filters(here: Here) -> None:
    here.add(event("p1", "door", NOON, part="speed_high", told=False, silent="snoozed"))
    client = here.client("read")
    assert client.get("/api/v1/event-parts").json() == {"parts": ["speed_high"]}
    for query in ({"part": "speed_high"}, {"silent": "snoozed"}):
        found = client.get("/api/v1/events", params=query).json()["events"]
        assert [one["uid"] for one in found] == ["p1"]
    assert "speed high" in Parsed(here.client("viewer").get("/events").text).text


def test_several_are_judged_at_once_and_what_was_said_is_listed(here: Here) -> None:
    client = here.client("operator")
    given = {"events": ["e1", "e2", "e1"], "label": "normal", "note": "wind"}
    assert client.put("/api/v1/judgements", json=given).json() == {"done": True}
    said = client.get("/api/v1/events/e2/judgements").json()["judgements"]
    assert [(one["label"], one["note"], one["by"]) for one in said] == [
        ("normal", "wind", "operator")
    ]
    assert client.put("/api/v1/judgements", json={**given, "events": ["e9"]}).status_code == 404
    asked = [one.action for one in here.asked]
    assert asked == ["judge.some", "judge.some"]
    assert here.client("yard").put("/api/v1/judgements", json=given).status_code == 403
