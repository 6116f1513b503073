"""Every registered method on a card, at `tiny`: scores, precisions, fits, resuming, memory."""

from __future__ import annotations

import gc
import signal
import warnings
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.devices import Compute, chosen
from awry.errors import ConfigError
from awry.fitting import FitOptions, fit_detector
from awry.frames import FrameScore
from awry.methods.registry import method_names
from awry.progress import NO_FIGURES, Silent
from awry.testing.case import batched, pushed, values
from awry.testing.elsewhere import IN_BF16
from support import case_of, moving_square_data

PARITY = 1e-3
"""Of the clip's largest score: as much may a card's scores differ from the processor's."""
MAPS = 1e-2
"""Likewise of the largest value of a map."""
APART: Mapping[str, float] = {"tf32": 0.1, "bf16": IN_BF16, "16": IN_BF16}
"""Likewise of the scores in other precisions than 32, from those in 32."""
KEPT_MIB = 64
"""That libraries may keep for themselves, e.g. workspaces; more would be a method's own."""

CLIP = list(moving_square_data().test[0].open())[20:]
pytestmark = pytest.mark.parametrize("name", method_names())


def require_near(one: list[FrameScore], other: list[FrameScore], most: float) -> None:
    """Scores that differ by no more than a share of the largest."""
    found, expected = values(other), values(one)
    assert np.array_equal(np.isnan(found), np.isnan(expected))
    allowed = most * float(np.nanmax(np.abs(expected)))
    np.testing.assert_allclose(found, expected, rtol=0, atol=allowed)


def options(compute: Compute, *, resume: bool = False) -> FitOptions:
    return FitOptions(preset="tiny", seed=3, resume=resume, compute=compute)


@cache
def fitted(name: str, compute: Compute, folder: Path) -> tuple[Detector, bool]:
    """A fit on the device, and whether all its operations have a deterministic form there."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        detector = fit_detector(name, moving_square_data(), folder / "fit", options(compute))
    return detector, not any("deterministic" in str(one.message) for one in said)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fits")


def require_alike(one: Detector, other: Detector, *, exactly: bool) -> None:
    """The same was learned."""
    expected, found = (next(iter(each.models.values())).state() for each in (one, other))
    assert found.keys() == expected.keys()
    for key, tensor in expected.items():
        assert tensor.device.type == "cpu"
        if exactly or not tensor.is_floating_point():
            assert torch.equal(found[key], tensor), key
        else:
            torch.testing.assert_close(found[key], tensor, rtol=1e-2, atol=1e-4)


def test_scores_and_maps_are_those_of_the_processor(name: str, card: Compute) -> None:
    own = case_of(name).detector
    there = own.on(card)
    assert there.compute == card
    expected, found = pushed(own, CLIP), pushed(there, CLIP)
    require_near(expected, found, PARITY)
    require_near(found, batched(there, CLIP), PARITY)
    for one, other in zip(expected, found, strict=True):
        assert (one.map is None) == (other.map is None)
        if one.map is not None and other.map is not None:
            allowed = MAPS * max(float(np.abs(one.map).max()), 1e-6)
            np.testing.assert_allclose(other.map, one.map, rtol=0, atol=allowed)


def test_the_same_frames_give_the_same_scores(name: str, card: Compute) -> None:
    there = case_of(name).detector.on(card)
    assert np.array_equal(values(pushed(there, CLIP)), values(pushed(there, CLIP)), equal_nan=True)


@pytest.mark.parametrize("precision", list(APART))
def test_other_precisions_score_nearly_the_same(name: str, precision: str, card: Compute) -> None:
    try:
        compute = chosen(card.device, precision)
    except ConfigError as error:
        pytest.skip(str(error))
    own = case_of(name).detector
    require_near(pushed(own, CLIP), pushed(own.on(compute), CLIP), APART[precision])


def test_two_fits_on_the_card_are_equal(
    name: str, card: Compute, folder: Path, tmp_path: Path
) -> None:
    one, deterministic = fitted(name, card, folder / name)
    other, _ = fitted(name, card, tmp_path)
    require_alike(one, other, exactly=deterministic)


class Stopper(Silent):
    """Presses Ctrl-C while a network is trained."""

    def __init__(self) -> None:
        self.losses = 0

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.losses += bool(figures)
        if self.losses == 3:
            signal.raise_signal(signal.SIGINT)


def test_a_fit_goes_on_where_it_was_stopped(
    name: str, card: Compute, folder: Path, tmp_path: Path
) -> None:
    whole, deterministic = fitted(name, card, folder / name)
    out, data = tmp_path / "fit", moving_square_data()
    try:
        fit_detector(name, data, out, options(card), Stopper())
    except KeyboardInterrupt:
        resumed = fit_detector(name, data, out, options(card, resume=True))
        require_alike(whole, resumed, exactly=deterministic)
    else:
        assert not any(whole.facts.history.values()), "nothing stopped it, though it trains"


def test_a_fit_in_bf16_scores_in_32(name: str, card: Compute, tmp_path: Path) -> None:
    compute = Compute(card.device, "bf16")
    detector = fit_detector(name, moving_square_data(), tmp_path / "fit", options(compute))
    assert detector.compute == card
    assert np.isfinite(values(pushed(detector, CLIP))).any()
    full, narrow = (next(iter(one.models.values())) for one in (case_of(name).detector, detector))
    expected = {key: tensor.dtype for key, tensor in full.state().items()}
    assert {key: tensor.dtype for key, tensor in narrow.state().items()} == expected


def test_a_bundle_of_the_card_scores_on_the_processor(
    name: str, card: Compute, folder: Path, tmp_path: Path
) -> None:
    detector, _ = fitted(name, card, folder / name)
    detector.save(tmp_path / "bundle")
    loaded = Detector.load(tmp_path / "bundle")
    assert loaded.compute.plain
    require_near(pushed(loaded, CLIP), pushed(detector, CLIP), PARITY)


def mib(compute: Compute) -> float:
    """That tensors hold on the card; 0 elsewhere."""
    gc.collect()
    if compute.kind != "cuda":
        return 0.0
    torch.cuda.synchronize()
    return torch.cuda.memory_allocated(compute.device) / 2**20


def test_memory_is_freed_after_scoring(name: str, card: Compute) -> None:
    there = case_of(name).detector.on(card)
    before = mib(card)
    pushed(there, CLIP)
    once = mib(card)
    for _ in range(3):
        pushed(there, CLIP)
    assert mib(card) <= once + 1, "each stream keeps something"
    del there
    assert mib(card) <= before + KEPT_MIB
