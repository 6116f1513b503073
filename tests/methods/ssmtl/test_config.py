"""SSMTL's settings: what cannot work is refused where it is set."""

from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.methods.ssmtl import SSMTL


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"fusion": (0.0, 0.0)}, "one of them above 0"),
        ({"fusion": (1.0, -1.0)}, "two weights of 0 or more"),
        ({"side": 30}, "divisible by 8"),
        ({"filter_frames": 4}, "must be odd where the filter is centred"),
        ({"tasks": ("middle_box", "middle_box")}, "each task once"),
        ({"gap_is_step": True, "gaps": (1,)}, "one above 1"),
        ({"deep_pools": (2, 6, 4)}, "must ascend within 1 to 6"),
    ],
)
def test_settings_that_cannot_work_are_refused(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        SSMTL.configure("cpu", changes)


@pytest.mark.parametrize("preset", SSMTL.presets)
def test_every_preset_is_valid(preset: str) -> None:
    for variant in ("", "ped1", "ped2"):
        assert SSMTL.configure(preset, variant=variant).fusion[0] == 1  # type: ignore[attr-defined]
