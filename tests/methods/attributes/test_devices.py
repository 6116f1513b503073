"""On a card that is not there, in 16 bits, and in shares of a step."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.devices import PROCESSOR, Compute
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame, Objects
from awry.methods.attributes import Attributes
from awry.methods.attributes.config import PRESETS, AttributesConfig
from awry.methods.attributes.density import Energies, Mixture, Neighbours, Scale
from awry.methods.attributes.network import EnergyNetwork
from awry.methods.attributes.normality import AttributeModel, OwnClip, fit_attribute
from awry.methods.attributes.objects import ObjectTeachers
from awry.methods.attributes.samples import Samples
from awry.methods.attributes.training import energy_phase
from awry.methods.base import Setting
from awry.training.loop import FitContext, Step
from fake_devices import fake_card, on_card
from shares import require_whole_for_both
from support import moving_square, moving_square_data

SHORT = Compute(precision="bf16")
DRAWS = np.random.default_rng(0)
ROWS = DRAWS.normal(3, 2, (60, 5)).astype(np.float32)
CONFIGS: Mapping[str, AttributesConfig] = {
    name: AttributesConfig(**{**PRESETS[name], **changes, "detector": "foreground", "grey": False})
    for name, changes in {
        "tiny": {"flow": "dis:ultrafast", "tiles": (1, 1)},
        "paper": {"classifier": "random:vit_b_16", "flow": "random:raft_small"},
    }.items()
}


def frames(length: int) -> list[Frame]:
    return [Frame(n, n / 10, image) for n, image in enumerate(moving_square(length, 9))]


def energies(rows: np.ndarray, width: int = 8) -> Energies:
    torch.manual_seed(0)
    network = EnergyNetwork(rows.shape[1], width).eval()
    made = Energies(Scale.of(rows, 0.0), network, 4)
    made.mixture = Mixture.of(made.energies(rows), 2, 0.0, 0)
    return made


@pytest.fixture
def two_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    boxes = np.array([[2, 2, 30, 40], [20, 10, 60, 44]], np.float32)
    found = Objects(boxes, np.zeros(2, np.int64), np.empty((2, 0), np.float32), boxes[:, 0])
    monkeypatch.setattr(ObjectTeachers, "found", lambda self, window, place, mask: found)


def fitted_to_noise(config: AttributesConfig) -> Attributes:
    """MULDE of velocities, as wide as the settings say, and neighbours of looks."""
    method = Attributes(config)
    features = method._asker().features
    velocity = DRAWS.random((40, config.bins)).astype(np.float32)
    looks = Neighbours(DRAWS.random((40, features)).astype(np.float32), 1)
    method._models = {
        "velocity": AttributeModel(energies(velocity, config.energy_width), 0, 1, 0, "span"),
        "deep": AttributeModel(looks, 0, 1, 0, "span"),
    }
    return method


@pytest.mark.usefixtures("two_objects")
@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("preset", CONFIGS)
def test_a_scorer_mixes_no_devices(preset: str, precision: str) -> None:
    method = fitted_to_noise(CONFIGS[preset])
    with fake_card(precision) as card:
        scorer = method.on(card).scorer(Setting(fps=10.0, parts=method.extra_parts))
        scores = [score for frame in frames(4) for score in scorer.push(frame)] + scorer.flush()
        shown = scorer.pictures(frames(12))
    known = [score for score in scores if score.score is not None]
    assert len(known) >= 3 - scorer.lookahead
    assert all({"velocity", "deep"} <= set(score.parts) for score in known)
    assert shown is None  # there is no gallery


@pytest.mark.parametrize("precision", ["32", "bf16", "16"])
@pytest.mark.parametrize("preset", CONFIGS)
def test_a_loss_mixes_no_devices_and_is_in_full(preset: str, precision: str) -> None:
    config = CONFIGS[preset]
    seen: list[torch.dtype] = []
    network = EnergyNetwork(5, config.energy_width)
    network.layers[2].register_forward_hook(lambda one, asked, told: seen.append(told.dtype))
    with fake_card(precision) as card:
        made = energy_phase("velocity", on_card(network), ROWS, config, card)
        with card.rounding():
            found = made.loss(Step(0, 0, np.random.default_rng(0)))
    assert {loss.device.type for loss in found.values()} == {"cuda"}
    assert {loss.dtype for loss in found.values()} | set(seen) == {torch.float32}


def test_what_is_measured_after_training_mixes_no_devices(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores of the training objects by neighbours, and the energies that the mixture is of."""
    monkeypatch.setattr("awry.methods.attributes.normality.train", lambda *asked: None)
    asked: list[str] = []
    forward = EnergyNetwork.forward

    def watched(self: EnergyNetwork, values: torch.Tensor, sigmas: torch.Tensor) -> torch.Tensor:
        asked.append(values.device.type)
        return forward(self, values, sigmas)

    monkeypatch.setattr(EnergyNetwork, "forward", watched)
    samples = Samples({"deep": ROWS, "velocity": ROWS}, np.arange(60) % 4, np.arange(60.0))
    config = CONFIGS["tiny"].model_copy(update={"components": 1, "deep_components": None})
    with fake_card() as card:
        context = FitContext(tmp_path, compute=card)
        models = [fit_attribute(n, samples, samples, config, context) for n in ("deep", "velocity")]
    assert [type(model.density) for model in models] == [Neighbours, Energies]
    assert set(asked) == {"cuda"}


def test_neighbours_on_a_device_are_those_on_the_processor() -> None:
    there = Neighbours(ROWS, 3)
    there._there = torch.from_numpy(there._centred)
    asked = np.concatenate([ROWS[:7], ROWS[:4] * 3])
    np.testing.assert_allclose(there.scores(asked), Neighbours(ROWS, 3).scores(asked), rtol=1e-5)
    own = OwnClip(Samples({}, np.arange(60) % 4, np.zeros(60)), 1.0).of_rows
    expected = Neighbours(ROWS, 3).scores_without(ROWS, own)
    np.testing.assert_allclose(there.scores_without(ROWS, own), expected, rtol=1e-5)
    assert Neighbours(ROWS, 3).on(SHORT)._there is None


def test_in_16_bits_energies_stay_as_they_are_and_looks_are_near(detector: Detector) -> None:
    """Distances of looks have a floor then, the square of what rounding adds to a feature."""
    clip = frames(40)
    one, other = (
        np.array([score.parts.get("deep", 0.0) for score in each.scorer(fps=10.0).score(clip)])
        for each in (detector, detector.on(SHORT))
    )
    assert one.max() > 0.5
    np.testing.assert_allclose(other, one, rtol=0, atol=0.2)
    assert np.abs(other - one).max() > 0
    method = fitted_to_noise(CONFIGS["tiny"])
    asked = DRAWS.random((9, 4)).astype(np.float32)
    networks, models = method.on(SHORT)._there()
    assert set(networks) == {"features", "energy_velocity"}
    expected = method._models["velocity"].density.scores(asked)
    np.testing.assert_allclose(models["velocity"].density.scores(asked), expected, rtol=1e-6)


def test_a_fit_in_16_bits_trains_energies_in_full(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"classifier": "none"})
    one, other = (
        fit_detector(
            "attributes",
            moving_square_data(),
            tmp_path / compute.precision,
            replace(options, compute=compute),
        )
        for compute in (PROCESSOR, SHORT)
    )
    (before,), (after,) = (each.facts.history["*"] for each in (one, other))
    assert np.isfinite(after["total"])
    assert after["total"] == pytest.approx(before["total"], rel=1e-6)
    assert other.compute == PROCESSOR


def test_the_slopes_of_two_shares_are_those_of_the_step() -> None:
    network = EnergyNetwork(5, 8)
    config = AttributesConfig(energy_batch=7)
    made = energy_phase("velocity", network, ROWS, config)

    def slopes(share: int, shares: int) -> list[torch.Tensor]:
        network.zero_grad()
        made.loss(Step(0, 0, np.random.default_rng(0), share, shares))["total"].backward()
        return [one.grad.clone() for one in network.parameters() if one.grad is not None]

    every = list(zip(slopes(0, 1), slopes(0, 2), slopes(1, 2), strict=True))
    for whole, first, second in every:
        torch.testing.assert_close((4 * first + 3 * second) / 7, whole, rtol=0, atol=1e-5)
    assert max(float((first - second).abs().max()) for _, first, second in every) > 1e-3


def test_a_single_row_is_learned_from_by_both_processes() -> None:
    config = AttributesConfig(energy_batch=7)
    made = energy_phase("velocity", EnergyNetwork(5, 8), ROWS[:1], config)
    require_whole_for_both(made.loss)


def test_elsewhere_all_is_made_anew_and_serves_all_scorers() -> None:
    method = fitted_to_noise(CONFIGS["tiny"])
    plain: Any = method.scorer(Setting())
    other = method.on(SHORT)
    assert (other.compute, other._teachers) == (SHORT, None)
    first, second = (_asked(other) for _ in range(2))
    assert first._teachers is second._teachers is not method._teachers
    assert first._teachers.compute == SHORT
    assert first._models is second._models
    # Each asks its own: what one scorer was given, another does not see.
    answers: list[Callable[..., Any] | None] = [
        one._models["velocity"].density.answers for one in (plain, first)
    ]
    assert answers[0] is not answers[1]
    assert method._models["velocity"].density.answers is None  # type: ignore[attr-defined]


def _asked(method: Attributes) -> Any:
    return method.scorer(Setting())


def test_during_a_fit_teachers_are_asked_where_it_runs() -> None:
    method = Attributes(CONFIGS["tiny"])
    assert method._asker().compute == PROCESSOR
    with method._asked_on(SHORT):
        assert method._asker().compute == SHORT
    assert method.compute == method._asker().compute == PROCESSOR
