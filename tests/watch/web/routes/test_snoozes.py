from __future__ import annotations

from typing import Any

import pytest

from web_site import NOW, Here

API = "/api/v1/snoozes"


def made(here: Here, **wish: Any) -> Any:
    answer = here.client("operator").post(API, json=wish)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_place_of_an_event_is_snoozed_listed_and_ended(here: Here) -> None:
    client = here.client("operator")
    one = made(here, event="e1", lasts=3600, note="a flag")
    assert (one["camera"], one["event"], one["until"]) == ("door", "e1", NOW + 3600)
    assert one["boxes"] == [pytest.approx([0.07, 0.17, 0.33, 0.43])]  # a little larger
    assert (one["by"], one["note"], one["active"]) == ("operator", "a flag", True)
    assert client.get(API).json()["snoozes"] == [one]
    assert client.get(API, params={"camera": "yard"}).json()["snoozes"] == []
    assert client.delete(f"{API}/{one['id']}").json() == {"done": True}
    assert client.get(API).json()["snoozes"] == []
    (over,) = client.get(API, params={"over": True}).json()["snoozes"]
    assert (over["active"], over["ended"], over["ended_by"]) == (False, NOW, "operator")


def test_it_expires_by_itself(here: Here) -> None:
    made(here, event="e1", lasts=60)
    here.clock.advance(60)
    assert here.client("viewer").get(API).json()["snoozes"] == []


def test_boxes_of_a_camera_or_all_of_it_for_good(here: Here) -> None:
    box = [0.5, 0.5, 0.75, 0.75]
    assert made(here, camera="door", boxes=[box], lasts=None)["boxes"] == [box]
    one = made(here, camera="door", boxes=[], lasts=None)
    assert (one["boxes"], one["until"]) == ([], None)


def test_tomorrow_is_six_oclock_of_the_next_day_at_the_site(here: Here) -> None:
    here.app.state.api.settings = here.settings.model_copy(update={"timezone": "Europe/Vienna"})
    # It is 2027-01-15 09:00 there.
    assert made(here, event="e1", lasts="tomorrow")["until"] == NOW + 21 * 3600


@pytest.mark.parametrize(
    ("wish", "status"),
    [
        ({"lasts": 60}, 422),
        ({"event": "e1", "camera": "door", "boxes": [], "lasts": 60}, 422),
        ({"camera": "door", "lasts": 60}, 422),
        ({"event": "e1"}, 422),
        ({"event": "e1", "lasts": -1}, 422),
        ({"event": "e1", "lasts": "friday"}, 422),
        ({"camera": "door", "boxes": [[0.5, 0, 0.5, 1]], "lasts": 60}, 422),
        ({"camera": "door", "boxes": [[0, 0, 2, 1]], "lasts": 60}, 422),
        ({"camera": "gate", "boxes": [], "lasts": 60}, 404),
        ({"event": "e9", "lasts": 60}, 404),
    ],
)
def test_wishes_that_do_not_fit_are_refused(here: Here, wish: Any, status: int) -> None:
    assert here.client("operator").post(API, json=wish).status_code == status
    assert not here.asked


def test_a_token_for_one_camera_sees_and_ends_its_own(here: Here) -> None:
    one = made(here, event="e1", lasts=60)
    client = here.client("yard")
    assert client.get(API).json()["snoozes"] == []
    assert client.delete(f"{API}/{one['id']}").status_code == 403
    assert client.delete(f"{API}/99").status_code == 404
    assert client.post(API, json={"camera": "door", "boxes": [], "lasts": 60}).status_code == 403
