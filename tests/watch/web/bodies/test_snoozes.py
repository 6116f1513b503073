from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from awry.watch.web.bodies.snoozes import SnoozeWish


@pytest.mark.parametrize("lasts", [1, 3600.5, "tomorrow", None])
def test_how_long_it_lasts(lasts: Any) -> None:
    assert SnoozeWish(event="e1", lasts=lasts).lasts == lasts


@pytest.mark.parametrize(
    "wish",
    [
        {"event": "e1"},
        {"event": "e1", "lasts": 0},
        {"event": "e1", "lasts": "today"},
        {"event": "e1", "lasts": float("nan")},
        {"event": "../e1", "lasts": 60},
        {"camera": "Door", "boxes": [], "lasts": 60},
        {"camera": "door", "boxes": [[0, 0, 1]], "lasts": 60},
        {"camera": "door", "boxes": [[0, 0, 1, float("inf")]], "lasts": 60},
        {"event": "e1", "lasts": 60, "until": 5},
    ],
)
def test_what_does_not_fit_is_refused(wish: Any) -> None:
    with pytest.raises(ValidationError):
        SnoozeWish(**wish)
