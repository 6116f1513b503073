from __future__ import annotations

import numpy as np
import pytest

import awry
from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.frames import Frame
from awry.studies.figures.distorted import spoiled


def test_levels_between_the_severities() -> None:
    frame = Frame(3, None, np.full((36, 64, 3), 200, np.uint8))
    assert spoiled(frame, "a", "brightness", 0.75, 0).mean() == pytest.approx(150, abs=1)
    heavy = [spoiled(frame, "a", "rain_redrawn_heavy", level, 0) for level in (0.7, 0.7, 0.5)]
    np.testing.assert_array_equal(heavy[0], heavy[1])
    assert heavy[2].mean() < heavy[0].mean() < 200


def test_the_paper_s_levels_on_one_frame(footage: Dataset, tmp_path) -> None:
    result = awry.figures("daml-fig4", data=footage, out=tmp_path, clip="Test003", frames=7)
    values = result.made[0].values
    assert (values["clip"], values["frame"]) == ("Test003", 7)
    levels = [(one["corruption"], one["level"]) for one in values["pictures"]]
    assert levels == [
        ("none", 1.0),
        ("rain_redrawn_heavy", 0.5),
        ("rain_redrawn_heavy", 0.7),
        ("rain_redrawn_torrential", 0.6),
        ("rain_redrawn_torrential", 0.8),
        ("rain_redrawn_torrential", 1.0),
    ]
    assert awry.figures("daml-fig4", data=footage, out=tmp_path).made[0].values["frame"] == 20
    with pytest.raises(ConfigError, match="has no frame 60"):
        awry.figures("daml-fig4", data=footage, out=tmp_path, frames=60)
