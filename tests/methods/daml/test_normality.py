from __future__ import annotations

import numpy as np

from awry.methods.daml.normality import scene_means
from support import noise_run as run


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
