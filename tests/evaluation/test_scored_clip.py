from __future__ import annotations

import numpy as np

from awry.evaluation.scored_clip import ScoredClip, shared_parts, unscored_dropped

SCORED = np.array([False, True, True])


def clip(name: str, scored: np.ndarray = SCORED, **parts: np.ndarray) -> ScoredClip:
    labels = np.array([0, 0, 1], np.uint8)
    return ScoredClip(name, "yard", 10.0, np.arange(3.0), scored, labels, parts=parts)


def test_frames_that_were_not_scored_can_be_dropped() -> None:
    none = clip("none", np.zeros(3, bool))
    (left,) = unscored_dropped([clip("gate", motion=np.arange(3.0) * 10), none])
    assert (left.name, left.scores.tolist(), left.fps) == ("gate", [1, 2], 10.0)
    assert left.labels is not None
    assert left.labels.tolist() == [0, 1]
    assert left.scored.all()
    assert left.parts["motion"].tolist() == [10, 20]


def test_a_part_counts_where_every_clip_has_it() -> None:
    one = clip("a", motion=np.zeros(3), look=np.zeros(3))
    assert shared_parts([one, clip("b", look=np.zeros(3))]) == ["look"]
    assert shared_parts([]) == []


def test_places_and_indices_differ_where_frames_were_lost() -> None:
    whole = clip("a")
    assert (whole.index(2), whole.n_frames) == (2, 3)
    lost = ScoredClip("a", "yard", None, np.zeros(3), SCORED, frames=7, indices=np.array([0, 5, 6]))
    assert (lost.index(1), lost.n_frames) == (5, 7)
