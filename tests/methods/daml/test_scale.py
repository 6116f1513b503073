"""What DAML's settings leave to the footage's scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from awry.fitting import FitOptions, fit_detector
from awry.methods.daml import DAML, DAMLConfig
from awry.methods.daml.scale import settled_by, width_at
from awry.training.scale import FootageScale
from support import moving_square_data


def scale(side: float | None, fps: float, size: tuple[int, int]) -> FootageScale:
    return FootageScale(side, side, 10.0, fps, True, size, 60)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (scale(30, 10, (240, 360)), (128, 1, 12, 9)),  # UCSD Ped2: as it was by its name
        (scale(100, 24, (480, 856)), (128, 2, 14, 15)),  # ShanghaiTech's scene 01
        (scale(21, 30, (240, 320)), (128, 3, 12, 7)),  # UMN
        (scale(110, 25, (360, 640)), (128, 2, 15, 15)),
        (scale(41, 25, (1080, 1920)), (212, 2, 15, 5)),
        (scale(10, 25, (1080, 1920)), (256, 2, 15, 1)),
        (scale(4, 10, (144, 256)), (144, 1, 12, 3)),
        (scale(None, 10, (240, 360)), (128, 1, 12, 9)),
    ],
)
def test_settings_that_follow(measured: FootageScale, expected: tuple[int, ...]) -> None:
    config = DAML.configure("cpu")
    settled = settled_by(config, measured)  # type: ignore[arg-type]
    names = ("height", "subsample", "ahead", "box")
    assert tuple(settled[name] for name in names) == expected
    DAMLConfig(**{**config.model_dump(), **settled})


def test_what_a_person_set_stays() -> None:
    config: Any = DAML.configure("cpu", {"height": 64, "subsample": 1, "ahead": 6, "box": 3})
    settled = settled_by(config, scale(30, 24, (240, 360)))
    expected = {"height": 64, "subsample": 1, "ahead": 6, "box": 3, "run_length": 32}
    assert settled == expected


def test_a_run_is_at_least_one_window() -> None:
    config: Any = DAML.configure("cpu", {"subsample": 1})
    assert settled_by(config, scale(30, 60, (240, 360)))["run_length"] == 7 + 1 + 72


def test_the_width_keeps_the_aspect() -> None:
    assert width_at(128, (240, 360), 4) == 192
    assert width_at(128, (480, 856), 4) == 228


def test_fit_settles_and_says_it(tmp_path: Path) -> None:
    changes = {"height": 0, "subsample": 0, "ahead": 0, "box": 0, "interleaved": True}
    data = moving_square_data(length=100)
    fast = FitOptions(preset="tiny", changes=changes, every=1)
    detector = fit_detector("daml", data, tmp_path / "b", fast)
    config: Any = detector.models["*"].config
    assert (config.height, config.width, config.subsample, config.ahead) == (128, 192, 1, 12)
    assert config.box % 2 == 1
    assert 9 <= config.box <= 15
    (note,) = [note for note in detector.facts.data.notes if "typical object" in note]
    assert "a prediction is made from 4 codes of every frame (0.3 s), 1.2 s ahead" in note
