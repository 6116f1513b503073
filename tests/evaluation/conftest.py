"""Scores and labels in files, and runs' figures as they stand on disk."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from support import CLIP_LABELS, CLIP_SCORES


@pytest.fixture
def score_folder(tmp_path: Path) -> Path:
    """A folder with `scores` and `labels`, an array for each clip."""
    for kind, values in (("scores", CLIP_SCORES), ("labels", CLIP_LABELS)):
        (tmp_path / kind).mkdir()
        for name, series in values.items():
            np.save(tmp_path / kind / f"{name}.npy", series)
    return tmp_path


@pytest.fixture
def put_metrics(tmp_path: Path) -> Callable[[str, dict[str, Any]], Path]:
    """Writes a run's figures under a name."""

    def write(name: str, metrics: dict[str, Any]) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(metrics))
        return path

    return write
