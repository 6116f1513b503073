from __future__ import annotations

import json

from awry.watch.site.model import Camera
from awry.watch.site.portions import IngestSettings, ScoredCamera, ScorerSettings, revealed


def test_secrets_are_revealed_for_a_pipe_alone() -> None:
    camera = Camera.model_validate({"name": "door", "detect": "rtsp://u:s3cret@door"})
    settings = IngestSettings.model_validate({"camera": camera, "store": "/s"})
    assert "s3cret" not in settings.model_dump_json()
    assert json.loads(revealed(settings))["camera"]["detect"] == "rtsp://u:s3cret@door"
    assert IngestSettings.model_validate_json(revealed(settings)) == settings


def test_polygons_and_paths_come_back() -> None:
    one = ScoredCamera.model_validate(
        {"name": "door", "bundle": "/b", "ignore": [[[0, 0], [1, 1]]]}
    )
    settings = ScorerSettings(cameras=(one,), device="cpu")
    assert ScorerSettings.model_validate_json(revealed(settings)) == settings
