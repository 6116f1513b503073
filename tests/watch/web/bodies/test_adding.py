"""Bodies of cameras that are to be added: checked, and silent about addresses."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from awry.watch.web.bodies.adding import MeasureWish, NewCamera, StreamAddress

ADDRESS = "rtsp://10.0.0.1/s3cret"


def test_addresses_and_passwords_are_not_shown() -> None:
    body = NewCamera(name="door", detect=StreamAddress(address=ADDRESS, password="s3cret"))
    assert "s3cret" not in repr(body)
    assert "s3cret" not in body.model_dump_json()
    assert body.learn_s == 86_400.0


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "Door"},
        {"name": "../door"},
        {"detect": {"address": ""}},
        {"detect": {"address": "rtsp://10.0.0.1/" + "a" * 2000}},
        {"learn_s": 1.0},
        {"days": float("nan")},
        {"recording": "always"},
        {"bundle": "/etc"},
    ],
)
def test_a_camera_that_does_not_fit(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewCamera.model_validate({"name": "door", "detect": {"address": ADDRESS}} | wrong)


@pytest.mark.parametrize("wrong", [{"width": 63}, {"height": 5000}, {"rate": 0}, {"rate": 61}])
def test_what_is_measured_is_bounded(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        MeasureWish.model_validate(wrong)
