from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from awry.watch.site.model import Camera, Site


def test_secrets_are_not_shown() -> None:
    camera = Camera.model_validate({"name": "door", "detect": "rtsp://u:s3cret@door"})
    assert "s3cret" not in repr(camera) + str(camera) + camera.model_dump_json()


@pytest.mark.parametrize(
    "values",
    [
        {"name": "Door"},
        {"name": "../up"},
        {"name": "x" * 41},
        {"zones": [{"name": "a", "polygon": [[0, 0], [1, 1]]}]},
        {"ignore": [[[0, 0], [2, 0], [1, 1]]]},
        {"pre_roll_s": 61},
        {"surprise": 1},
    ],
)
def test_what_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Camera.model_validate({"name": "door", "detect": "x", **values})


def test_it_does_not_change() -> None:
    site = Site.model_validate({"store": "s"})
    with pytest.raises(ValidationError):
        site.name = "other"
    assert (site.web.host, site.load, site.retention.days) == ("127.0.0.1", "warn", 30.0)
