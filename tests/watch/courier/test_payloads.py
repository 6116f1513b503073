from __future__ import annotations

import json
import math

from awry.watch.courier.facts import CameraNow
from awry.watch.courier.payloads import as_text, iso, message, state_json, words
from awry.watch.store.results import Budget
from watch_courier import NOW, camera, letter, row, stored


def test_a_program_is_told_the_event_with_its_version() -> None:
    said = message(letter(row(1), row(2, kind="end"), events=[stored()]))
    assert (said["version"], said["id"], said["kind"]) == (1, "e1/end", "end")
    assert said["joined"] == ["new"]
    assert (said["site"], said["camera"]) == ("home", "front")
    assert said["event"]["start"] == "2027-01-15T08:00:00.000Z"
    assert said["event"]["api"] == "/api/v1/events/e1"
    assert json.loads(as_text(said)) == said


def test_an_event_that_is_gone_is_told_by_what_the_row_says() -> None:
    said = message(letter(row(1, payload={"camera": "yard", "score": 2})))
    assert said["event"] is None
    assert said["camera"] == "yard"
    assert said["details"]["score"] == 2


def test_numbers_that_are_none_are_null_and_equal_values_equal_texts() -> None:
    assert as_text({"b": math.nan, "a": (1.5, math.inf)}) == '{"a":[1.5,null],"b":null}'


def test_people_are_told_when_where_and_why() -> None:
    title, body = words(letter(events=[stored()], timezone="Europe/Berlin"))
    assert title == "front: something unusual"
    assert body.splitlines() == [
        "Camera front, Fri 15 Jan 09:00:00 for 4 s.",
        "It moves in an unusual way.",
        "Score 3.25; alarms begin at 2.",
    ]
    assert "since Fri 15 Jan" in words(letter(events=[stored(state="open")]))[1]


def test_a_digest_counts_all_and_lists_twenty() -> None:
    many = [stored(f"e{n}", ("front", "yard")[n % 2], start=NOW + n) for n in range(30)]
    title, body = words(letter(*(row(n, f"e{n}") for n in range(30)), events=many))
    lines = body.splitlines()
    assert title == "home: 30 events while you could not be reached"
    assert lines[0] == "front 15, yard 15"
    assert len(lines) == 22
    assert lines[-1] == "and 10 more"


def test_other_news_is_told_in_the_stores_words() -> None:
    payload = {"camera": "yard", "state": "stalled", "reason": "No packet for 10 s"}
    title, body = words(letter(row(1, "yard", "state", payload=payload)))
    assert title == "yard: stalled"
    assert body == "Fri 15 Jan 08:00:00.\nNo packet for 10 s."
    assert words(letter(row(1, "site", "disk")))[0] == "home: disk"


def test_a_state_says_what_switches_need() -> None:
    now = CameraNow(
        camera(flags=("dark",), state="degraded"),
        True,
        Budget("front", "d", 1, 2.0, None),
        stored(),
    )
    said = state_json(now)
    assert said["running"]
    assert said["tampered"]
    assert said["alarm"]
    assert said["budget"] == {"alarms": 1, "allowed": 2.0}
    assert said["last_event"] == "e1"
    assert state_json(CameraNow(camera()))["budget"]["allowed"] is None


def test_times_are_utc() -> None:
    assert iso(0.25) == "1970-01-01T00:00:00.250Z"
