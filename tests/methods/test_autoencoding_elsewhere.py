"""Auto-encoders over stacks off the processor, in 16 bits, and in shares of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from awry.devices import PROCESSOR, Compute
from awry.frames import Frame
from awry.methods.autoencoding import StackMethod
from awry.methods.base import Setting
from awry.methods.convae import ConvAE
from awry.methods.ffp import FFP
from awry.methods.graphs import eager
from awry.methods.memae import MemAE
from awry.methods.stacks import Windows
from awry.training.footage import Footage
from awry.training.loop import FitContext, Step
from awry.video.cache import FrameCache
from fake_devices import fake_card, on_card
from shares import gradients, require_whole_for_both
from support import moving_square_data, noise_run, stir

KINDS: dict[str, type[StackMethod]] = {"convae": ConvAE, "ffp": FFP, "memae": MemAE}


def fitted(kind: type[StackMethod], **changes: Any) -> StackMethod:
    """With fresh weights, and statistics as after training."""
    method = kind(kind.configure("tiny", {"width": 48, "grey": False, **changes}))
    torch.manual_seed(0)
    method.network = method.build()
    stir(method.network)
    method.network.eval()
    return method


def stream(count: int = 12) -> list[Frame]:
    images = np.random.default_rng(0).integers(0, 256, (count, 32, 48, 3), dtype=np.uint8)
    return [Frame(number, number / 10, image) for number, image in enumerate(images)]


def windows_of(method: StackMethod, compute: Compute = PROCESSOR) -> Windows:
    return Windows([noise_run(20, size=(32, 48))], method.config, compute)


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("name", KINDS)
def test_scores_maps_and_pictures_are_made_on_a_card(name: str, precision: str) -> None:
    method = fitted(KINDS[name])
    with fake_card(precision) as card:
        scorer = method.on(card).scorer(Setting(map_levels=(0.5,)))
        scores = [score for frame in stream() for score in scorer.push(frame)]
        pictures = scorer.pictures(stream())
    assert scores[-1].score is not None
    assert scores[-1].map is not None
    assert pictures is not None
    assert {picture.shape for picture in pictures.values()} == {(32, 48, 3)}


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize("name", KINDS)
def test_losses_are_calculated_in_full_on_a_card(name: str, precision: str) -> None:
    method = fitted(KINDS[name])
    with fake_card(precision) as card:
        windows = windows_of(method, card).draw(Step(0, 0, np.random.default_rng(0)))
        network = on_card(method._fitted().train())
        with card.rounding():
            found = method.losses(network, windows)
    assert {value.dtype for value in found.values()} == {torch.float32}
    assert {value.device.type for value in found.values()} == {"cuda"}


@pytest.mark.parametrize("name", KINDS)
def test_the_shares_of_a_step_give_the_gradient_of_the_whole(name: str) -> None:
    """Of memae in evaluation: in training its batch normalisation has a share's statistics."""
    method = fitted(KINDS[name], batch=5)
    network, windows = method._fitted(), windows_of(method)

    def loss(step: Step) -> dict[str, Tensor]:
        return method.losses(network, windows.draw(step))

    whole, parts = gradients(network, loss), gradients(network, loss, 3, 2)
    assert len(whole) == len(list(network.parameters()))
    for one, other in zip(whole, parts, strict=True):
        torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-5 * float(one.abs().max()))


@pytest.mark.parametrize("name", KINDS)
def test_a_batch_of_one_window_is_calculated_by_both_processes(name: str) -> None:
    method = fitted(KINDS[name], batch=1)
    network, windows = method._fitted(), windows_of(method)
    require_whole_for_both(lambda step: method.losses(network, windows.draw(step)))


@pytest.mark.parametrize("name", KINDS)
def test_scores_of_bf16_are_within_two_percent(name: str) -> None:
    method = fitted(KINDS[name])

    def parts(method: StackMethod) -> list[list[float]]:
        scores = method.scorer(Setting()).score(stream())
        return [list(score.parts.values()) for score in scores if score.score is not None]

    exact, short = parts(method), parts(method.on(Compute("cpu", "bf16")))
    assert short != exact  # or nothing was rounded
    np.testing.assert_allclose(short, exact, rtol=0.02)


@pytest.mark.parametrize("name", KINDS)
def test_a_fit_in_bf16_ends_near_one_in_full_precision(name: str, tmp_path: Path) -> None:
    data, last = moving_square_data(clips=1, length=30), {}
    for precision in ("32", "bf16"):
        folder = tmp_path / precision
        method = KINDS[name](KINDS[name].configure("tiny", {"epochs": 1, "batch": 4}))
        context = FitContext(folder, compute=Compute("cpu", precision))
        method.fit(Footage(data.train, FrameCache(folder / "frames", 2**26)), context)
        last[precision] = context.history[-1]["total"]
        assert {value.dtype for value in method.state().values()} <= {torch.float32, torch.int64}
    assert last["bf16"] != last["32"]
    assert last["bf16"] == pytest.approx(last["32"], rel=0.02)


def test_one_copy_serves_all_scorers_until_the_network_is_another() -> None:
    with fake_card() as card:
        there = fitted(ConvAE).on(card)
        first, second = (there.scorer(Setting())._network for _ in range(2))  # type: ignore[attr-defined]
        assert first is second
        assert there.on(Compute(card.device, "16")).scorer(Setting())._network is not first  # type: ignore[attr-defined]
        there.network = there.build()
        assert there.scorer(Setting())._network is not first  # type: ignore[attr-defined]


def test_exported_networks_answer_on_the_processor() -> None:
    method = fitted(FFP)
    expected = [score.parts for score in method.scorer(Setting()).score(stream())]
    with fake_card() as card:
        there = method.on(card)
        there.runtime = eager(method.graphs())
        found = [score.parts for score in there.scorer(Setting()).score(stream())]
    assert found == expected
