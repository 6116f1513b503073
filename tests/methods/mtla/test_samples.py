from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awry.errors import FootageError
from awry.fitting import FitOptions, fit_detector
from awry.methods.mtla.samples import frames_needed, places_of
from awry.training.footage import Run
from support import moving_square_data


def test_teachers_see_no_more_frames_than_are_drawn_from() -> None:
    run = Run("c", "yard", 0, np.zeros((50, 4, 6, 1), np.uint8), None)
    assert places_of([run], 0, 1, None) == [(0, frame) for frame in range(2, 50)]
    assert places_of([run], 3, 9, None) == [(0, frame) for frame in range(3, 47, 9)]
    some = places_of([run, run], 0, 1, 10)
    assert len(some) == 10
    assert (some[0], some[-1]) == ((0, 2), (1, 49))
    assert frames_needed(0) == 3
    assert len(places_of([replace(run, images=run.images[:7])], 3, 1, None)) == 1
    assert frames_needed(3) == 7
    assert places_of([run], 0, 1, None, 3) == [(0, frame) for frame in range(6, 50)]
    assert places_of([run], 3, 1, None, 3) == [(0, frame) for frame in range(9, 41)]
    assert frames_needed(3, 3) == 19


def test_clips_too_short_for_one_sample_are_said(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"around": 30})
    with pytest.raises(FootageError, match="one sample needs 61"):
        fit_detector("mtla", moving_square_data(clips=2, length=40), tmp_path / "b", options)
