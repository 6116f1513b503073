"""What int8 may cost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.datasets.base import Clip
from awry.exporting.accuracy import accuracy_of, has_both_kinds, lost_too_much
from awry.progress import Silent
from support import moving_square_data


def test_a_loss_within_the_bound_is_none_and_beyond_it_a_sentence() -> None:
    accuracy = {"before": 0.9, "after": 0.88, "lost": 0.02, "bound": 0.02}
    assert lost_too_much(accuracy) == []
    assert lost_too_much({**accuracy, "bound": 0.01}) == [
        "int8 loses 0.0200 of micro AUC (0.9000 to 0.8800); at most 0.01 is allowed."
    ]


@pytest.mark.parametrize(("labels", "both"), [([0, 1], True), ([0, 0], False), ([1, 1], False)])
def test_an_auc_needs_normal_and_abnormal_frames(labels: list[int], both: bool) -> None:
    def clip(labels: list[int] | None) -> Clip:
        read = None if labels is None else lambda: np.array(labels, np.uint8)
        return Clip("gate", lambda: pytest.fail("opened"), labels=read)

    data = replace(moving_square_data(), test=[clip(None), clip(labels)])
    assert has_both_kinds(data) == both
    assert not has_both_kinds(replace(data, test=[clip(None)]))


def test_the_same_detector_twice_loses_nothing(bundle: Path, shared_data: Path) -> None:
    detector, data = awry.load(bundle), awry.open_dataset(shared_data, fps=10)
    failed: list[str] = []
    accuracy = accuracy_of(detector, detector, data, 0.01, Silent(), failed)
    assert (accuracy["lost"], accuracy["bound"], failed) == (0, 0.01, [])
    assert accuracy["before"] == accuracy["after"] > 0.5
