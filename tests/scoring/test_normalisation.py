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
    assert KINDS == ("none", "train", "clip", "window", "window_ahead")
    for kind in KINDS:
        assert normalise(np.arange(3.0), kind, location=0.0, scale=1.0, window=2).shape == (3,)


def test_none_and_train() -> None:
    scores = np.array([1.0, 2.0, 5.0])
    assert normalise(scores, "none").tolist() == [1, 2, 5]
    assert normalise(scores, "train", location=2.0, scale=0.5).tolist() == [-2, 0, 6]


@pytest.mark.parametrize("kind", ["clip", "window", "window_ahead"])
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


@settings(max_examples=60, deadline=None)
@given(
    scores=hnp.arrays(np.float64, st.integers(1, 40), elements=finite),
    window=st.integers(1, 60),
)
def test_the_window_ahead_is_the_last_one_near_the_end(scores: np.ndarray, window: int) -> None:
    expected = []
    for place in range(len(scores)):
        first = max(min(place, len(scores) - window), 0)
        seen = scores[first : first + window]
        span = seen.max() - seen.min()
        expected.append((scores[place] - seen.min()) / span if span > 0 else 0.0)
    np.testing.assert_array_equal(normalise(scores, "window_ahead", window=window), expected)


def test_golden_values_of_both_windows() -> None:
    scores = np.array([2.0, 4.0, 1.0, 3.0, 5.0])
    # Ahead: {2 4 1}, {4 1 3}, {1 3 5}, and twice more the last three.
    assert normalise(scores, "window_ahead", window=3) == pytest.approx([1 / 3, 1, 0, 0.5, 1])
    # Back: {2}, {2 4}, {2 4 1}, {4 1 3}, {1 3 5}.
    assert normalise(scores, "window", window=3) == pytest.approx([0, 1, 0, 2 / 3, 1])
    assert normalise(scores, "window_ahead", window=99) == pytest.approx(normalise(scores, "clip"))


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("clp", {}, "did you mean 'clip'"),
        ("train", {"location": 1.0}, "location 1.0 and scale None"),
        ("train", {"location": 1.0, "scale": 0.0}, "scale above 0"),
        ("window", {}, "window None"),
        ("window", {"window": 0}, "1 or more"),
        ("window_ahead", {}, "'window_ahead' has window None"),
    ],
)
def test_bad_settings_are_named(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        normalise(np.arange(3.0), kind, **options)
