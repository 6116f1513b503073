"""The survey's tables, one a scene."""

from __future__ import annotations

from pathlib import Path

from awry.cli.survey import show_survey
from awry.studies.survey import SurveyCell, SurveyResult


def test_one_table_a_scene_with_means_and_deviations(capsys) -> None:
    runs = {
        seed: {"figures": {"micro": value}, "fit_seconds": 90.0, "ms_per_frame": 12.4}
        for seed, value in enumerate((0.5, 0.7))
    }
    cells = (SurveyCell("flow", "yard", runs), SurveyCell("knn", "hall", {}))
    references = {"yard": {"triangle": {"micro": 0.6, "macro": None}}}
    show_survey(SurveyResult({}, (0, 1), cells, references, ()))
    said = " ".join(capsys.readouterr().out.split())
    assert said.index("yard") < said.index("60.0 ± 14.1") < said.index("hall")
    for words in ("1.5 min", "12", "triangle", "over 2 seeds"):
        assert words in said


def test_a_scene_that_is_no_pair_is_refused(awry, tmp_path: Path) -> None:
    said = awry("survey", "flow", "--scenes", "yard", "--out", tmp_path / "o")
    assert said.code == 2
    assert "yard" in said.err
