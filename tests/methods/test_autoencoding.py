"""What the scorer makes of a network's answer, with a network whose answer is known."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.errors import BundleError, TrainingError
from awry.frames import Frame
from awry.methods.autoencoding import StackMethod
from awry.methods.base import Setting
from awry.methods.stacks import ReconstructionConfig, StackConfig
from awry.training.footage import Footage
from awry.training.loop import FitContext
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions
from support import moving_square_data

SIZE = (16, 24)


class Constant(nn.Module):
    """Answers with one grey, whatever it is given."""

    def __init__(self, level: float = 0.5) -> None:
        super().__init__()
        self.level = nn.Parameter(torch.tensor(level))

    def forward(self, frames: Tensor) -> Tensor:
        return torch.zeros_like(frames) + self.level


class Greys(StackMethod):
    name = "greys"
    Config: ClassVar[type[StackConfig]] = ReconstructionConfig
    presets: ClassVar[dict[str, dict[str, Any]]] = {"tiny": {}}

    def build(self) -> nn.Module:
        return Constant(0.95)

    def losses(self, network: Any, windows: Tensor) -> dict[str, Tensor]:
        return {"total": (network(windows) - windows).square().mean()}


def greys(level: float = 0.5, **changes: Any) -> Greys:
    settings = {"height": SIZE[0], "width": SIZE[1], "grey": True, "frames": 3, "box": 1}
    method = Greys(Greys.configure("tiny", {**settings, **changes}))
    method.network = Constant(level)
    return method


def clip(levels: list[int]) -> list[Frame]:
    images = [np.full((*SIZE, 3), level, np.uint8) for level in levels]
    return [Frame(number, number / 10, image) for number, image in enumerate(images)]


LEVELS = [0, 255, 51, 102, 204]


def test_a_frames_score_is_its_own_mean_squared_error() -> None:
    scores = list(greys(0.0).scorer(Setting()).score(clip(LEVELS)))
    assert [score.score for score in scores[:2]] == [None, None]
    assert [score.score for score in scores[2:]] == pytest.approx([0.2**2, 0.4**2, 0.8**2])


def test_the_middle_frame_is_judged_once_later_ones_are_there() -> None:
    scorer = greys(0.0, judged="middle", stride=2, frames=2).scorer(Setting())
    assert (scorer.warmup, scorer.lookahead) == (2, 0)  # of two frames the middle is the second
    scorer = greys(0.0, judged="middle").scorer(Setting())
    assert (scorer.warmup, scorer.lookahead) == (1, 1)
    scores = list(scorer.score(clip(LEVELS)))
    assert [score.score for score in scores] == [None, *map(pytest.approx, (1, 0.04, 0.16)), None]


def test_the_peak_is_the_highest_box_of_the_map() -> None:
    (frame,) = clip([0])
    frame.image[4:7, 8:11] = 255
    scorer = greys(0.0, box=3, score="peak", frames=2).scorer(Setting())
    before, score = scorer.score([*clip([0]), frame])
    assert before.score is None
    assert score.parts == {
        "reconstruction": pytest.approx(9 / (SIZE[0] * SIZE[1])),
        "peak": pytest.approx(1.0),
    }
    assert score.score == score.parts["peak"]
    assert score.map is not None
    assert score.map.shape == SIZE
    assert np.unravel_index(score.map.argmax(), SIZE) == (5, 9)


def test_without_maps_none_is_kept() -> None:
    scores = list(greys().scorer(Setting(maps=False)).score(clip(LEVELS)))
    assert all(score.map is None for score in scores)


def test_ignored_pixels_neither_count_nor_thin_the_mean() -> None:
    setting = Setting(ignore=IgnoreRegions.parse(["rows:0-7"]), frame_size=SIZE)
    *_, score = greys(0.0).scorer(setting).score(clip([255] * 3))
    assert score.score == pytest.approx(1.0)  # the other half is wholly wrong
    assert score.map is not None
    assert score.map[:8].max() == 0


def test_pictures_show_frame_answer_and_difference() -> None:
    scorer = greys(0.2).scorer(Setting())
    assert scorer.pictures(clip([0, 0])) is None
    shown = scorer.pictures(clip([0, 0, 204]))
    assert shown is not None
    assert list(shown) == ["input", "reconstruction", "error"]
    assert [int(picture.max()) for picture in shown.values()] == [204, 51, 153]
    assert all(picture.shape == (*SIZE, 3) for picture in shown.values())


def test_fitting_settles_the_size_and_learns(tmp_path) -> None:
    method = Greys(Greys.configure("tiny", {"height": 16, "frames": 2, "box": 0, "grey": None}))
    changes = {"epochs": 2, "steps": 20, "learning_rate": 0.02, "decay": "cosine"}
    method.config = method.config.model_copy(update=changes)
    footage = Footage(moving_square_data(clips=1, length=40).train, FrameCache(tmp_path, 2**28))
    context = FitContext(tmp_path / "fit")
    method.fit(footage, context)
    assert (method.config.size, method.config.grey) == ((16, 24), False)
    assert method.config.box % 2 == 1
    first, last = context.history
    assert last["validation_total"] < first["validation_total"]
    assert "averaged over boxes of" in footage.notes[0]


def test_what_was_not_fitted_is_refused() -> None:
    method = greys()
    with pytest.raises(BundleError, match="do not fit its greys settings"):
        method.load_state({"other": torch.zeros(1)})
    method.network = None
    with pytest.raises(TrainingError, match="This greys has not been fitted"):
        method.scorer(Setting())
