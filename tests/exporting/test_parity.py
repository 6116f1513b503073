"""How far answers and scores are apart."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from awry.exporting.parity import Watched, largest_difference, relative_difference


def test_differences_by_hand() -> None:
    first, second = torch.tensor([1.0, -4.0]), torch.tensor([1.0, -3.0])
    assert largest_difference([first], [second]) == pytest.approx(0.25)
    expected = np.array([np.nan, 10.0, 0.05, -2.0])
    found = np.array([np.nan, 10.0, 0.06, -2.2])
    # A hundredth of the largest, 0.1, is the least that a difference is divided by.
    np.testing.assert_allclose(relative_difference(expected, found), [np.nan, 0, 0.1, 0.1])


def test_questions_are_kept_up_to_a_limit() -> None:
    asked = Watched(lambda x: (x,), most=96)
    for number in range(120):
        asked(torch.full((1,), float(number)))
    assert (asked.calls, len(asked.batches), float(asked.batches[5][0])) == (120, 96, 5)


def test_nan_is_never_near() -> None:
    nan = float("nan")
    assert largest_difference([torch.ones(2)], [torch.tensor([1.0, nan])]) == float("inf")
    apart = relative_difference(np.array([nan, 1.0, 2.0]), np.array([nan, 1.0, nan]))
    np.testing.assert_array_equal(apart, [nan, 0, np.inf])
