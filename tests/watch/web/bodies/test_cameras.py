"""Bodies of cameras fit what the store gives."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from awry.watch.keeper.replay import ReplayedEvent
from awry.watch.store.results import Budget, Calibration, Drift, Span, StoredBundle, StoredCamera
from awry.watch.web.bodies.cameras import (
    Arming,
    BudgetBody,
    BundleBody,
    BundleChoice,
    CalibrationBody,
    CameraBody,
    DriftBody,
    ReplayedBody,
    SpanBody,
)


@pytest.mark.parametrize(
    ("body", "stored"),
    [
        (
            CameraBody,
            StoredCamera("door", 1.0, None, "running", 2.0, "", True, 3.0, None, ("dark",)),
        ),
        (SpanBody, Span("door", "dark", 1.0, None, "It is night.")),
        (BudgetBody, Budget("door", "2027-01-15", 1, 2.0, None)),
        (CalibrationBody, Calibration("door", "b", "day", None, 1.0, "By hand.", {}, 2.0)),
        (DriftBody, Drift("door", 3600, "day", "b", None, 0.5, 10)),
        (BundleBody, StoredBundle("door", "b", "daml", "active", 1.0, "", {"fps": 10})),
        (ReplayedBody, ReplayedEvent(1.0, 2.0, 1.5, 3.0, "day", None)),
    ],
)
def test_each_has_the_stores_values(body: type, stored: object) -> None:
    shown = body.model_validate(stored)  # type: ignore[attr-defined]
    for name, value in shown.model_dump().items():
        there = getattr(stored, name)
        assert value == (list(there) if isinstance(there, tuple) else there)


def test_what_is_taken_is_checked() -> None:
    assert Arming(armed=True).until is None
    for wrong in ({"armed": True, "until": float("nan")}, {}, {"armed": True, "camera": "yard"}):
        with pytest.raises(ValidationError):
            Arming.model_validate(wrong)
    with pytest.raises(ValidationError):
        BundleChoice(path="")
