"""The paper's and the published code's own networks, from footage to scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awry.detector import Detector
from awry.fitting import FitOptions
from awry.fitting.detector import fit_detector
from awry.methods.daml import DAML
from support import moving_square_data


@pytest.mark.slow
@pytest.mark.parametrize(
    ("preset", "variant", "fewer"),
    [
        ("paper", "ped2", {}),
        ("paper-code", "avenue", {}),
        ("paper-code", "digits", {"windows": 8}),  # instead of 100 a step
    ],
)
def test_the_papers_networks_go_all_the_way(
    preset: str, variant: str, fewer: dict[str, int], tmp_path: Path
) -> None:
    few = {"height": 32, "width": 64, "first_epochs": 1, "second_epochs": 1, "steps": 1, **fewer}
    data = replace(moving_square_data(clips=1, length=40), variant=variant)
    detector = fit_detector("daml", data, tmp_path / "b", FitOptions(preset=preset, changes=few))
    detector.save(tmp_path / "b")
    again = Detector.load(tmp_path / "b")
    config = again.models["*"].config
    chosen = {*few, "grey"}
    own = DAML.configure(preset, variant=variant)
    assert config.model_dump(exclude=chosen) == own.model_dump(exclude=chosen)
    frames = list(data.test[0].open())[: own.window + 3]  # type: ignore[attr-defined]
    scores = [one.score for one in again.scorer(fps=10.0).score(frames)]
    assert scores[: own.window - 1] == [None] * (own.window - 1)  # type: ignore[attr-defined]
    known = np.array(scores[own.window - 1 :], float)  # type: ignore[attr-defined]
    assert len(known) == 4
    assert np.isfinite(known).all()
    assert (known > 0).all()
    assert scores == [one.score for one in detector.scorer(fps=10.0).score(frames)]
