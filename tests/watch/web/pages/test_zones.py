"""The page of a camera's zones."""

from __future__ import annotations

from web_site import Here


def test_an_administrator_draws_and_others_look(here: Here) -> None:
    drawn = here.client("admin").get("/cameras/door/zones")
    assert drawn.status_code == 200
    assert '<awry-zones camera="door"' in drawn.text
    assert 'data-draw="ignore"' in drawn.text
    seen = here.client("viewer").get("/cameras/door/zones").text
    assert "data-draw" not in seen
    assert "Only administrators change zones." in seen


def test_a_camera_that_is_not_there(here: Here) -> None:
    assert here.client("admin").get("/cameras/nope/zones").status_code == 404
    assert here.client("yard").get("/cameras/door/zones").status_code == 403


def test_nothing_stands_in_line(here: Here) -> None:
    page = here.client("admin").get("/cameras/door/zones").text
    assert " style=" not in page
    assert " onclick" not in page
