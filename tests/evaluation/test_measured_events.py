from __future__ import annotations

from pathlib import Path
from typing import Any

import awry
from support import CLIP_LABELS, CLIP_SCORES, figures_alone


def test_events_of_arrays_and_of_files_are_the_same(score_folder: Path) -> None:
    choices: dict[str, Any] = {"threshold": 2.0, "fps": 10.0}
    files = awry.measure.event(score_folder / "labels", score_folder / "scores", **choices)
    arrays = awry.measure.event(CLIP_LABELS, CLIP_SCORES, **choices)
    assert figures_alone(arrays) == figures_alone(files)
    assert (arrays.threshold, arrays.metrics["n_events"]) == (2.0, 6)
    again = awry.measure.event(CLIP_LABELS, alarms=arrays.alarms, fps=10.0)
    for name in ("precision", "recall", "f1", "n_alarms", "intervals"):
        assert again.metrics[name] == arrays.metrics[name]
    assert (again.precision, again.recall, again.f1) == (
        arrays.precision,
        arrays.recall,
        arrays.f1,
    )
    assert len(arrays.rows()) == arrays.metrics["n_alarms"]
    assert arrays.save(score_folder / "report") == score_folder / "report"
    assert (score_folder / "report" / "report.html").is_file()
    assert next(text.get_text() for text in again.plot().get_yticklabels()) == "precision"
