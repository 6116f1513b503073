from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from awry.fitting import fit_detector
from support import moving_square

from .conftest import options, training_data


def test_where_nothing_is_held_back_that_can_be_scored_a_note_says_so(tmp_path: Path) -> None:
    clips = [moving_square(60, seed) for seed in range(8)]
    clips += [np.repeat(moving_square(1, seed), 60, 0) for seed in range(2)]
    for one in clips[:8]:
        one[48:] = one[48]  # nothing moves in the end that is held back
    detector = fit_detector("ssmtl", training_data(clips), tmp_path / "b", options(level="object"))
    assert any("measured on the training frames" in n for n in detector.facts.data.notes)
    model: Any = detector.models["*"].model  # type: ignore[attr-defined]
    assert float(model.stream("object").object_side) > 5
