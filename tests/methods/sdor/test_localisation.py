from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.methods.sdor import SDOR
from awry.methods.sdor.localisation import frame_map, frame_maps, map_levels
from awry.methods.sdor.samples import Archive
from awry.methods.sdor.training import Ranking
from awry.training.loop import FitContext

Make = Callable[..., tuple[SDOR, Archive]]


@pytest.fixture
def learned(make_archive: Make, tmp_path: Path) -> tuple[SDOR, Archive, Ranking]:
    method, archive = make_archive({"a": (24, range(5, 8)), "b": (12, range(0))})
    _, ranking = method.learn(archive, FitContext(tmp_path / "fit", 0))
    return method, archive, ranking


def test_a_maps_mean_is_the_frames_score(learned: tuple[SDOR, Archive, Ranking]) -> None:
    method, archive, ranking = learned
    assert method.model is not None
    maps = frame_maps(method.model, archive, method.config, fed_back=False)
    assert maps.shape[0] == len(archive)
    assert maps.dtype == np.float32
    np.testing.assert_allclose(maps.mean((1, 2)), method.final_scores(ranking), atol=1e-4)
    one = frame_map(method.model, archive, 6, method.config, fed_back=False)
    np.testing.assert_allclose(one, maps[6], atol=1e-5)


def test_after_feedback_the_tuned_learner_speaks_alone(
    learned: tuple[SDOR, Archive, Ranking],
) -> None:
    method, archive, ranking = learned
    assert method.model is not None
    assert method.config.feedback_learners == "last"
    maps = frame_maps(method.model, archive, method.config, fed_back=True)
    last = ranking.of_round(method.model, len(method.model.rounds) - 1)
    np.testing.assert_allclose(maps.mean((1, 2)), last, atol=1e-4)


def test_levels_come_from_what_the_ranking_takes_for_normal() -> None:
    peaks = np.arange(100.0)
    scores = peaks.copy()
    scores[:2] = 200  # taken for abnormal, though their maps are low
    (levels,) = map_levels(peaks, scores, [np.arange(100)], 0.1)
    # What is left are the peaks 2 to 91: their maximum is 91, their median 46.5.
    assert levels[2:] == (91.0, 91 + 44.5, 91 + 3 * 44.5)
    first, second = map_levels(peaks, scores, [np.arange(50), np.arange(50, 100)], 0.1)
    assert first[2] == 46.0
    assert second[2] == 94.0


def test_a_group_of_one_frame_has_a_level() -> None:
    assert map_levels(np.array([3.0]), np.array([1.0]), [np.array([0])], 0.5) == [(3.0,)]
