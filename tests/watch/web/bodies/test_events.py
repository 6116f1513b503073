"""Bodies of events."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from awry.watch.store.results import Change
from awry.watch.web.bodies.events import ChangeBody, Judging, RegionBody


def test_a_change_is_shown_as_it_is_stored() -> None:
    shown = ChangeBody.model_validate(Change(7, 1.0, "event", "door", "e1", {"state": "open"}))
    assert shown.model_dump() == {
        "id": 7,
        "at": 1.0,
        "kind": "event",
        "camera": "door",
        "subject": "e1",
        "payload": {"state": "open"},
    }


def test_a_judgement_is_abnormal_or_normal() -> None:
    assert Judging(label="normal").note == ""
    for wrong in ({"label": "none"}, {"label": "normal", "note": "x" * 2001}):
        with pytest.raises(ValidationError):
            Judging.model_validate(wrong)


def test_a_region_has_four_sides() -> None:
    assert RegionBody(box=(0, 0, 1, 1)).class_name == ""
    with pytest.raises(ValidationError):
        RegionBody.model_validate({"box": [0, 0, 1]})
