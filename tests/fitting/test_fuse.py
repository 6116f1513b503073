"""Fitted bundles as one detector."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.errors import ConfigError
from awry.training.facts import SplitFacts
from support import moving_square, write_images


@pytest.fixture(scope="module")
def relative(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another bundle of the same footage."""
    out = tmp_path_factory.mktemp("relative") / "flow"
    awry.fit("flow", shared_data, out=out, preset="relative", fps=10)
    return out


@pytest.fixture(scope="module")
def fused(
    bundle: Path, relative: Path, shared_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> Any:
    out = tmp_path_factory.mktemp("fused") / "both"
    return awry.fuse([bundle, relative], shared_data, out=out, fps=10)


def test_the_systems_score_as_before(fused: Any, bundle: Path, relative: Path, data: Path) -> None:
    clip = data / "test" / "clip0"
    scores = awry.load(fused.bundle).score(clip, fps=10)
    for label, alone in (("flow", bundle), ("flow-2", relative)):
        before = awry.load(alone).score(clip, fps=10)
        np.testing.assert_allclose(scores.parts[label][1:], before.scores[1:])
    assert np.nanmax(scores.scores) > fused.threshold


def test_the_same_as_a_fit_of_both(
    fused: Any, shared_data: Path, tmp_path: Path, data: Path
) -> None:
    """The parts of the footage that bundles were fitted on are those that their fits held back."""
    settings = {"of": ["flow", "flow"], "flow-2.preset": "relative"}
    again = awry.fit("fused", shared_data, out=tmp_path / "out", changes=settings, fps=10)
    clip = data / "test" / "clip0"
    one, other = (result.detector.score(clip, fps=10) for result in (fused, again))
    np.testing.assert_allclose(one.scores, other.scores)
    assert not any("other footage" in note for note in fused.notes)


def test_settings_of_fused(bundle: Path, relative: Path, shared_data: Path, tmp_path: Path) -> None:
    changes = {"combine": "maximum", "weights": {"flow-2": 0.5}}
    found = awry.fuse(
        [bundle, relative], shared_data, out=tmp_path / "out", changes=changes, fps=10
    )
    (model,) = found.detector.models.values()
    assert model.config.combine == "maximum"
    assert model.config.weights == {"flow-2": 0.5}


def test_one_bundle_alone_is_refused(bundle: Path, shared_data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="at least two bundles"):
        awry.fuse([bundle], shared_data, out=tmp_path / "out", fps=10)


def test_bundles_of_other_regions_are_refused(
    bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    awry.fit("flow", shared_data, out=other, ignore=["rows:0-9"], fps=10)
    with pytest.raises(ConfigError, match="their ignored regions differ"):
        awry.fuse([bundle, other], shared_data, out=tmp_path / "out", fps=10)


def test_another_bundle_is_not_replaced_unasked(
    bundle: Path, relative: Path, shared_data: Path
) -> None:
    with pytest.raises(ConfigError, match=r"is read|holds a bundle of flow"):
        awry.fuse([bundle, relative], shared_data, out=relative, fps=10)


def test_footage_of_another_view_is_refused(
    bundle: Path, relative: Path, tmp_path: Path, make_video: Any, clip_images: Any
) -> None:
    for number in range(2):
        make_video(tmp_path / "yard" / "train" / f"{number}.mp4", clip_images(number, (96, 96)))
    with pytest.raises(ConfigError, match="fitted on 72x48"):
        awry.fuse([bundle, relative], tmp_path / "yard", out=tmp_path / "out")


def test_other_footage_is_said(
    bundle: Path, relative: Path, tmp_path: Path, make_video: Any, clip_images: Any
) -> None:
    for number in range(2):
        make_video(tmp_path / "yard" / "train" / f"{number}.mp4", clip_images(number))
    found = awry.fuse([bundle, relative], tmp_path / "yard", out=tmp_path / "out")
    assert any("other footage" in note for note in found.notes)


def test_what_nobody_held_back_gives_no_threshold(
    bundle: Path, trained_on_all: Path, shared_data: Path, tmp_path: Path
) -> None:
    found = awry.fuse([bundle, trained_on_all], shared_data, out=tmp_path / "out", fps=10)
    assert found.threshold is None
    parts = found.detector.facts.data.parts
    assert parts["validation"] == parts["calibration"] == []
    assert any("for them together was measured on the training" in note for note in found.notes)


def test_other_footage_gives_it_a_threshold(
    trained_on_all: Path, shared_data: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "night" / "a", moving_square(60, 77))
    both = [trained_on_all, trained_on_all]
    found = awry.fuse(
        both, shared_data, out=tmp_path / "out", calibration=tmp_path / "night", fps=10
    )
    assert found.threshold is not None
    assert [name for name, *_ in found.detector.facts.data.parts["calibration"]] == ["a"]


def test_more_than_the_fits_held_back_is_said(
    bundle: Path, relative: Path, shared_data: Path, tmp_path: Path
) -> None:
    found = awry.fuse([bundle, relative], shared_data, out=tmp_path / "out", validation=0.3, fps=10)
    assert any("More is held back here than by the fits" in note for note in found.notes)


def test_ends_of_clips_and_the_end_of_the_footage_do_not_go_together(
    bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    manifest = awry.load(bundle)
    split = SplitFacts(validation=0.15, calibration=0, per_clip=True)
    data = manifest.facts.data.model_copy(update={"split": split})
    facts = manifest.facts.model_copy(update={"data": data})
    replace(manifest, facts=facts).save(tmp_path / "per-clip")
    with pytest.raises(ConfigError, match="one was trained on what another held back"):
        awry.fuse([bundle, tmp_path / "per-clip"], shared_data, out=tmp_path / "out", fps=10)
