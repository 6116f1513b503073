"""Optical flow by name: what moves to the right by two has a flow of (2, 0)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import ConfigError, MissingError
from awry.teachers.flow import load_flow
from awry.teachers.outputs import keep_outputs


def shifted(by: int, channels: int | None) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    big = random.integers(0, 255, (24, 40), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
    before, after = big[:, 8:152], big[:, 8 - by : 152 - by]
    pair = [np.ascontiguousarray(one) for one in (before, after)]
    if channels is not None:
        pair = [np.repeat(one[..., None], channels, 2) for one in pair]
    return pair[0], pair[1]


@pytest.mark.parametrize("what", ["farneback", "dis", "dis:ultrafast", "dis:medium"])
@pytest.mark.parametrize("channels", [None, 1, 3])
def test_a_shift_is_found(what: str, channels: int | None) -> None:
    before, after = shifted(2, channels)
    flow = load_flow(what)(before, after)
    assert flow.shape == (*before.shape[:2], 2)
    assert flow.dtype == np.float32
    middle = flow[20:-20, 20:-20]
    assert np.median(middle[..., 0]) == pytest.approx(2, abs=0.3)
    assert np.median(middle[..., 1]) == pytest.approx(0, abs=0.2)


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
    for what in ("farnebeck", "dis:slow", "torchvision:raft"):
        with pytest.raises(ConfigError, match="no optical flow"):
            load_flow(what)


def test_weights_that_cannot_be_fetched_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise OSError("no network")

    monkeypatch.setattr("torchvision.models.get_model", fail)
    with pytest.raises(MissingError, match="use farneback or dis"):
        load_flow("torchvision:raft_small")
