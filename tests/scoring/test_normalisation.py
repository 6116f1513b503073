from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from awry.errors import ConfigError
from awry.scoring.normalisation import KINDS, normalise

finite = st.floats(-1e6, 1e6, allow_nan=False)


def test_the_protocols_variants_all_exist() -> None:
    assert KINDS == ("none", "train", "clip", "window")
    for kind in KINDS:
        assert normalise(np.arange(3.0), kind, location=0.0, scale=1.0, window=2).shape == (3,)


def test_none_and_train() -> None:
    scores = np.array([1.0, 2.0, 5.0])
    assert normalise(scores, "none").tolist() == [1, 2, 5]
    assert normalise(scores, "train", location=2.0, scale=0.5).tolist() == [-2, 0, 6]


@pytest.mark.parametrize("kind", ["clip", "window"])
def test_a_constant_clip_is_zero(kind: str) -> None:
    assert normalise(np.full(5, 7.3), kind, window=3).tolist() == [0] * 5


@settings(max_examples=60, deadline=None)
@given(
    scores=hnp.arrays(np.float64, st.integers(1, 40), elements=finite),
    window=st.integers(1, 60),
)
def test_the_trailing_window_is_what_its_definition_says(scores: np.ndarray, window: int) -> None:
    expected = []
    for place in range(len(scores)):
        seen = scores[max(place - window + 1, 0) : place + 1]
        span = seen.max() - seen.min()
        expected.append((scores[place] - seen.min()) / span if span > 0 else 0.0)
    np.testing.assert_array_equal(normalise(scores, "window", window=window), expected)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("clp", {}, "did you mean 'clip'"),
        ("train", {"location": 1.0}, "location 1.0 and scale None"),
        ("train", {"location": 1.0, "scale": 0.0}, "scale above 0"),
        ("window", {}, "window None"),
        ("window", {"window": 0}, "1 or more"),
    ],
)
def test_bad_settings_are_named(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        normalise(np.arange(3.0), kind, **options)
