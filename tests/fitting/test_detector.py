"""From footage to a detector."""

from __future__ import annotations

from pathlib import Path

import awry
from awry.datasets import open_dataset
from awry.fitting.detector import open_footage
from awry.fitting.options import FitOptions
from awry.progress import Silent


def test_facts_of_a_fit(bundle: Path) -> None:
    facts = awry.load(bundle).facts
    assert (facts.preset, facts.seed, facts.data.fps, facts.data.every) == ("tiny", 0, 10, 1)
    frames = {
        part: sum(after - first for _, first, after in spans)
        for part, spans in facts.data.parts.items()
    }
    assert frames == {"train": 144, "validation": 18, "calibration": 18}  # of 3 x 60
    assert facts.versions["awry"] == awry.__version__


def test_footage_is_thinned_and_blackened_as_the_options_say(
    shared_data: Path, tmp_path: Path
) -> None:
    options = FitOptions(every=2, ignore=("rows:0-3",), validation=0.25, calibration=0.25)
    footage = open_footage(open_dataset(shared_data), tmp_path, options, Silent())
    list(footage.runs("train", (48, 72), grey=False))  # reads it
    frames = {part: sum(s.last - s.first for s in spans) for part, spans in footage.parts.items()}
    assert sum(frames.values()) == 90
    assert frames["train"] == 45
    frame = next(iter(footage.open(footage.clip_named("day0"))))
    assert frame.image[:4].max() == 0 < frame.image[4:].min()
