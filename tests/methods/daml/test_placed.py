"""DAML's scorer off the processor: on a card that is not there, and in 16 bits."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from awry.devices import Compute
from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.daml import DAML
from awry.methods.daml.placed import Placed
from awry.methods.graphs import eager
from fake_devices import fake_card

PARTS = ("prediction", "reconstruction")
KINDS: dict[str, dict[str, Any]] = {
    "paired": {},
    "strided": {"temporal_kernel": 3},
    "padded before": {"inputs": 3},
    "padded after": {"inputs": 3, "padding": "after"},
    "convlstm": {"motion": "convlstm"},
    "autoregressive": {"motion": "autoregressive"},
    "bins": {"motion": "autoregressive", "bins": 8, "code_tanh": True},
    "interleaved": {"subsample": 2, "interleaved": True},
    "digits": {"last_pool": True, "skips": "none", "output": "sigmoid", "subtract_mean": False},
    "decoder": {"decoder_channels": 2, "output": "tanh", "skips": "input", "input_stride": 2},
}


def fitted(make_model: Any, **changes: Any) -> DAML:
    model = make_model(**changes)
    model.deviations = torch.full((1, 16, 24), 0.01)
    method = DAML(model.config)
    method.model = model
    return method


def clip(count: int = 20, level: int = 128) -> list[Frame]:
    images = np.random.default_rng(0).integers(0, 256, (count, 16, 24, 3))
    images = (images // 4 + level * 3 // 4).astype(np.uint8)
    return [Frame(number, number / 10, image) for number, image in enumerate(images)]


@pytest.mark.parametrize(
    ("kind", "precision"), [("paired", "32"), *((kind, "bf16") for kind in KINDS)]
)
def test_every_part_and_picture_is_made_on_a_card(
    make_model: Any, kind: str, precision: str
) -> None:
    method = fitted(make_model, **KINDS[kind])
    frames = clip(method.config.window * method.config.subsample + 1)
    with fake_card(precision) as card:
        scorer = method.on(card).scorer(Setting(parts=PARTS, map_levels=(0.5,)))
        pushed = [score for frame in frames for score in scorer.push(frame)]
        pictures = scorer.pictures(frames)
        again = list(scorer.score(iter(frames)))
    assert set(pushed[-1].parts) == {"latent", *PARTS}
    assert pushed[-1].map is not None
    assert [score.score is None for score in pushed] == [score.score is None for score in again]
    assert pictures is not None
    assert {picture.shape for picture in pictures.values()} == {(16, 24, 3)}


def test_another_view_is_looked_at_again_on_a_card(make_model: Any) -> None:
    """The stream's own picture is on the processor; codes are made anew on the card."""
    method = fitted(make_model, own_background=True)
    frames = clip(9, level=240)
    with fake_card() as card:
        scorer = method.on(card).scorer(Setting(parts=PARTS, fps=5.0))
        scores = [score for frame in frames for score in scorer.push(frame)]
        assert scorer._background.own  # type: ignore[attr-defined]
        assert scorer.pictures(frames) is not None
    assert scores[-1].score is not None


def test_one_copy_serves_all_scorers_until_the_model_is_another(make_model: Any) -> None:
    with fake_card() as card:
        there = fitted(make_model).on(card)
        first, second = (there.scorer(Setting())._placed for _ in range(2))  # type: ignore[attr-defined]
        assert first is second
        elsewhere = there.on(Compute(card.device, "bf16"))
        assert elsewhere.scorer(Setting())._placed is not first  # type: ignore[attr-defined]
        there.model = make_model(seed=1)
        assert there.scorer(Setting())._placed.fitted is there.model  # type: ignore[attr-defined]


def test_exported_networks_answer_on_the_processor(make_model: Any) -> None:
    """And so do the decoder and the comparison, which take what they give."""
    method = fitted(make_model)
    expected = [score.parts for score in method.scorer(Setting(parts=PARTS)).score(clip())]
    with fake_card() as card:
        there = method.on(card)
        there.runtime = eager(method.graphs())
        found = [score.parts for score in there.scorer(Setting(parts=PARTS)).score(clip())]
    assert found[-1]["reconstruction"] > 0
    assert found[-1] == pytest.approx(expected[-1])


@pytest.mark.parametrize("kind", ["paired", "convlstm", "bins"])
def test_scores_of_bf16_are_within_two_percent(make_model: Any, kind: str) -> None:
    method = fitted(make_model, **KINDS[kind])

    def parts(method: DAML) -> list[list[float]]:
        scores = method.scorer(Setting(parts=PARTS)).score(clip())
        return [list(score.parts.values()) for score in scores if score.score is not None]

    exact, short = parts(method), parts(method.on(Compute("cpu", "bf16")))
    assert short != exact  # or nothing was rounded
    np.testing.assert_allclose(short, exact, rtol=0.02)


def test_a_stream_and_its_batches_agree_in_bf16(make_model: Any) -> None:
    method = fitted(make_model).on(Compute("cpu", "bf16"))
    scorer = method.scorer(Setting(parts=PARTS))
    pushed = [list(score.parts.values()) for frame in clip() for score in scorer.push(frame)]
    scorer.flush()
    batched = [list(score.parts.values()) for score in scorer.score(clip())]
    np.testing.assert_allclose(pushed[-1], batched[-1], rtol=1e-3)


def test_on_the_processor_nothing_is_copied(make_model: Any) -> None:
    model = make_model()
    placed = Placed(model)
    assert placed._model is model
    assert placed.compute.plain
