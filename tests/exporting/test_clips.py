"""Clips that runtimes are compared on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry
from awry.detector import Detector
from awry.exporting.clips import FRAMES, first_frames, frames_wanted, made_up, thinned
from support import black_frames


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


def test_the_made_up_clip_is_the_same_everywhere(detector: Detector) -> None:
    frames, again = (list(made_up(detector).open()) for _ in range(2))
    assert len(frames) == frames_wanted(detector)
    assert frames[0].image.shape == (*detector.frame_size, 3)
    np.testing.assert_array_equal(frames[7].image, again[7].image)
    assert np.abs(frames[1].image.astype(int) - frames[0].image).max() > 50
    assert len(first_frames(detector, frames * 3)) == frames_wanted(detector)


def test_frames_beyond_those_that_cannot_be_scored(detector: Detector) -> None:
    scorer = detector.scorer()
    assert frames_wanted(detector) == FRAMES + scorer.warmup + scorer.lookahead > FRAMES
    assert [frame.index for frame in thinned(detector, black_frames(5), 3)] == [0, 1, 2]
