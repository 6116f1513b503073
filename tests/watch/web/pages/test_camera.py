"""The page of a camera, as the server gives it."""

from __future__ import annotations

import pytest

from awry.watch.store.models import CameraRow, FlagRow
from web_site import NOW, Here, event


def page(here: Here, who: str = "viewer", path: str = "/cameras/door", **headers: str) -> str:
    answer = here.client(who).get(path, headers=headers)
    assert answer.status_code == 200
    return answer.text


def test_what_a_viewer_sees(here: Here) -> None:
    text = page(here)
    assert '<awry-live camera="door" mode="video"' in text
    assert '<awry-curve camera="door">' in text
    for end in ("", "/sensitivity", "/zones", "/teach"):
        assert f'href="/cameras/door{end}"' in text
    assert 'href="/cameras/door" aria-current="page"' in text
    assert 'href="/events?camera=door"' in text
    assert 'id="event-e1"' in text
    assert 'id="event-e2"' not in text  # of the other camera
    assert "2/day" in text
    assert "<form" not in text
    assert "data-arm" not in text
    assert 'data-do="normal"' not in text


def test_operators_arm_and_judge_and_administrators_change_settings(here: Here) -> None:
    operator, admin = page(here, "operator"), page(here, "admin")
    for text in (operator, admin):
        assert 'data-arm="door"' in text
        assert 'data-do="normal"' in text
    assert "data-settings" not in operator
    assert '<input type="checkbox" name="enabled" checked>' in admin
    assert '<option value="always" selected>' in admin
    assert '<option value="night">by the schedule night</option>' in admin
    assert 'name="cooldown_s" type="number"' in admin
    assert 'value="30"' in admin


@pytest.mark.parametrize("layer", ["heat", "regions"])
def test_layers_stand_in_the_address(here: Here, layer: str) -> None:
    def pressed(text: str) -> str:
        place = text.index(f'data-layer="{layer}"')
        return text[place : text.index(">", place)]

    assert 'aria-pressed="true"' in pressed(page(here))
    assert 'aria-pressed="false"' in pressed(page(here, path=f"/cameras/door?{layer}=false"))


def test_state_flags_and_a_camera_that_was_seen_long_ago(here: Here) -> None:
    with here.database.writing() as session:
        row = session.get(CameraRow, "door")
        assert row is not None
        row.state, row.state_since, row.last_frame = "back-off", NOW - 500, NOW - 480
        row.state_reason = "<b>gone</b>"
    here.add(FlagRow(camera="door", flag="covered", since=NOW - 9, until=None))
    for path in ("/cameras/door", "/ui/cameras/door/facts"):
        text = page(here, path=path)
        assert "Covered" in text
        assert "Connection lost, tried again and again" in text
        assert "&lt;b&gt;gone&lt;/b&gt;" in text
        assert "Last seen" in text
    assert f'last-seen="{NOW - 480}"' in page(here)


def test_events_anew_newest_first(here: Here) -> None:
    here.add(event("late", "door", NOW - 10, reason="<i>x</i> moves; at all."))
    text = page(here, path="/ui/cameras/door/events")
    assert text.index('data-uid="late"') < text.index('data-uid="e1"')
    assert "<i>x" not in text
    assert "<html" not in text


def test_a_camera_that_is_misconfigured_or_left_the_file(here: Here) -> None:
    config = here.settings.config
    assert config is not None
    config.write_text(config.read_text().replace("budget: 2/day", "budget: soup"))
    text = page(here, "admin")
    assert 'class="notice bad"' in text
    assert "data-settings" not in text
    config.write_text(config.read_text().replace("  door:", "  gate:"))
    assert "data-settings" not in page(here, "admin")


def test_who_may_not_and_what_there_is_not(here: Here) -> None:
    assert here.client("").get("/cameras/door").headers["location"].startswith("/login?next=")
    assert here.client("yard").get("/cameras/door").status_code == 403
    assert here.client("viewer").get("/cameras/none").status_code == 404
    assert here.client("viewer").get("/cameras/%3Cscript%3E").status_code == 422
    for path in ("facts", "events"):
        assert here.client("").get(f"/ui/cameras/door/{path}").status_code in (303, 401)
        assert here.client("yard").get(f"/ui/cameras/door/{path}").status_code == 403


def test_in_german(here: Here) -> None:
    text = page(here, "admin", **{"Accept-Language": "de"})
    assert "Was der Detektor jetzt sieht" in text
    assert "nach dem Zeitplan night" in text
