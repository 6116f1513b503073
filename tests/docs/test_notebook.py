"""docs/notebook.py runs from its first cell to its last, and shows what it says."""

from __future__ import annotations

import runpy
from pathlib import Path

import numpy as np
import pytest

NOTEBOOK = Path(__file__).resolve().parents[2] / "docs" / "notebook.py"


def test_the_notebook_goes_from_footage_to_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    names = runpy.run_path(str(NOTEBOOK))
    said = capsys.readouterr().out
    assert "did you mean 'budget'" in said
    assert "moves faster than in normal footage" in said
    clip, result = names["clip"], names["result"]
    assert clip.maps.shape[0] == len(clip.scores) == len(names["images"])
    assert clip.peak in range(30, 45)
    assert result.micro_auc > 0.9
    np.testing.assert_array_equal(names["scored"].clips["clip"].scores, clip.scores)
    for made in ("scores.png", "scores.csv", "roc.png", "result/report.html"):
        assert (names["folder"] / made).stat().st_size > 0
