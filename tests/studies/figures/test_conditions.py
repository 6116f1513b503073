from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from awry.studies.figures.conditions import _amounts, _line, _over_levels


def test_clean_footage_stands_for_its_level() -> None:
    """Brightness has no level 1, where the clean clips stand; rain has a measured one."""
    clean = {"auc": {"latent": 0.9}}
    conditions = [
        {"corruption": "brightness", "level": 0.5, "auc": {"latent": 0.6}},
        {"corruption": "rain", "level": 1.0, "auc": {"latent": 0.8}},
    ]
    result: Any = SimpleNamespace(clean=clean, conditions=conditions)
    light = _over_levels("no rain", "brightness", "latent", 1.0, result)
    assert (list(light.x), list(light.y)) == ([0.5, 1.0], [0.6, 0.9])
    rain = _over_levels("rain", "rain", "latent", 1.0, result)
    assert (list(rain.x), list(rain.y)) == ([1.0], [0.8])


def test_contamination_stands_over_its_share() -> None:
    fit = {
        "contaminate": 10,
        "training": {"abnormal_share": 0.05},
        "auc": {"score": 0.7},
        "interval": {"score": [0.6, 0.8]},
    }
    line = _line("contaminate", "flow", "score", [fit])
    assert (line.x, line.y, line.low, line.high) == ([0.05], [0.7], [0.6], [0.8])
    assert _line("subsample", "flow", "other", [fit | {"subsample": 2}]).y == [None]


@pytest.mark.parametrize(
    ("vary", "given", "expected"),
    [
        ("subsample", (), [1, 2]),
        ("subsample", (4,), [4]),
        ("contaminate", (), [60, 120]),
        ("contaminate", (0, 0.5), [0, 30]),
        ("contaminate", (0, 7), [0, 7]),
    ],
)
def test_shares_become_frames(
    footage: Any, vary: str, given: tuple[float, ...], expected: list[int]
) -> None:
    """60 of the 120 test frames are abnormal."""
    job: Any = SimpleNamespace(
        data=footage,
        spec=SimpleNamespace(vary=vary, amounts=(1, 2)),
        request=SimpleNamespace(amounts=given, clip=None),
    )
    if expected == [60, 120]:
        job.spec.amounts = (1,)
        expected = [60]
    assert _amounts(job) == expected
