from __future__ import annotations

import numpy as np
import torch

from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.sdor import SDORConfig
from awry.methods.sdor.scoring import SDORScorer
from awry.video.ignore import IgnoreRegions

CONFIG = SDORConfig(height=32, width=64)


def network(pictures: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The newest picture's mean, and a map whose left half is higher."""
    newest = pictures[:, :, -1] if pictures.ndim == 5 else pictures
    maps = torch.ones(len(pictures), 2, 4)
    maps[:, :, :2] = 5
    return newest.mean((1, 2, 3)), maps


def frames(count: int) -> list[Frame]:
    return [Frame(n, n / 25, np.full((16, 32, 3), 10 * n, np.uint8)) for n in range(count)]


def test_each_frame_has_its_own_score_however_long_the_stream() -> None:
    scores = list(SDORScorer(network, 1, CONFIG, Setting()).score(iter(frames(20))))
    assert [round(score.score or 0.0) for score in scores] == [10 * n for n in range(20)]
    assert scores[0].map is not None
    assert scores[0].map.tolist() == [[5, 5, 1, 1]] * 2


def test_a_network_of_several_frames_sees_the_latest_last() -> None:
    scorer = SDORScorer(network, 3, CONFIG, Setting(maps=False))
    pushed = [scorer.push(frame)[0] for frame in frames(5)]
    assert [round(score.score or 0.0) for score in pushed] == [0, 10, 20, 30, 40]
    assert pushed[0].map is None


def test_ignored_places_are_no_higher_than_the_lowest() -> None:
    setting = Setting(ignore=IgnoreRegions.parse(["columns:0-7"]), frame_size=(16, 32))
    (score,) = SDORScorer(network, 1, CONFIG, setting).push(frames(1)[0])
    assert score.map is not None
    assert score.map.tolist() == [[1, 5, 1, 1]] * 2
