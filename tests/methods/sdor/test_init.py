from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.errors import FootageError, TrainingError
from awry.methods.base import Setting
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.feedback import learn_from_marks
from awry.methods.sdor.localisation import frame_map
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive
from awry.progress import Silent
from awry.training.loop import FitContext
from awry.video import ArraySource

Make = Callable[..., tuple[SDOR, Archive]]


def test_the_width_follows_the_frames(tiny: Callable[..., SDORConfig]) -> None:
    method = SDOR(tiny(height=40, width=None))
    method.prepare((120, 180), 0)
    assert method.config.width == 60


def test_one_frame_cannot_be_ranked(make_archive: Make, tmp_path: Path) -> None:
    method, archive = make_archive({"a": (1, range(0))})
    with pytest.raises(FootageError, match="one frame alone: nothing can be ranked"):
        method.learn(archive, FitContext(folder=tmp_path, seed=0))


def test_what_is_not_fitted_has_no_state_and_cannot_score(
    tiny: Callable[..., SDORConfig],
) -> None:
    method = SDOR(tiny())
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="This SDOR has not been fitted"):
            use()


def noisy(name: str, seed: int) -> Stretch:
    images = np.random.default_rng(seed).integers(0, 255, (3, 40, 60, 3), dtype=np.uint8)
    return Stretch(name, "scene", name, lambda: ArraySource(images, 25, name))


@pytest.mark.slow
def test_the_papers_own_network_ranks_an_archive_and_takes_marks(tmp_path: Path) -> None:
    """The preset `paper` whole, at random weights, with fewer frames and shorter rounds alone."""
    fewer = {"backbone": "random:resnet50", "rounds": 2, "epochs": 1, "batch": 4}
    config = SDOR.configure("paper", {**fewer, "feedback_epochs": 1, "feedback_neighbours": 0})
    assert isinstance(config, SDORConfig)
    method = SDOR(config)
    model = method.prepare((40, 60), 0)
    every = [noisy("a", 1), noisy("b", 2)]
    archive = read_archive(every, model, method.config, tmp_path / "archive", Silent())
    assert archive.features.shape == (6, 1000)  # the last dense layer's outputs
    assert archive.activations([3]).shape == (1, 3, 224, 224)  # nothing is frozen
    begun = {name: value.clone() for name, value in model.rounds[0].state_dict().items()}
    initial, ranking = method.learn(archive, FitContext(folder=tmp_path / "fit", seed=0))
    assert initial.notes == ("6 frames of 1000 features allow 5 components, not 100.",)
    moved = model.rounds[0].state_dict()
    for name in ("stages.0.0.weight", "stages.0.1.running_mean", "stages.4.2.conv3.weight"):
        assert not torch.equal(begun[name], moved[name]), name
    scores = method.final_scores(ranking)
    assert np.isfinite(scores).all()
    assert np.ptp(scores) > 0
    assert frame_map(model, archive, 4, config, fed_back=False).shape == (7, 7)
    context = FitContext(folder=tmp_path / "marks", seed=1)
    again, feedback = learn_from_marks(
        model, archive, scores, {2: True, 5: False}, config, 1, context
    )
    assert sorted(feedback.places.tolist()) == [2, 5]
    assert not np.array_equal(again, scores)
