"""Scores and labels on disk, as people have them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support import SERIES, TRUTH


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """The same scores and labels, as arrays and as tables."""
    for kind, values in (("scores", SERIES), ("labels", TRUTH)):
        (tmp_path / kind).mkdir()
        rows = []
        for name, series in values.items():
            np.save(tmp_path / kind / f"{name}.npy", series)
            rows += [f"{name},{frame},{value!r}" for frame, value in enumerate(series.tolist())]
        table = tmp_path / f"{kind}.csv"
        table.write_text("\n".join([f"clip,frame,{kind[:-1]}", *rows]))
    return {path.name: path for path in tmp_path.iterdir()}
