from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch

from awry.devices import PROCESSOR
from awry.methods.daml.normality import _looked_at, scene_means, usual_errors
from awry.methods.daml.samples import Batches, evenly
from awry.training.footage import Run
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


def test_usual_errors_against_all_windows(make_model: MakeModel) -> None:
    """Of little footage every window is looked at; each clip is compared with its own mean."""
    model = make_model(("a", "b"))
    runs = [brighter(run(40, 1, "a")), brighter(run(30, 2, "b"))]
    clips = []
    with torch.no_grad():
        for one in runs:
            images = torch.from_numpy(one.images / np.float32(255)).permute(0, 3, 1, 2)
            codes = model.encode(images - model.mean_of(one.scene))[-1]
            errors = model.motion(codes[None, :-2])[0] - codes[5:]
            clips.append([part.square().mean((1, 2, 3)).numpy() for part in (codes[5:], errors)])
    held, errors = (
        np.concatenate([np.log(clip[side]) - np.log(clip[side]).mean() for clip in clips])
        for side in (0, 1)
    )
    found = usual_errors(model, model.config, runs, PROCESSOR)
    energy = np.concatenate([clip[0] for clip in clips]).mean()
    assert found.energy == pytest.approx(float(energy), rel=1e-4)
    expected = np.corrcoef(held, errors)[0, 1]
    assert expected > 0.3
    assert found.power == pytest.approx(expected**2, rel=1e-3)


def brighter(dark: Run) -> Run:
    """The same frames, the later the more contrast."""
    contrast = np.linspace(0.1, 1, len(dark.images))[:, None, None, None]
    return replace(dark, images=(dark.images * contrast).astype(np.uint8))


def test_clips_are_looked_at_often_enough_to_be_compared_with_themselves(
    make_model: MakeModel,
) -> None:
    """Of 300 clips eight, 16 times each; of a short clip of another scene all windows.

    Every second frame makes a stretch of its own, and both are of one clip.
    """
    runs = [replace(run(60, n, "a"), clip=f"a{n}") for n in range(300)]
    runs.append(replace(run(18, 1, "b"), clip="b"))
    model = make_model(("a", "b"), subsample=2, interleaved=True)
    windows = Batches(runs, model, model.config.model_copy(update={"windows": 1}))
    places = _looked_at(windows)
    clips = Counter(windows.run(clip).clip for clip, _ in places)
    assert clips == {f"a{n}": 16 for n in evenly(range(300), 8)} | {"b": 8}
    assert len(set(places)) == len(places)
    assert {place for place in places if place[0] >= 600} == {
        (clip, first) for clip in (600, 601) for first in range(4)
    }
    assert {clip % 2 for clip, _ in places if clip < 600} == {0, 1}
    assert all(0 <= first < windows.starts[clip] for clip, first in places)


def test_errors_that_do_not_vary_go_with_nothing(make_model: MakeModel) -> None:
    still = run(400, 1, "a")
    still = replace(still, images=np.repeat(still.images[:1], 400, axis=0))
    model = make_model(("a",))
    found = usual_errors(model, model.config, [still], PROCESSOR)
    assert found.power == 0
    assert found.energy > 0
    assert found.levels["*"] == pytest.approx(found.levels["a"])


def test_levels_are_those_of_each_scenes_relative_errors(make_model: MakeModel) -> None:
    model = make_model(("a", "b", "c"), relative=2.0, power=0.5)
    runs = [run(12, 1, "a"), run(9, 2, "b")]
    found = usual_errors(model, model.config, runs, PROCESSOR)
    assert found.power == 0.5
    logs: dict[str, list[float]] = {"a": [], "b": []}
    with torch.no_grad():
        for one in runs:
            images = torch.from_numpy(one.images / np.float32(255)).permute(0, 3, 1, 2)
            codes = model.encode(images - model.mean_of(one.scene))[-1]
            error = (model.motion(codes[None, :-2])[0] - codes[5:]).square().mean(1)
            held = codes[5:].square().mean(1) + 2 * found.energy
            logs[one.scene] += (error / held.sqrt()).mean((1, 2)).log().tolist()
    levels = {"*": logs["a"] + logs["b"], **logs}
    expected = {scene: float(np.exp(np.mean(found))) for scene, found in levels.items()}
    assert found.levels == pytest.approx(expected, rel=1e-4)
