from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.frame import micro_auc
from awry.scoring.smoothing import KINDS, CausalSmoother, smooth

ALL = [
    ("none", {}),
    ("gaussian", {}),
    ("gaussian", {"sigma": 0.7}),
    ("savgol", {}),
    ("savgol", {"window": 9, "order": 2}),
    ("median", {}),
    ("median", {"window": 5}),
    ("causal", {}),
    ("causal", {"sigma": 3.3, "kernel": "exponential"}),
]
finite = st.floats(-1e9, 1e9, allow_nan=False, width=64)


def test_every_kind_is_tested() -> None:
    assert {kind for kind, _ in ALL} == set(KINDS)


@pytest.mark.parametrize(("kind", "options"), ALL)
@settings(max_examples=40, deadline=None)
@given(value=finite, length=st.integers(1, 90))
def test_a_constant_comes_out_bit_identical(
    kind: str, options: dict[str, Any], value: float, length: int
) -> None:
    series = np.full(length, value)
    assert np.array_equal(smooth(series, kind, **options), series)


@pytest.mark.parametrize(("kind", "options"), ALL)
def test_smoothing_leaves_the_content_free_auc_at_one_half(
    kind: str, options: dict[str, Any]
) -> None:
    lengths = [180, 150, 120, 31, 1]
    labels = [np.arange(n) > n // 3 for n in lengths]
    scores = [smooth(np.full(n, 0.1), kind, **options) for n in lengths]
    assert micro_auc(scores, labels) == 0.5


@pytest.mark.parametrize(("kind", "options"), ALL)
def test_edges_are_not_pulled_to_zero(kind: str, options: dict[str, Any]) -> None:
    series = np.linspace(100.0, 101.0, 60)
    assert smooth(series, kind, **options).min() > 99.5


def test_a_gaussian_is_what_its_formula_says() -> None:
    series = np.zeros(101)
    series[50] = 1.0
    ages = np.arange(-32, 33)
    weights = np.exp(-0.5 * (ages / 8.0) ** 2)
    expected = np.zeros(101)
    expected[18:83] = weights / weights.sum()
    np.testing.assert_allclose(smooth(series, "gaussian"), expected, atol=1e-12)


@pytest.mark.parametrize("kernel", ["gaussian", "exponential"])
def test_causal_smoothing_knows_no_future(kernel: str) -> None:
    series = np.random.default_rng(0).normal(size=80)
    whole = smooth(series, "causal", kernel=kernel)
    changed = series.copy()
    changed[50:] += 10.0
    assert np.array_equal(smooth(changed, "causal", kernel=kernel)[:50], whole[:50])
    assert np.ptp(np.diff(whole)) < np.ptp(np.diff(series)) / 3


def test_the_half_gaussian_is_what_its_formula_says() -> None:
    series = np.random.default_rng(1).normal(size=70)
    padded = np.concatenate([np.full(32, series[0]), series])
    weights = np.exp(-0.5 * (np.arange(32, -1, -1) / 8.0) ** 2)
    expected = [padded[i : i + 33] @ weights / weights.sum() for i in range(70)]
    np.testing.assert_allclose(smooth(series, "causal"), expected, rtol=1e-12)


@pytest.mark.parametrize("kernel", ["gaussian", "exponential"])
@settings(max_examples=40, deadline=None)
@given(series=hnp.arrays(np.float64, st.integers(1, 60), elements=finite))
def test_streaming_equals_the_whole_clip(kernel: Any, series: np.ndarray) -> None:
    smoother = CausalSmoother(4.0, kernel)
    pushed = [smoother.push(value) for value in series]
    assert np.array_equal(pushed, smooth(series, "causal", sigma=4.0, kernel=kernel))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_nan_is_refused_and_named(bad: float) -> None:
    with pytest.raises(InputError, match="frame 1 is"):
        smooth(np.array([0.0, bad]), "gaussian")
    with pytest.raises(InputError, match="finite"):
        CausalSmoother().push(bad)


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("gausian", {}, "did you mean 'gaussian'"),
        ("gaussian", {"window": 3}, "no option 'window'"),
        ("gaussian", {"sigma": 0.0}, "sigma is 0.0"),
        ("median", {"window": 4}, "odd"),
        ("savgol", {"window": 5, "order": 5}, "order is 5"),
        ("causal", {"kernel": "box"}, "causal kernel 'box'"),
    ],
)
def test_bad_settings_are_named(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        smooth(np.zeros(9), kind, **options)
    assert smooth(np.zeros(0), "gaussian").shape == (0,)


def test_a_table_of_scores_is_refused() -> None:
    with pytest.raises(InputError, match=r"\(2, 2\)"):
        smooth(np.zeros((2, 2)), "none")
