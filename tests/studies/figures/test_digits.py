from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.datasets.base import Dataset
from awry.datasets.digits import make_digits
from awry.detector import Detector
from awry.errors import ConfigError
from awry.fitting import FitOptions, fit_detector


@pytest.fixture(scope="module")
def moving_digits() -> Dataset:
    return make_digits(train_clips=3, test_clips=1, length=30, size=32)


@pytest.fixture(scope="module")
def daml(moving_digits: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Detector:
    folder = tmp_path_factory.mktemp("daml") / "bundle"
    options = FitOptions(preset="tiny", changes={"steps": 1})
    return fit_detector("daml", moving_digits, folder, options)


def test_a_row_for_each_kind(moving_digits: Dataset, daml: Detector, tmp_path: Path) -> None:
    (made,) = awry.figures("daml-fig7", data=moving_digits, out=tmp_path, bundle=daml).made
    assert list(made.values) == ["normal", "digit", "shape", "speed"]
    assert made.values["speed"]["clip"] == "speed-00"
    assert made.values["normal"]["label"] == 0
    assert made.values["digit"]["label"] == 1
    # Between the last frame of the warm-up, 5, and the clip's end, 30.
    assert {one["frame"] for one in made.values.values()} == {17}
    assert all(0 <= one["error"] <= 1 for one in made.values.values())


def test_a_method_without_pictures(moving_digits: Dataset, daml: Detector, tmp_path: Path) -> None:
    flow = fit_detector("flow", moving_digits, tmp_path / "flow", FitOptions(preset="tiny"))
    given = {"data": moving_digits, "out": tmp_path}
    with pytest.raises(ConfigError, match="flow shows no pictures of normal-00, frame 15"):
        awry.figures("daml-fig7", bundle=flow, **given)
    with pytest.raises(ConfigError, match="it needs 5 frames before"):
        awry.figures("daml-fig7", bundle=daml, frames=2, **given)
