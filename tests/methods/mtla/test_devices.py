"""MTLA on a card that is not there, in 16 bits, and in shares of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from awry.detector import Detector
from awry.devices import Compute
from awry.fitting import FitOptions, fit_detector
from awry.methods.base import Setting
from awry.methods.graphs import eager
from awry.methods.mtla import MTLA
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.samples import in_unit
from awry.methods.mtla.scoring import MTLAScorer
from awry.methods.mtla.training import answers, loss_of, phases, validated
from awry.progress import Silent
from awry.training.footage import Footage
from awry.training.loop import Step
from awry.video.cache import FrameCache
from fake_devices import fake_card
from shares import require_whole_for_both
from support import moving_square_data

from .conftest import SMALL, MakeModel, batch

HALF = Compute("cpu", "bf16")
PAPER: dict[str, Any] = {
    "appearance_encoder": "resnet34",
    "motion_encoder": "vgg16",
    "scse": (3, 4),
    "normalisation": "channels",
}


def training_samples(tmp_path: Path, method: MTLA) -> Any:
    cache = FrameCache(tmp_path / "frames", 2**28)
    footage = Footage(moving_square_data(clips=2).train, cache)
    return method._prepare(footage, 0, Silent(), method.compute)


@pytest.mark.parametrize(
    "changes",
    [
        PAPER,
        {"attention": "encoder", "appearance": "current"},
        {"attention": "final", "appearance": "frame", "mask_flow": False},
        {"attention": "skip", "width": 44},  # not a multiple of the coarsest stage
    ],
)
def test_losses_and_students_stay_on_the_card(
    make_model: MakeModel, changes: dict[str, Any]
) -> None:
    config, model = MTLAConfig(**{**SMALL, **changes}), make_model(**changes)
    method = MTLA(config)
    method.model = model
    networks = method.graphs()
    for precision in ("32", "bf16"):
        with fake_card(precision) as card:
            for branch in config.branches:
                network = eager(networks, card)[branch]
                three = answers(model, branch, batch(), config, network, card)
                assert {one.device.type for one in three} == {"cpu"}
            there = card.copy_of(model).train()
            for branch in config.branches:
                with card.rounding():
                    loss = loss_of(there, branch, batch(), config, card)
                assert (loss.device.type, loss.dtype, loss.shape) == ("cuda", torch.float32, ())


@pytest.mark.parametrize("precision", ["32", "bf16"])
def test_a_stream_is_scored_and_drawn_on_the_card(fitted: Detector, precision: str) -> None:
    frames = list(moving_square_data().test[0].open())[:16]
    (method,) = fitted.models.values()
    with fake_card(precision) as card:
        scorer = method.on(card).scorer(Setting(maps=True, map_levels=(0.5,)))
        scores = [one for frame in frames for one in scorer.push(frame)] + scorer.flush()
        shown = scorer.pictures(frames)
    assert [one.index for one in scores] == list(range(16))
    assert all(one.map is not None for one in scores if one.score is not None)
    assert shown is not None
    assert {"predicted segmentation", "motion error"} <= set(shown)


def test_teachers_are_where_the_method_is_and_made_anew_elsewhere(fitted: Detector) -> None:
    (method,) = fitted.models.values()

    def teachers(one: Any) -> Any:
        scorer = one.scorer(Setting())
        assert isinstance(scorer, MTLAScorer)
        return scorer._sample_maker.teachers

    here, there = teachers(method), method.on(HALF)
    assert here.compute == method.compute
    assert teachers(there).compute == HALF
    assert teachers(there) is teachers(there)
    assert teachers(method) is here


def test_pictures_are_exactly_what_they_were_before_they_came_as_bytes() -> None:
    steps = np.arange(256, dtype=np.uint8)
    expected = steps.astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(in_unit(torch.from_numpy(steps)).numpy(), expected)


def test_validation_happens_where_the_model_is(make_model: MakeModel) -> None:
    class Few:
        def __len__(self) -> int:
            return 3

        def batch(self, some: range) -> Any:
            return batch()

    put: list[Compute] = []

    class Noted(Compute):
        def put(self, value: Any) -> Any:
            put.append(self)
            return super().put(value)

    model, config, samples = make_model(), MTLAConfig(**SMALL), Few()
    noted = Noted("cpu")
    for branch, asked in (("appearance", 3), ("motion", 4)):
        put.clear()
        found = validated(model, branch, samples, config, noted)  # type: ignore[arg-type]
        assert len(put) == asked
        assert found == validated(model, branch, samples, config)  # type: ignore[arg-type]


def test_scores_in_bf16_are_near_those_in_full(fitted: Detector) -> None:
    """Eight bits of each value inside the networks; 0.1 % of the scores' deviation was seen."""
    frames = list(moving_square_data().test[0].open())[:40]
    full, half = (
        np.array([one.score for one in made.scorer().score(frames) if one.score is not None])
        for made in (fitted, fitted.on(HALF))
    )
    assert not np.array_equal(full, half)
    assert np.abs(full - half).max() < 0.01 * full.std()


def test_a_fit_in_bf16_ends_near_one_in_full(fitted: Detector, tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", compute=HALF)
    half = fit_detector("mtla", moving_square_data(), tmp_path / "b", options)
    for one, other in zip(fitted.facts.history["*"], half.facts.history["*"], strict=True):
        assert other["total"] == pytest.approx(one["total"], rel=0.05)
        assert other["validation_total"] == pytest.approx(one["validation_total"], rel=0.1)
    assert half.compute == Compute()


def test_two_shares_of_a_step_are_the_whole(tmp_path: Path) -> None:
    """Batch normalisation stands still here: in training its statistics are each share's own."""
    method = MTLA(MTLA.configure("tiny", {"batch": 4, "flip": True, "pretrained": False}))
    training, validation = training_samples(tmp_path, method)
    model = method.model
    assert model is not None
    model.eval()
    for one in model.modules():
        if isinstance(one, nn.BatchNorm2d):
            one.train = lambda mode=True, own=one: own  # type: ignore[method-assign]
    for phase in phases(model, training, validation, method.config, 0):
        found = []
        for share, shares in ((0, 1), (0, 2), (1, 2)):
            model.zero_grad()
            loss = phase.loss(Step(1, 2, np.random.default_rng(0), share, shares))["total"]
            loss.backward()
            found.append([loss.detach(), *(one.grad for one in phase.parameters)])
        whole, *halves = found
        for all_of_it, first, second in zip(whole, *halves, strict=True):
            torch.testing.assert_close((first + second) / 2, all_of_it, rtol=1e-4, atol=1e-5)
        assert not any(torch.equal(*pair) for pair in zip(*halves, strict=True))


@pytest.mark.parametrize("steps", [None, 2])
def test_a_batch_of_one_frame_is_calculated_by_both_processes(
    tmp_path: Path, steps: int | None
) -> None:
    changes = {"batch": 1, "steps": steps, "flip": True, "pretrained": False}
    method = MTLA(MTLA.configure("tiny", changes))
    training, validation = training_samples(tmp_path, method)
    assert method.model is not None
    for phase in phases(method.model, training, validation, method.config, 0):
        require_whole_for_both(phase.loss)
