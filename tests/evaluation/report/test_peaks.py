from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.detector import Detector
from awry.evaluation.report.peaks import LEAST_HEAT, own_scale, peak_of
from awry.frames import Frame, FrameScore
from awry.scoring.moments import Moment
from awry.video.overlay import heat_image

IMAGE = np.full((48, 72, 3), 90, np.uint8)


def test_a_map_is_drawn_on_normal_footages_scale_unless_it_is_lower(bundle: Path) -> None:
    detector = Detector.load(bundle)
    low, high = usual = detector.explainer("yard").calibration.heat_range
    for share, own in ((LEAST_HEAT + 0.01, False), (LEAST_HEAT - 0.01, True)):
        heat = np.full((6, 9), low, np.float32)
        heat[2, 3] = low + share * (high - low)
        score = FrameScore(7, 0.7, 2.5, {"flow": 2.5}, heat)
        peak = peak_of(Moment(2.5, "gate", Frame(7, 0.7, IMAGE), score), detector, "yard")
        assert peak.own_heat == own
        expected = heat_image(IMAGE, heat, own_scale(heat) if own else usual)
        np.testing.assert_array_equal(peak.heat, expected)
        assert (peak.index, peak.score, peak.clip, peak.parts) == (7, 2.5, "gate", {"flow": 2.5})


def test_without_a_map_there_is_no_heat(bundle: Path) -> None:
    score = FrameScore(0, None, 1.0)
    peak = peak_of(Moment(1.0, "gate", Frame(0, None, IMAGE), score), Detector.load(bundle))
    assert (peak.heat, peak.own_heat, peak.time_s) == (None, False, None)


def test_the_scale_of_one_picture() -> None:
    assert own_scale(np.array([[1, 2], [2, 9]], np.float32)) == pytest.approx((2, 9))
