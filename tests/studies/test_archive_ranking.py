from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import DatasetError
from awry.studies.archive_ranking import thinned_to


@given(st.integers(20, 200), st.integers(10, 100), st.floats(0.01, 0.2), st.integers(0, 5))
def test_a_rate_is_what_was_asked_for(normal: int, abnormal: int, rate: float, seed: int) -> None:
    labels = (
        np.random.default_rng(seed)
        .permutation(np.concatenate([np.zeros(normal), np.ones(abnormal)]))
        .astype(np.uint8)
    )
    wanted = round(rate * normal / (1 - rate))
    if wanted > abnormal:
        with pytest.raises(DatasetError, match=f"needs {wanted}"):
            thinned_to(labels, rate, seed)
        return
    kept = thinned_to(labels, rate, seed)
    assert (np.diff(kept) > 0).all()
    assert (labels[kept] == 0).sum() == normal
    assert labels[kept].sum() == wanted
    np.testing.assert_array_equal(kept, thinned_to(labels, rate, seed))


def test_draws_differ() -> None:
    labels = np.repeat([0, 1], 50).astype(np.uint8)
    assert not np.array_equal(thinned_to(labels, 0.1, 0), thinned_to(labels, 0.1, 1))
