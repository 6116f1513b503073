"""Sifted archives: of a data set, and of three small clips."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.run import SiftedRun
from awry.sifting.trained import TrainedRun
from awry.video import ArraySource

CHANGES = {"backbone": "random:resnet18", "batch": 8, "epochs": 4}
OPTIONS = SiftOptions(preset="tiny", changes=CHANGES)


def noisy_clip(name: str, strange: range = range(0), count: int = 30, seed: int = 0) -> Clip:
    images = np.random.default_rng(seed).integers(90, 110, (count, 40, 60, 3), dtype=np.uint8)
    for place in strange:
        images[place, 10:25, 20:40] = (250, 40, 40)
    return Clip(name, lambda: ArraySource(images, 25, name))


CLIPS = (
    noisy_clip("a", seed=1),
    noisy_clip("b", range(10, 16), seed=2),
    noisy_clip("c", seed=3),
)


@pytest.fixture(scope="session")
def clip() -> Callable[..., Clip]:
    """Makes a clip of noise, with some frames that hold a red box."""
    return noisy_clip


@pytest.fixture(scope="session")
def clips() -> tuple[Clip, ...]:
    """Three clips; frames 10 to 15 of the second are strange."""
    return CLIPS


@pytest.fixture(scope="session")
def options() -> SiftOptions:
    return OPTIONS


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory) -> TrainedRun:
    """The three clips, ranked; tests only read it."""
    return rank_archive(CLIPS, tmp_path_factory.mktemp("sifted") / "run", OPTIONS)


@pytest.fixture(scope="session")
def run(trained: TrainedRun) -> SiftedRun:
    return trained.run


@pytest.fixture(scope="session")
def merged_run(awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set's two parts, sifted; tests only read it."""
    out = tmp_path_factory.mktemp("sift") / "run"
    words = ("--data", shared_data, "--merged", "--preset", "tiny", "--fps", 10, "--json")
    said = awry("sift", *words, "--out", out)
    assert said.code == 0, said.err
    assert said.json["frames"] == 5 * 60
    return out
