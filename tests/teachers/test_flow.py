"""Optical flow by name: what moves to the right by two has a flow of (2, 0)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from torch import Tensor

from awry.devices import Compute
from awry.errors import ConfigError, MissingError
from awry.teachers.flow import load_flow, sharp_enough
from awry.teachers.outputs import keep_outputs
from fake_devices import fake_card, for_card, on_card


def shifted(by: int, channels: int | None) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    big = random.integers(0, 255, (24, 40), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    before, after = big[:, 8:152], big[:, 8 - by : 152 - by]
    pair = [np.ascontiguousarray(one) for one in (before, after)]
    if channels is not None:
        pair = [np.repeat(one[..., None], channels, 2) for one in pair]
    return pair[0], pair[1]


WHAT = ["farneback", "dis", "dis:ultrafast", "dis:medium", "dis:ultrafast:0", "dis:ultrafast:auto"]


@pytest.mark.parametrize("what", WHAT)
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_a_shift_is_found(what: str, channels: int | None) -> None:
    before, after = shifted(2, channels)
    flow = load_flow(what)(before, after)
    assert flow.shape == (*before.shape[:2], 2)
    assert flow.dtype == np.float32
    middle = flow[20:-20, 20:-20]
    assert np.median(middle[..., 0]) == pytest.approx(2, abs=0.3)
    assert np.median(middle[..., 1]) == pytest.approx(0, abs=0.2)


def small_walker(by: int) -> tuple[np.ndarray, np.ndarray]:
    """A figure of 10x30 pixels that moves by so many before a still background; grey."""
    random = np.random.default_rng(1)
    pair = [random.integers(90, 140, (60, 90), dtype=np.uint8).repeat(4, 0).repeat(4, 1)] * 2
    figure = random.integers(0, 255, (10, 5), dtype=np.uint8).repeat(3, 0).repeat(2, 1)
    pair = [one[:240, :360].copy() for one in pair]
    for place, image in enumerate(pair):
        image[100:130, 150 + place * by : 160 + place * by] = figure
    return pair[0], pair[1]


def test_a_finer_level_keeps_the_speed_of_a_small_figure() -> None:
    before, after = small_walker(3)

    def speed(what: str) -> float:
        return float(np.median(load_flow(what)(before, after)[102:128, 151:159, 0]))

    assert speed("dis") < 1.5
    assert speed(sharp_enough("dis:ultrafast:auto", 30)) == pytest.approx(3, abs=0.5)


@pytest.mark.parametrize(
    ("what", "side", "settled"),
    [
        ("dis:ultrafast:auto", 12.0, "dis:ultrafast:0"),
        ("dis:ultrafast:auto", 84.0, "dis:ultrafast:1"),
        ("dis:fast:auto", 400.0, "dis:fast:2"),
        ("dis:ultrafast:auto", None, "dis:ultrafast:auto"),
        ("dis:ultrafast", 41.0, "dis:ultrafast"),
        ("farneback", 41.0, "farneback"),
    ],
)
def test_the_level_follows_the_size_of_objects(what: str, side: float | None, settled: str) -> None:
    assert sharp_enough(what, side) == settled
    load_flow(settled)


def test_raft_takes_any_size_and_is_kept_on_disk(tmp_path: Path) -> None:
    before, after = shifted(2, 1)
    teacher = load_flow("random:raft_small")
    with keep_outputs(tmp_path):
        first = teacher(before[:50, :70], after[:50, :70])
        again = teacher(before[:50, :70], after[:50, :70])
    assert first.shape == (50, 70, 2)
    np.testing.assert_array_equal(first, again)
    assert (tmp_path / "teachers.sqlite").is_file()
    assert load_flow("random:raft_small").key == teacher.key


def test_an_unknown_flow_is_refused_with_the_nearest() -> None:
    for what in ("farnebeck", "dis:slow", "dis:fast:3", "dis:fast:x", "torchvision:raft"):
        with pytest.raises(ConfigError, match="no optical flow"):
            load_flow(what)


def test_weights_that_cannot_be_fetched_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.models.get_model", fail)
    with pytest.raises(MissingError, match="use farneback or dis"):
        load_flow("torchvision:raft_small")


@pytest.mark.parametrize("channels", [1, 3])
def test_raft_runs_on_a_card(channels: int, monkeypatch: pytest.MonkeyPatch) -> None:
    before, after = shifted(2, channels)
    teacher = for_card(lambda card: load_flow("random:raft_small", compute=card))
    assert teacher.key == load_flow("random:raft_small").key

    def sampled(pictures: Tensor, places: Tensor, **_: Any) -> Tensor:
        assert pictures.device == places.device  # cuDNN would be asked, which is not there
        return pictures.new_zeros(*pictures.shape[:2], *places.shape[1:3])

    monkeypatch.setattr("torchvision.models.optical_flow.raft.grid_sample", sampled)
    with fake_card():
        on_card(teacher._network)  # type: ignore[attr-defined]
        assert teacher(before[:50, :70], after[:50, :70]).shape == (50, 70, 2)


def test_raft_in_16_bits_is_kept_by_itself(tmp_path: Path) -> None:
    before, after = (one[:50, :70] for one in shifted(2, 3))
    full = load_flow("random:raft_small")
    rounded = load_flow("random:raft_small", compute=Compute("cpu", "bf16"))
    assert rounded.key == full.key
    with keep_outputs(tmp_path):
        flow, other = full(before, after), rounded(before, after)
    assert other.dtype == np.float32
    assert 0 < np.abs(flow - other).max() < 0.05 * np.abs(flow).max() + 0.5
