"""Bodies of several cameras at once."""

from __future__ import annotations

import math

import pytest
from pydantic import ValidationError

from awry.watch.web.bodies.timeline import TimelineRow


def row(**more: object) -> TimelineRow:
    lists = {name: [] for name in ("levels", "events", "gaps", "states", "flags")}
    return TimelineRow.model_validate({"camera": "door", "left_out": False, **lists, **more})


def test_a_bin_without_scores_is_null() -> None:
    assert '"levels":[null,0.5,null]' in row(levels=[None, 0.5, math.nan]).model_dump_json()


def test_a_clip_has_a_part_a_start_and_an_end() -> None:
    numbers = dict.fromkeys(("start", "end", "peak_at"), 0.0)
    event = {"uid": "e", "state": "ended", "told": True, "label": None, "picture": True, **numbers}
    assert row(events=[{**event, "clips": [(0, 1.0, 2.0)]}]).events[0].clips == [(0, 1.0, 2.0)]
    with pytest.raises(ValidationError):
        row(events=[{**event, "clips": [(0, 1.0)]}])
