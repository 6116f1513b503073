from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from awry.methods.sdor import SDOR
from awry.methods.sdor.feedback import (
    feedback_phase,
    simulated_marks,
    tuned_learners,
    with_neighbours,
)
from awry.methods.sdor.normality import PseudoLabels
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import labels_of, rank
from awry.training.loop import FitContext, Step, train

Make = Callable[..., tuple[SDOR, Archive]]


def labels(archive: Archive, method: SDOR) -> PseudoLabels:
    return labels_of(np.linspace(0, 1, len(archive)), archive, method.config)


def test_neighbours_take_the_label_but_stay_in_the_clip(make_archive: Make) -> None:
    _, archive = make_archive()
    found = with_neighbours({1: True, 30: False, 50: True}, archive, 2)
    assert found.abnormal.tolist() == [0, 1, 2, 3, 48, 49, 50, 51, 52]
    assert found.normal.tolist() == [30, 31, 32]
    assert found.places.tolist() == found.abnormal.tolist() + found.normal.tolist()


def test_where_neighbourhoods_meet_the_nearest_mark_decides(make_archive: Make) -> None:
    _, archive = make_archive()
    found = with_neighbours({10: True, 14: False, 15: True}, archive, 5)
    assert 11 in found.abnormal
    assert 12 in found.abnormal  # as near to both: abnormal
    assert 13 in found.normal
    assert 14 in found.normal
    assert 15 in found.abnormal
    assert not set(found.abnormal) & set(found.normal)


@pytest.mark.parametrize("learners", ["all", "last"])
def test_learning_moves_what_was_marked(make_archive: Make, tmp_path, learners: str) -> None:
    method, archive = make_archive(feedback_learners=learners, feedback_epochs=12)
    model = method.model
    assert model is not None
    tuned = tuned_learners(model, method.config)
    assert len(tuned) == (2 if learners == "all" else 1)
    before = np.mean([rank(learner, archive) for learner in tuned], axis=0)
    feedback = with_neighbours({41: True, 5: False}, archive, 1)
    phase = feedback_phase(model, archive, feedback, labels(archive, method), method.config, 1)
    train(model, [phase], FitContext(tmp_path))
    after = np.mean([rank(learner, archive) for learner in tuned], axis=0)
    gain = (after[41] - after[5]) - (before[41] - before[5])
    assert gain > 0.1


@pytest.mark.parametrize("marks", [{41: True}, {5: False}])
def test_marks_of_one_kind_alone_are_enough(make_archive: Make, tmp_path, marks) -> None:
    method, archive = make_archive()
    assert method.model is not None
    feedback = with_neighbours(marks, archive, 1)
    phase = feedback_phase(
        method.model, archive, feedback, labels(archive, method), method.config, 1
    )
    train(method.model, [phase], FitContext(tmp_path))


def test_the_simulated_expert_marks_among_what_is_shown() -> None:
    scores = np.arange(100.0)
    labels = np.zeros(100, bool)
    labels[[95, 97, 99, 3]] = True
    marks = simulated_marks(scores, labels, 0.1, 2, np.random.default_rng(0))
    assert all(place >= 90 for place in marks)
    assert sum(marks.values()) == 2
    assert len(marks) == 4
    assert all(labels[place] == kind for place, kind in marks.items())


def test_the_simulated_expert_marks_no_frame_twice_and_takes_what_there_is() -> None:
    scores = np.arange(100.0)
    labels = np.zeros(100, bool)
    labels[[95, 97]] = True
    marks = simulated_marks(scores, labels, 0.1, 5, np.random.default_rng(0), already=[97, 99])
    assert {place for place, kind in marks.items() if kind} == {95}
    assert not {97, 99} & set(marks)


def test_a_share_of_each_batch_keeps_the_pseudo_labels_alive(
    make_archive: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without frames that were fed back, whatever they were taken for before."""
    method, archive = make_archive(
        batch=8, feedback_pseudo=0.5, abnormal_share=0.2, normal_share=0.2, feedback_steps=6
    )
    assert method.model is not None
    feedback = with_neighbours({55: False, 20: True}, archive, 1)
    pseudo = labels(archive, method)
    phase = feedback_phase(method.model, archive, feedback, pseudo, method.config, 1)
    assert phase.epochs * phase.steps <= 6
    asked: list[np.ndarray] = []
    activations = archive.activations
    monkeypatch.setattr(archive, "activations", lambda p, at: asked.append(p) or activations(p, at))
    seen = set()
    for step in range(30):
        phase.loss(Step(0, step, np.random.default_rng(step)))
        abnormal, normal = asked[-1][:4], asked[-1][4:]
        assert set(abnormal[:2]) <= {19, 20, 21}
        assert set(abnormal[2:]) <= set(range(48, 60)) - {54, 55, 56}
        assert set(normal[:2]) <= {54, 55, 56}
        assert set(normal[2:]) <= set(range(12))
        seen |= set(asked[-1])
    assert {19, 20, 21, 54, 55, 56} <= seen
    assert pseudo.without(pseudo.normal) is None
