"""A sifted data set."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def merged_run(awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data set's two parts, sifted; tests only read it."""
    out = tmp_path_factory.mktemp("sift") / "run"
    words = ("--data", shared_data, "--merged", "--preset", "tiny", "--fps", 10, "--json")
    said = awry("sift", *words, "--out", out)
    assert said.code == 0, said.err
    assert said.json["frames"] == 5 * 60
    return out
