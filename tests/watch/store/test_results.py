from __future__ import annotations

import json
from dataclasses import FrozenInstanceError, asdict

import pytest

from stores import a_clip, an_event


def test_results_are_frozen_and_plain() -> None:
    event = an_event(1, clips=(a_clip(1),), regions=({"box": [0, 0, 1, 1]},))
    with pytest.raises(FrozenInstanceError):
        event.score = 1.0  # type: ignore[misc]
    plain = json.loads(json.dumps(asdict(event)))
    assert plain["clips"][0]["path"] == a_clip(1).path
    assert plain["regions"] == [{"box": [0, 0, 1, 1]}]
