from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.fitting import fit_detector
from awry.methods.base import Setting
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.normality import _fill_statistics
from awry.methods.ssmtl.scoring import FrameParts
from support import moving_square

from .conftest import SMALL, MakeModel, options, training_data

THIN, WIDE = (10, 10, 14, 30), (10, 10, 30, 30)
"""Boxes that fill 4 of 9 columns of the mean filter, and all of it."""


def middle_box_scorer(make_model: MakeModel, **more: Any) -> Any:
    """A scorer of objects whose only part is the middle box's error, as it is."""
    changes = {"tasks": ("middle_box",), "level": "object", "part_scale": "none"}
    changes |= {"filter_frames": 1, **more}
    method = SSMTL(SSMTLConfig(**{**SMALL, **changes}))
    method.model = make_model(**changes)
    scorer: Any = method.scorer(Setting())
    scorer._working = (48, 64)
    return scorer


def with_object(index: int, box: tuple[int, ...], score: float) -> FrameParts:
    boxes = np.array([box], np.float32)
    raw = FrameParts(index, None, boxes, np.array([[score]]), np.empty(0))
    raw.weights = np.ones(1, np.float32)
    return raw


def test_where_nothing_is_held_back_that_can_be_scored_a_note_says_so(tmp_path: Path) -> None:
    clips = [moving_square(60, seed) for seed in range(8)]
    clips += [np.repeat(moving_square(1, seed), 60, 0) for seed in range(2)]
    for one in clips[:8]:
        one[48:] = one[48]  # nothing moves in the end that is held back
    detector = fit_detector("ssmtl", training_data(clips), tmp_path / "b", options(level="object"))
    assert any("measured on the training frames" in n for n in detector.facts.data.notes)
    model: Any = detector.models["*"].model  # type: ignore[attr-defined]
    assert float(model.stream("object").object_side) > 5


@pytest.mark.parametrize(
    ("changes", "thin", "wide", "empty"),
    [
        ({"floor": "zero"}, 0.3 * 4 / 9, 0.2, 0),
        ({"floor": "lowest"}, 0.2, 0.2, 0.12),
        # Three quarters of 0.12, 0.17 and 0.25 is 0.21.
        ({"usual_weight": 0.0}, 0.12 + 0.09 * 4 / 9, 0.12, 0.12),
        ({"usual_weight": 0.5}, 0.12 + (0.045 + 0.09) * 4 / 9, 0.16, 0.12),
        ({"usual_weight": 0.0, "usual_share": 0.0}, 0.2, 0.2, 0.12),
        ({"usual_weight": None}, 0.2, 0.2, 0.12),  # one object a frame is no crowd
    ],
)
def test_what_the_mean_filter_makes_of_a_thin_and_a_wide_object(
    make_model: MakeModel, changes: dict[str, Any], thin: float, wide: float, empty: float
) -> None:
    scorer = middle_box_scorer(make_model, filter_size=9, **changes)
    held_back = [with_object(n, WIDE, score) for n, score in enumerate((0.25, 0.12, 0.17))]
    assert _fill_statistics(scorer, [held_back])
    nobody = FrameParts(2, None, np.empty((0, 4), np.float32), np.empty((0, 1)), np.empty(0))
    frames = [with_object(0, THIN, 0.3), with_object(1, WIDE, 0.2), nobody]
    found = [levels["object"] for levels in scorer.frame_levels(frames)]
    assert found == pytest.approx([thin, wide, empty], abs=1e-6)


def test_a_crowd_of_usual_people_does_not_outdo_one_who_is_not(make_model: MakeModel) -> None:
    found = {}
    for weight in (1.0, None):
        scorer = middle_box_scorer(make_model, filter_size=21, usual_weight=weight)
        held_back = [crowd(n, shift) for n, shift in enumerate((0.0, 0.01, 0.02))]
        assert _fill_statistics(scorer, [held_back])
        frames = [crowd(0, 0.0), with_object(1, (10, 10, 20, 30), 0.4)]
        found[weight] = [levels["object"] for levels in scorer.frame_levels(frames)]
    assert found[1.0][0] > found[1.0][1]
    assert found[None][1] > found[None][0]


def crowd(index: int, shift: float) -> FrameParts:
    """Six side by side, who fill the mean filter."""
    boxes = np.array([(x, 10, x + 10, 40) for x in range(2, 62, 10)], np.float32)
    scores = np.linspace(0.1, 0.3, 6)[:, None] + shift
    raw = FrameParts(index, None, boxes, scores, np.empty(0))
    raw.weights = np.ones(6, np.float32)
    return raw
