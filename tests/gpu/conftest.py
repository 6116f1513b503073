"""Tests that need a card. They run by themselves where there is one; elsewhere one line is skipped.

`AWRY_TEST_DEVICE` names another device: with `cpu` the tests' own code is tried without a card.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awry.device_list import available
from awry.devices import Compute, chosen

HERE = Path(__file__).parent
ASKED = os.environ.get("AWRY_TEST_DEVICE")
THERE = bool(ASKED) or available()[0].startswith("cuda")

collect_ignore = [] if THERE else ["test_methods.py"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.gpu)
            # PyTorch says so where an operation of a card has no deterministic form.
            item.add_marker(pytest.mark.filterwarnings("ignore:.*deterministic.*:UserWarning"))


@pytest.fixture(scope="session")
def card() -> Compute:
    """The device that is tested, in full precision."""
    if not THERE:
        pytest.skip("needs a CUDA card (or AWRY_TEST_DEVICE)")
    return chosen(ASKED or "cuda", "32")
