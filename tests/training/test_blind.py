"""The blind figure against scikit-learn's AUC; weights: what tells nothing loses its own."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from awry.training.blind import (
    BlindScores,
    blind_figure,
    mixed,
    mixtures,
    part_weights,
    weights_of,
)
from awry.training.synthetic import CONTROL


def judged(parts: int = 1, objects: int = 8, seed: int = 0) -> tuple[np.ndarray, BlindScores]:
    """Only the first part tells altered frames, by three deviations; the others are noise."""
    generator = np.random.default_rng(seed)
    kinds, donors, rows = [], [], []
    for donor in range(objects):
        for kind in (CONTROL, "wider", "frozen"):
            values = generator.normal(size=(10, parts))
            values[:, 0] += 3 * (kind != CONTROL)
            rows.append(values)
            kinds += [kind] * 10
            donors += [donor] * 10
    values = np.concatenate(rows)
    return values, BlindScores(values, np.array(kinds), np.array(donors))


def test_the_figure_is_the_mean_auc_of_the_kinds() -> None:
    values, frames = judged()
    figure = blind_figure(frames)
    assert figure is not None
    expected = {}
    for kind in ("wider", "frozen"):
        chosen = np.isin(frames.kinds, [kind, CONTROL])
        expected[kind] = roc_auc_score(frames.kinds[chosen] == kind, values[chosen, 0])
    assert figure.kinds == pytest.approx(expected)
    assert figure.figure == pytest.approx(np.mean(list(expected.values())))
    assert figure.low <= figure.figure <= figure.high
    assert (figure.objects, figure.frames) == (8, 240)


def test_ties_count_half() -> None:
    frames = BlindScores(np.zeros((4, 1)), np.array([CONTROL, "wider"] * 2), np.array([0, 0, 1, 1]))
    figure = blind_figure(frames)
    assert figure is not None
    assert figure.figure == 0.5


def test_without_altered_frames_there_is_no_figure() -> None:
    frames = BlindScores(np.zeros((2, 2)), np.array([CONTROL] * 2), np.array([0, 1]))
    assert blind_figure(frames) is None
    assert part_weights(frames, np.array([1.0, 3.0])) == pytest.approx([0.25, 0.75])


def test_a_part_that_tells_nothing_loses_its_weight() -> None:
    _, frames = judged(parts=3)
    weights = part_weights(frames, np.ones(3))
    assert weights.sum() == pytest.approx(1)
    assert weights[0] > 0.7
    assert weights[1:].tolist() == [0, 0]


def test_parts_that_tell_alike_share() -> None:
    generator = np.random.default_rng(0)
    values, frames = judged(parts=2)
    values = generator.normal(size=values.shape) + (frames.kinds != CONTROL)[:, None]
    frames = BlindScores(values, frames.kinds, frames.donors)
    assert part_weights(frames, np.ones(2)) == pytest.approx([0.5, 0.5], abs=0.15)


def test_little_evidence_stays_near_the_prior() -> None:
    _, frames = judged(parts=2, objects=2)
    assert part_weights(frames, np.array([1.0, 3.0])).tolist() == [0.25, 0.75]
    _, frames = judged(parts=2, objects=3)
    weights = part_weights(frames, np.array([1.0, 3.0]))
    assert 0.25 < weights[0] <= 1


def test_one_part_keeps_its_weight() -> None:
    values, frames = judged()
    assert weights_of(BlindScores(values, frames.kinds, frames.donors), np.ones(1)).tolist() == [1]


def test_many_parts_are_tried_alone_without_and_all_together() -> None:
    rows = mixtures(7)
    assert len(rows) == 1 + 7 + 7
    assert rows.sum(1) == pytest.approx(np.ones(15))
    assert (rows[0] > 0).all()


def test_the_highest_part_is_of_those_with_a_weight() -> None:
    parts = np.array([[1.0, 5.0], [4.0, 2.0]])
    ways = np.array([[0.5, 0.5], [1.0, 0.0]])
    assert mixed(parts, ways, "max").tolist() == [[5, 1], [4, 4]]
    assert mixed(parts, ways).tolist() == [[3, 1], [3, 4]]
