"""Labels and masks, wherever they come from."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awry.datasets.labels import checked_labels, labels_from_ranges

FILE = Path("labels.m")


@given(st.lists(st.booleans(), min_size=1, max_size=40))
def test_ranges_and_labels_say_the_same(flags: list[bool]) -> None:
    padded = np.diff([0, *flags, 0])
    starts, ends = np.flatnonzero(padded == 1), np.flatnonzero(padded == -1) - 1
    ranges = list(zip(starts.tolist(), ends.tolist(), strict=True))
    assert labels_from_ranges(ranges, len(flags), "clip", FILE).tolist() == flags


def test_labels_in_a_row_or_a_column() -> None:
    for shape in ((3,), (1, 3), (3, 1)):
        values = np.array([0.0, 1.0, 1.0]).reshape(shape)
        assert checked_labels(values, 3, "clip", FILE).tolist() == [0, 1, 1]
    assert checked_labels(np.array([[1]]), 1, "clip", FILE).tolist() == [1]
