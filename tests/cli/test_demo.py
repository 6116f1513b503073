"""What `awry demo` prints."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.cli.demo import show_demo
from awry.studies import demo
from awry.studies.demo import KINDS


def test_a_result_shows_and_draws_itself(capsys: pytest.CaptureFixture[str]) -> None:
    figures = dict.fromkeys((*KINDS, "all"), 0.5)
    intervals = dict.fromkeys(figures, (0.4, 0.6))
    names = ("knn", "flow", "constant")
    result = demo.DemoResult(
        "knn",
        figures | {"all": 0.875},
        dict.fromkeys(names[1:], figures),
        dict.fromkeys(names, intervals),
        12.0,
        *(Path(name) for name in ("report.html", "overlay.mp4", "bundle")),
    )
    assert [row["scores"] for row in result.rows()] == list(names)
    assert len(result.plot().patches) == len(names) * len(figures)
    assert result.cards()[-1] == ("knn, all", "87.5", "95 %: 40-60")
    show_demo(result)
    said = capsys.readouterr().out
    for text in ("KNN", "87.5", "40 to 60", "overlay: overlay.mp4", "12 s in all"):
        assert text in said
