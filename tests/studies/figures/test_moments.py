from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import awry
from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError
from awry.frames import Frame, FrameScore
from awry.studies.figures.moments import inside_and_outside
from awry.studies.figures.views import View


def test_maps_are_measured_inside_the_true_boxes_and_outside() -> None:
    """The left half of the frame is true; the map is a quarter as large."""
    image = np.zeros((8, 16, 3), np.uint8)
    clip: Any = Clip("a", None)  # type: ignore[arg-type]
    heat = np.array([[4, 4, 1, 0], [4, 4, 1, 2]], np.float32)
    view = View(clip, Frame(0, None, image), FrameScore(0, None, 1.0))
    assert inside_and_outside(heat, view) == {"inside": None, "outside": 2.5}
    true = replace(view, truth=np.array([[0.0, 0.0, 7.0, 7.0]]))
    assert inside_and_outside(heat, true) == {"inside": 4.0, "outside": 1.0}
    whole = replace(view, truth=np.array([[0.0, 0.0, 15.0, 7.0]]))
    assert inside_and_outside(heat, whole)["outside"] is None


def test_chosen_frames_are_shown(footage: Dataset, flow_detector, tmp_path) -> None:
    options: dict[str, Any] = {"data": footage, "out": tmp_path, "bundle": flow_detector}
    with pytest.raises(ConfigError, match=r"--frames needs one clip: give --clip, e.g. Test002"):
        awry.figures("sdor-fig4", frames="25,3", **options)
    result = awry.figures("sdor-fig4", frames="25,3", clip="Test003", **options)
    moments = result.made[0].values["moments"]
    assert [(one["clip"], one["frame"], one["label"]) for one in moments] == [
        ("Test003", 3, 0),
        ("Test003", 25, 1),
    ]
    assert moments[1]["fits"]["flow"]["maps"]["map"].keys() == {"inside", "outside"}
    assert moments[0]["fits"]["flow"]["maps"]["map"]["inside"] is None
