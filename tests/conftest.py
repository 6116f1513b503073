"""What several tests need."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; a test that asks for it is skipped where it is not there."""
    places = [os.environ.get("AWRY_SHARED"), str(ROOT.parent / "shared")]
    for place in places:
        if place and (Path(place) / "data").is_dir():
            return Path(place)
    pytest.skip("needs the shared data folder ($AWRY_SHARED or ../shared)")
