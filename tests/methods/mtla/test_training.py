"""The patch loss, and both branches' students and teachers side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import FootageError
from awry.fitting import FitOptions, fit_detector
from awry.methods.mtla import MTLA
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.samples import SampleBatch
from awry.methods.mtla.training import answers, differences, loss_of, patch_loss
from awry.teachers.objects import torchvision as objects
from awry.video.memory import ArraySource
from support import moving_square, moving_square_data

from .conftest import SMALL, MakeModel, batch


@settings(deadline=None)
@given(st.integers(1, 4), st.integers(1, 3), st.integers(1, 3), st.integers(0, 99))
def test_patch_loss_against_a_plain_loop(patches: int, n: int, channels: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    high, wide = 8 * patches, 4 * patches
    guess, target = random.normal(size=(2, n, channels, high, wide)).astype(np.float32)
    worst = []
    for frame in range(n):
        losses = []
        for row in range(patches):
            for column in range(patches):
                place = np.s_[row * 8 : row * 8 + 8, column * 4 : column * 4 + 4]
                apart = [
                    (guess[frame, c][place] - target[frame, c][place]) ** 2 for c in range(channels)
                ]
                losses.append(np.mean(apart))
        worst.append(max(losses))
    found = patch_loss(torch.from_numpy(guess), torch.from_numpy(target), patches)
    assert float(found) == pytest.approx(np.mean(worst), rel=1e-4)


@pytest.mark.parametrize("appearance", ["next", "current", "frame"])
def test_every_first_branch_gives_a_loss_and_an_error_map(
    make_model: MakeModel, appearance: str
) -> None:
    model = make_model(appearance=appearance)
    config = MTLAConfig(**{**SMALL, "appearance": appearance})
    assert float(loss_of(model, "appearance", batch(), config).detach()) > 0
    errors = answers(model, "appearance", batch(), config)[2]
    assert errors.shape == (2, 32, 48)
    errors = errors.detach()
    assert 0 <= float(errors.min()) <= float(errors.max())


def test_the_next_frame_is_never_shown_to_who_predicts_it(make_model: MakeModel) -> None:
    model, config, one = make_model(), MTLAConfig(**SMALL), batch()
    other = torch.cat([one.pictures[:, :2], torch.zeros_like(one.pictures[:, 2:])], 1)
    changed = SampleBatch(other, one.classes, one.magnitude, one.context)
    same = [answers(model, "appearance", b, config)[2] for b in (one, changed)]
    torch.testing.assert_close(*same)
    moved = [answers(model, "motion", b, config)[2] for b in (one, changed)]
    assert not torch.allclose(*moved)


def test_a_wholly_wrong_class_is_an_error_of_one(make_model: MakeModel) -> None:
    one, other = (torch.zeros(1, 4, 2, 2) for _ in range(2))
    one[:, 0], other[:, 2] = 1, 1
    errors = differences(make_model(), "appearance", one, other)
    assert errors.tolist() == [[[1, 1], [1, 1]]]
    frames = make_model(appearance="frame")
    apart = differences(
        frames, "appearance", torch.zeros(1, 3, 1, 1), torch.full((1, 3, 1, 1), 0.5)
    )
    assert apart.tolist() == [[[0.5]]]


def test_what_moves_less_than_expected_may_be_left_out(make_model: MakeModel) -> None:
    student, teacher = torch.tensor([[[[2.0, 2.0]]]]), torch.tensor([[[[0.5, 3.5]]]])
    assert differences(make_model(), "motion", student, teacher).tolist() == [[[1.5, 1.5]]]
    faster = differences(make_model(), "motion", student, teacher, slower=False)
    assert faster.tolist() == [[[0.0, 1.5]]]
    config = MTLAConfig(**{**SMALL, "slower": False})
    guess, target, errors = answers(make_model(), "motion", batch(), config)
    torch.testing.assert_close(errors, (target - guess).clamp(min=0)[:, 0])


@pytest.mark.parametrize(
    "changes",
    [
        {"appearance": "none"},
        {"motion": False},
        {"appearance": "frame", "motion": False},
        {"appearance": "current", "attention": "none", "loss": "mean"},
        {"appearance": "none", "mask_flow": False, "depth_of": "frame", "flip": True},
        {"depth": "none", "scse": (), "steps": None, "every": 9, "flow": "farneback"},
        {"aggregate": "sum", "combine": "maximum", "smoothing": "savgol", "smoothing_window": 5},
        {"smoothing": "causal", "filter_causal": True, "filter_frames": 4, "targets": "one-hot"},
    ],
)
def test_every_variant_fits_and_scores(changes: dict[str, Any], tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"smoothing_order": 2, **changes})
    detector = fit_detector("mtla", moving_square_data(clips=2), tmp_path / "b", options)
    clip = moving_square_data(length=30).test[0]
    found = [s for s in detector.scorer(clip=clip.name).score(clip.open()) if s.score is not None]
    assert len(found) > 15
    branches = detector.models["*"].config.branches  # type: ignore[attr-defined]
    assert set(found[0].parts) == {*branches, "maximum", "sum"}
    assert np.isfinite([s.score for s in found]).all()


def still_clip(number: int) -> Clip:
    images = moving_square(60, number, speed=0)
    return Clip(f"still-{number}", lambda: ArraySource(images, fps=10), "yard")


def test_nothing_found_in_all_of_training_is_said(tmp_path: Path) -> None:
    still = replace(moving_square_data(clips=2), train=tuple(still_clip(n) for n in range(2)))
    with pytest.raises(FootageError, match=r"foreground found nothing above its threshold of 0\.2"):
        fit_detector("mtla", still, tmp_path / "b", FitOptions(preset="tiny"))


def test_a_detector_without_classes_leaves_objects_and_background(tmp_path: Path) -> None:
    detector = fit_detector(
        "mtla", moving_square_data(clips=2), tmp_path / "b", FitOptions(preset="tiny")
    )
    assert detector.models["*"].config.classes == ()  # type: ignore[attr-defined]
    assert any("knows no classes" in note for note in detector.facts.data.notes)


def small_dpt_hybrid(folder: Path) -> str:
    """The paper's kind of depth network with few and random weights, in a folder."""
    transformers = pytest.importorskip("transformers")
    backbone = transformers.BitConfig(
        **{"layer_type": "bottleneck", "depths": [1, 1, 1], "hidden_sizes": [16, 32, 64]},
        **{"embedding_size": 8, "num_groups": 8, "global_padding": "same"},
        out_features=["stage1", "stage2", "stage3"],
        embedding_dynamic_padding=True,
    )
    config = transformers.DPTConfig(
        **{"is_hybrid": True, "backbone_config": backbone, "readout_type": "project"},
        **{"hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2},
        **{"intermediate_size": 32, "image_size": 64, "patch_size": 16},
        **{"backbone_out_indices": [0, 1, 2, 3], "backbone_featmap_shape": [1, 64, 4, 4]},
        **{"reassemble_factors": [1, 1, 1, 0.5], "neck_hidden_sizes": [16, 32, 8, 8]},
        **{"fusion_hidden_size": 8, "neck_ignore_stages": [0, 1]},
    )
    torch.manual_seed(0)
    transformers.DPTForDepthEstimation(config).save_pretrained(folder)
    size = {"height": 64, "width": 64}
    transformers.DPTImageProcessor(size=size, do_rescale=True).save_pretrained(folder)
    return f"hf:{folder}"


@pytest.mark.slow
def test_the_preset_paper_goes_all_the_way_with_the_papers_own_components(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At random weights, on few frames; Mask R-CNN sees them no larger than need be."""
    load = objects._load

    def on_small_pictures(name: str, random: bool) -> Any:
        network = load(name, random)
        network.transform.min_size, network.transform.max_size = (64,), 96
        return network

    monkeypatch.setattr(objects, "_load", on_small_pictures)
    weights = {
        "detector": "random:maskrcnn_resnet50_fpn",
        "depth": small_dpt_hybrid(tmp_path / "dpt"),
        "pretrained": False,
    }
    few = {
        **{"threshold": 0.0, "least_side": 24, "height": 64, "width": 64},
        **{"epochs": 1, "batch": 2, "most_frames": 2, "validation_frames": 1},
    }
    data = moving_square_data(clips=1, length=12)
    options = FitOptions(preset="paper", changes={**weights, **few})
    detector = fit_detector("mtla", data, tmp_path / "b", options)
    detector.save(tmp_path / "b")
    again = Detector.load(tmp_path / "b")
    config = again.models["*"].config
    assert isinstance(config, MTLAConfig)
    chosen = {*weights, *few, "classes", "teachers_fingerprint"}
    paper = MTLA.configure("paper").model_dump(exclude=chosen)
    assert config.model_dump(exclude=chosen) == paper
    assert config.classes
    frames = list(data.test[0].open())[:4]
    scorer = again.scorer(fps=10.0)
    assert (scorer.warmup, scorer.lookahead) == (2, 15)
    found = list(scorer.score(frames))
    assert [one.index for one in found if one.score is None] == [0, 1]
    assert [one.score for one in detector.scorer(fps=10.0).score(frames)] == [
        one.score for one in found
    ]
    for one in found[2:]:
        assert np.isfinite(list(one.parts.values())).all()
        assert set(one.maps) == {"appearance", "motion"}
        assert one.map is not None
        assert one.map.shape == (64, 64)
    shown = scorer.pictures(frames[:3])
    assert shown is not None
    assert len(shown) == 7
