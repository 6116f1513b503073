"""A branch that tells synthetic anomalies gets weight, one that does not loses it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.methods.base import Setting
from awry.methods.composed import ScoredCompositions
from awry.methods.mtla import MTLA
from awry.methods.mtla.scoring import FrameErrors
from awry.methods.mtla.weights import learn_branch_weights
from awry.training.synthetic import CONTROL

from .test_scoring import clip, scores, with_changes


class Composed:
    """As much of a composition as is looked at."""

    def __init__(self, kind: str, donor: int) -> None:
        self.kind, self.donor = kind, donor
        self.altered = np.full(12, kind != CONTROL)


def results(kind: str, donor: int, size: tuple[int, int]) -> list[FrameErrors]:
    """Only the motion branch errs more where something is altered."""
    noise = np.random.default_rng([donor, kind != CONTROL])
    found = []
    for index in range(12):
        errors = {name: noise.random(size, np.float32) for name in ("appearance", "motion")}
        errors["motion"] += np.float32(3 * (kind != CONTROL))
        found.append(FrameErrors(index, None, errors, 0.0))
    return found


def learned(fitted: Detector, objects: int) -> MTLA:
    method = with_changes(fitted)
    scorer: Any = method.scorer(Setting())
    made: Any = [Composed(kind, d) for d in range(objects) for kind in (CONTROL, "wider")]
    size = scorer._sample_maker.size
    learn_branch_weights(
        scorer, ScoredCompositions(made, [results(c.kind, c.donor, size) for c in made])
    )
    return method


def weights(method: MTLA) -> list[float]:
    assert method.model is not None
    values: list[float] = method.model.branch_weights.tolist()
    return values


def test_what_tells_nothing_is_left_out(fitted: Detector) -> None:
    method = learned(fitted, 6)
    assert weights(method) == pytest.approx([0, 1])
    found = [one for one in scores(method, clip()) if one.score is not None]
    assert all(one.parts["sum"] == pytest.approx(2 * one.parts["motion"]) for one in found)
    assert all(one.parts["maximum"] == one.parts["motion"] for one in found)


def test_one_object_changes_nothing(fitted: Detector) -> None:
    assert weights(learned(fitted, 1)) == [0.5, 0.5]


def test_weights_are_part_of_the_bundle(fitted: Detector) -> None:
    method = learned(fitted, 6)
    other = MTLA(method.config)
    other.load_state(method.state())
    assert weights(other) == weights(method)
    old = {name: t for name, t in method.state().items() if name != "branch_weights"}
    other.load_state(old)
    assert weights(other) == [0.5, 0.5]
    assert torch.equal(other.state()["location"], method.state()["location"])
