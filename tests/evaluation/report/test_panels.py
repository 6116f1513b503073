from __future__ import annotations

from pathlib import Path

import pytest

from awry.evaluation.report.panels import Axis, Line, auc_limits, shown_names, write_panels


def test_an_axis_holds_chance_and_every_value() -> None:
    assert auc_limits([0.9, None, 0.7]) == (0.45, 1.02)
    assert auc_limits([0.3]) == (pytest.approx(0.27), 1.02)
    assert auc_limits([0.01, None]) == (0.0, 1.02)


def test_a_score_that_is_one_of_its_parts_is_drawn_once() -> None:
    same = [{"score": 0.9, "latent": 0.9, "motion": 0.8}, {"score": 0.5, "latent": 0.5}]
    assert shown_names(same) == {"latent": "latent (the score)", "motion": "motion"}
    other = [{"score": 0.9, "latent": 0.9}, {"score": 0.5, "latent": 0.6}]
    assert shown_names(other) == {"score": "score", "latent": "latent"}


def test_panels_are_written_alike_every_time(tmp_path: Path) -> None:
    lines = [Line("motion", [0, 1, 2], [0.9, None, 0.7], [0.8, None, 0.6], [1.0, None, 0.8])]
    axis = Axis("severity", "AUC", [0, 1, 2], {0: "clean"}, level=(0.5, "chance"))
    panels = {"gaussian_noise": lines, "fog": lines, "rain": lines}
    files = [
        write_panels(tmp_path / name / "panels", "Spoiled", panels, axis) for name in ("a", "b")
    ]
    assert files[0] == [str(tmp_path / "a" / f"panels.{kind}") for kind in ("png", "svg")]
    svg = Path(files[0][1]).read_text()
    for word in ("Spoiled", "gaussian noise", "fog", "clean", "severity", "motion", "chance"):
        assert f">{word}</text>" in svg
    assert svg == Path(files[1][1]).read_text()
    assert Path(files[0][0]).read_bytes() == Path(files[1][0]).read_bytes()
