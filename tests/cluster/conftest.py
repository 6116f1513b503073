"""A Ray of two workers, started once for a file of tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from awry.cluster import Pool


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(2, retries=1) as opened:
        yield opened
