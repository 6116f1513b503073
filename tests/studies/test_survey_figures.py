"""Every figure of a survey has its place in what an evaluation gives."""

from __future__ import annotations

from pathlib import Path

import awry as library
from awry.studies.survey_figures import FIGURES, figures_of, references_of


def test_figures_and_intervals_by_name(bundle: Path, shared_data: Path) -> None:
    result = library.evaluate(bundle, shared_data, fps=10)
    values = figures_of(result)
    assert values["figures"].keys() == values["intervals"].keys() == FIGURES.keys()
    assert values["figures"]["ap"] == result.ap
    assert values["intervals"]["ap"] == result.metrics["intervals"]["frame_figures"]["ap"]
    assert (values["smoothing_inside"], values["lookahead_frames"]) == ("none", 0)
    assert values["ms_per_frame"] > 0
    assert references_of(result)["triangle"].keys() == {"micro", "macro", "ap"}
