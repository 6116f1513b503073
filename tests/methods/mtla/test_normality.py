from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.methods.base import Setting
from awry.methods.mtla import MTLA
from awry.methods.mtla.normality import _fill, measure_normality
from awry.methods.mtla.scoring import MTLAScorer
from awry.training.footage import Run
from support import moving_square_data


def with_changes(detector: Detector, **changes: Any) -> MTLA:
    """The same learned numbers under other settings of scoring."""
    method = detector.models["*"]
    assert isinstance(method, MTLA)
    other = MTLA(method.config.model_copy(update=changes))
    other.load_state(method.state())
    return other


def still(count: int) -> Run:
    picture = next(iter(moving_square_data().train[0].open())).image
    return Run("still", "yard", 0, np.repeat(picture[None], count, 0), None)


def test_footage_without_objects_says_nothing_of_what_is_normal(fitted: Detector) -> None:
    method = with_changes(fitted)
    scorer = method.scorer(Setting())
    assert isinstance(scorer, MTLAScorer)
    before = scorer.model.location.clone()
    assert not measure_normality(scorer, [still(30)])
    assert not measure_normality(scorer, [still(2)])
    assert torch.equal(before, scorer.model.location)


def test_what_is_normal_is_measured_in_pieces_of_what_there_is(
    fitted: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = np.stack([frame.image for frame in moving_square_data().train[0].open()])
    run, sides = Run("c", "yard", 0, images, None), []
    for piece in (60, 20):
        monkeypatch.setattr("awry.methods.mtla.normality.PIECE", piece)
        scorer = with_changes(fitted).scorer(Setting())
        assert isinstance(scorer, MTLAScorer)
        assert measure_normality(scorer, [run])
        sides.append(float(scorer.model.object_side))
        assert float(scorer.model.scale.min()) > 0
    assert sides[0] == pytest.approx(sides[1], rel=0.3)


def test_rounding_is_no_spread() -> None:
    location, scale = torch.zeros(2), torch.zeros(2)
    values = np.array([[0.6443, 0.01], [0.6443 + 9e-7, 0.02]])
    _fill(location, scale, values)
    np.testing.assert_allclose(location, [0.6443, 0.015], atol=1e-6)
    np.testing.assert_allclose(scale, [1.0, 0.005])
