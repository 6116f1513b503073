"""Products of matrices."""

from __future__ import annotations

import numpy as np
import pytest

from awry.methods.attributes.products import product


@pytest.mark.parametrize(
    ("left", "right", "wider"),
    [("f4", "f4", "f4"), ("f8", "f4", "f8"), ("f4", "f8", "f8"), ("f8", "f8", "f8")],
)
def test_as_numpy_multiplies(left: str, right: str, wider: str) -> None:
    generator = np.random.default_rng(0)
    one = generator.normal(size=(5, 7)).astype(left)
    other = generator.normal(size=(3, 7)).astype(right)
    found = product(one, other.T)
    assert found.dtype == wider
    np.testing.assert_allclose(found, one @ other.T, rtol=1e-5)


def test_arrays_that_cannot_be_written_and_none_at_all() -> None:
    eye = np.eye(3)
    eye.flags.writeable = False
    assert product(eye, eye[::-1]).tolist() == np.eye(3)[::-1].tolist()
    assert product(np.empty((0, 3)), eye).shape == (0, 3)
