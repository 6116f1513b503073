"""Bodies of the site as a whole."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from awry.watch.site.model import Camera, Site
from awry.watch.store.results import OutboxState
from awry.watch.web.bodies.site import CameraChange, CameraSettings, OutboxBody, SiteSettings

TRIANGLE = [[0, 0], [1, 0], [1, 1]]
HIDDEN_OF_CAMERA = {
    *("detect", "record", "bundle", "learn", "scene", "longest_event_s"),
    *("connect_timeout_s", "read_timeout_s"),
}


def test_a_setting_that_is_new_is_shown_or_hidden_on_purpose() -> None:
    shown = set(CameraSettings.model_fields) - {"learned", "method"}
    assert set(Camera.model_fields) - shown == HIDDEN_OF_CAMERA
    hidden = {"store", "database", "scorers", "load", "device", "web", "synthetic"}
    assert set(Site.model_fields) - set(SiteSettings.model_fields) == hidden


@pytest.mark.parametrize(
    "wrong",
    [
        {"zones": [{"name": "Gate", "polygon": TRIANGLE}]},
        {"zones": [{"name": "gate", "alarm": "often", "polygon": TRIANGLE}]},
        {"zones": [{"name": "gate", "polygon": TRIANGLE[:2]}]},
        {"zones": [{"name": "gate", "polygon": [[0, 0], [1, 0], [1, float("nan")]]}]},
        {"cooldown_s": float("inf")},
        {"record": "rtsp://evil.example"},
    ],
)
def test_a_change_that_does_not_fit(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        CameraChange.model_validate(wrong)


def test_what_a_change_leaves_out_is_known() -> None:
    assert CameraChange.model_validate({"budget": None}).model_fields_set == {"budget"}
    assert CameraChange.model_validate({}).model_fields_set == set()


def test_the_outbox_as_it_stands() -> None:
    stored = OutboxState("mqtt", 1, 2, 3, None)
    assert OutboxBody.model_validate(stored).model_dump() == {
        "channel": "mqtt",
        "waiting": 1,
        "sent": 2,
        "dead": 3,
        "oldest": None,
    }
