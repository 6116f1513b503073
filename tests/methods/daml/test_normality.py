from __future__ import annotations

import numpy as np
import pytest
import torch

from awry.devices import PROCESSOR
from awry.methods.daml.normality import LOOKED_AT, code_energy, scene_means
from support import noise_run as run

from .conftest import MakeModel


def test_scene_means_against_numpy() -> None:
    """Clips of unequal length: every frame weighs the same; more frames than one chunk."""
    runs = [run(300, 1, "a"), run(7, 2, "b"), run(40, 3, "a")]
    found, spread = scene_means(runs, ("a", "b"))
    assert (found.shape, found.dtype) == ((3, 3, 16, 24), np.float32)
    of_a = np.concatenate([runs[0].images, runs[2].images])
    assert (spread.shape, spread.dtype) == ((3, 16, 24), np.float32)
    for mean, deviation, images in zip(
        found, spread, (np.concatenate([of_a, runs[1].images]), of_a, runs[1].images), strict=True
    ):
        np.testing.assert_allclose(mean, images.mean(0).transpose(2, 0, 1) / 255, atol=1e-6)
        np.testing.assert_allclose(deviation, images.mean(-1).std(0) / 255, atol=1e-6)


@pytest.mark.parametrize("first", [40, LOOKED_AT + 300])
def test_code_energy_against_all_frames(make_model: MakeModel, first: int) -> None:
    """Of few frames all are looked at, of many some, evenly spread over the runs."""
    model = make_model(("a", "b"))
    runs = [run(first, 1, "a"), run(30, 2, "b")]
    every = max(1, (first + 30) // LOOKED_AT)
    seen = np.concatenate([one.images for one in runs])[::every]
    scenes = [one.scene for one in runs for _ in one.images][::every]
    with torch.no_grad():
        codes = [
            model.encode(
                torch.from_numpy(image / np.float32(255)).permute(2, 0, 1)[None]
                - model.mean_of(scene)
            )[-1]
            for image, scene in zip(seen, scenes, strict=True)
        ]
    expected = float(torch.cat(codes).square().mean())
    assert code_energy(model, runs, PROCESSOR) == pytest.approx(expected, rel=1e-4)
