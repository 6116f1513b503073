"""On a card that is not there, in 16 bits, and in shares of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from awry.detector import Detector
from awry.devices import PROCESSOR, Compute
from awry.fitting import fit_detector
from awry.frames import Frame, Objects
from awry.methods.base import Setting
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import PRESETS, SSMTLConfig
from awry.methods.ssmtl.network import SSMTLModel, distilled
from awry.methods.ssmtl.samples import FramePool, ObjectPool, Pool
from awry.methods.ssmtl.scoring import SSMTLScorer
from awry.methods.ssmtl.teachers import SSMTLTeachers
from awry.methods.ssmtl.training import drawn, losses, phase, read
from awry.methods.windowed import Origin
from awry.training.loop import Step
from fake_devices import fake_card, on_card
from shares import require_whole_for_both
from support import moving_square, moving_square_data, noise_run

from .conftest import POOLED, options, pool

MakeModel = Callable[..., SSMTLModel]
SHORT = Compute(precision="bf16")
FEW = options(epochs=1, steps=20)
RESOLVED: dict[str, Any] = {"detector": "foreground", "class_scores": True, "grey": False}
CONFIGS: Mapping[str, SSMTLConfig] = {
    "tiny": SSMTLConfig(**{**PRESETS["tiny"], **RESOLVED}),
    "paper": SSMTLConfig(
        **{
            **PRESETS["paper"],
            **RESOLVED,
            "classifier": "random:resnet18",
            "classifier_side": 32,
            "score_classifier": True,
        }
    ),
}


def pools(config: SSMTLConfig, level: str) -> Pool:
    """Two objects, or whole frames."""
    outputs = distilled(config, level)
    objects = pool(2, config=config, outputs=outputs)
    if level == "object":
        return objects
    runs = [noise_run(40, size=(config.frame_side, config.frame_side))]
    return FramePool(runs, np.array([[0, 10], [0, 20]]), objects.targets)


@pytest.fixture
def two_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = np.array([[2, 2, 30, 40], [20, 10, 60, 44]], np.float32)
    found = Objects(boxes, np.zeros(2, np.int64), np.full((2, 80), 0.1, np.float32), boxes[:, 0])
    monkeypatch.setattr(SSMTLTeachers, "objects", lambda self, view, mask: found)


@pytest.mark.usefixtures("two_objects")
@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("preset", CONFIGS)
def test_a_scorer_mixes_no_devices(preset: str, precision: str) -> None:
    method = SSMTL(CONFIGS[preset])
    method.model = SSMTLModel(CONFIGS[preset]).eval()
    frames = [Frame(n, n / 10, image) for n, image in enumerate(moving_square(9, 9))]
    with fake_card(precision) as card:
        scorer = method.on(card).scorer(Setting(fps=10.0, parts=method.extra_parts))
        scores = [score for frame in frames for score in scorer.push(frame)] + scorer.flush()
    known = [score for score in scores if score.score is not None]
    assert len(known) == 3
    parts = set(method.model.stream("object").parts)
    assert all(parts <= set(score.parts) and len(score.regions) == 2 for score in known)


@pytest.mark.parametrize("precision", ["32", "bf16", "16"])
@pytest.mark.parametrize("level", ["object", "frame"])
@pytest.mark.parametrize("preset", CONFIGS)
def test_losses_and_validation_mix_no_devices(preset: str, level: str, precision: str) -> None:
    config = CONFIGS[preset]
    network = SSMTLModel(config).stream(level).network
    with fake_card(precision) as card:
        some = pools(config, level)
        made = phase(level, on_card(network), some, some, config, 0, card)
        with card.rounding():
            found = made.loss(Step(0, 0, np.random.default_rng(0)))
        assert made.validate is not None
        validated = made.validate()
    assert {loss.device.type for loss in found.values()} == {"cuda"}
    assert {loss.dtype for loss in found.values()} == {torch.float32}
    assert set(found) == {"total", *network.tasks}
    assert set(found) <= set(validated)


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    """Well enough that its parts differ by more than a digit of 16 bits."""
    return fit_detector("ssmtl", moving_square_data(), tmp_path_factory.mktemp("d") / "b", FEW)


def test_in_16_bits_the_terms_of_eq_6_are_the_same_to_a_hundredth(fitted: Detector) -> None:
    frames = [Frame(n, n / 10, image) for n, image in enumerate(moving_square(20, 9))]
    parts = []
    for detector in (fitted, fitted.on(SHORT)):
        scorer = detector.scorer(fps=10.0)
        assert isinstance(scorer, SSMTLScorer)
        results = scorer.raw_results(frames, Origin())
        parts.append(np.concatenate([raw.object_parts for raw in results]))
        parts[-1] = np.concatenate([parts[-1], [raw.frame_parts for raw in results]])
    assert len(parts[0]) > 20
    np.testing.assert_allclose(parts[1], parts[0], rtol=0, atol=0.01)
    assert np.abs(parts[1] - parts[0]).max() > 0


def test_a_fit_in_16_bits_has_about_the_same_losses(fitted: Detector, tmp_path: Path) -> None:
    short = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", replace(FEW, compute=SHORT))
    (before,), (after,) = (one.facts.history.values() for one in (fitted, short))
    assert len(before) == 2
    for one, other in zip(before, after, strict=True):
        for name in ("total", "middle_box", "validation_total"):
            assert other[name] == pytest.approx(one[name], rel=0.02)
        assert other["total"] != one["total"]
    # What follows the training is calculated in full, and so are scores.
    assert short.compute == PROCESSOR


def slopes(network: nn.Module, some: ObjectPool, samples: Any) -> list[torch.Tensor]:
    network.zero_grad()
    losses(network, read(some, samples), 0.5)["total"].backward()  # type: ignore[arg-type]
    return [one.grad.clone() for one in network.parameters() if one.grad is not None]


def test_the_slopes_of_two_shares_are_those_of_the_step_but_for_batch_statistics(
    make_model: MakeModel,
) -> None:
    """With the batch normalisation's statistics given: in training each share has its own."""
    config = POOLED.model_copy(update={"flip": True})
    network, some = make_model().stream("object").network, pool()
    samples = drawn(some, range(5), config, np.random.default_rng(0))
    assert {one.mirrored for one in samples} == {True, False}
    steps = [Step(0, 0, np.random.default_rng(0), share, 2) for share in range(2)]
    mine = [step.mine(samples) for step in steps]
    whole = slopes(network, some, samples)
    shares = [slopes(network, some, one) for one in mine]
    assert len(whole) > 10
    for all_of_it, first, second in zip(whole, *shares, strict=True):
        torch.testing.assert_close((3 * first + 2 * second) / 5, all_of_it, rtol=0, atol=1e-5)
    network.train()
    one, other = slopes(network, some, samples), slopes(network, some, mine[0])
    assert not torch.allclose(one[0], other[0], atol=1e-5)


def test_a_share_reads_its_part_of_what_was_drawn_for_all(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[tuple[int, tuple[int, ...]]] = []
    take = ObjectPool.take

    def watched(self: ObjectPool, number: int, offsets: Any) -> Any:
        seen.append((int(number), tuple(offsets)))
        return take(self, number, offsets)

    monkeypatch.setattr(ObjectPool, "take", watched)
    made = phase("object", make_model().stream("object").network, pool(), pool(), POOLED, 0)
    found = []
    for share, shares in ((0, 1), (0, 2), (1, 2)):
        seen.clear()
        made.loss(Step(0, 0, np.random.default_rng(3), share, shares))
        found.append(list(seen))
    assert [len(one) for one in found] == [6, 3, 3]
    assert found[0] == [one for pair in zip(found[1], found[2], strict=True) for one in pair]


@pytest.mark.parametrize("steps", [None, 2])
def test_a_single_object_is_learned_from_by_both_processes(
    make_model: MakeModel, steps: int | None
) -> None:
    config = POOLED.model_copy(update={"steps": steps})
    network = make_model().stream("object").network
    require_whole_for_both(phase("object", network, pool(1), pool(1), config, 0).loss)


def test_elsewhere_teachers_and_networks_are_made_anew_and_serve_all_scorers(
    fitted: Detector,
) -> None:
    method: Any = fitted.models["*"]
    method.scorer(Setting())
    other = method.on(SHORT)
    assert (other.compute, other.model, other._teachers) == (SHORT, method.model, None)
    first, second = other.scorer(Setting()), other.scorer(Setting())
    assert first._teachers is second._teachers is not method._teachers
    assert first._teachers.compute == SHORT
    assert first._networks is second._networks
    other.load_state(method.state())
    assert other.networks is not first._networks
