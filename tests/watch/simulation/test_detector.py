from __future__ import annotations

from pathlib import Path

import numpy as np

from awry.frames import Frame
from awry.methods.base import Setting
from awry.scoring.calibration import POOLED
from awry.watch.keeper.thresholds import read_facts
from awry.watch.simulation.detector import ODD, PATCH, SIZE, THRESHOLD, open_detector, write_bundle


def test_the_patch_alone_makes_the_score(tmp_path: Path) -> None:
    scorer = open_detector(tmp_path).models[POOLED].scorer(Setting(frame_size=SIZE))
    picture = np.zeros((*SIZE, 3), np.uint8)
    picture[PATCH] = round(ODD)
    (found,) = scorer.push(Frame(0, 0.0, picture))
    assert found.score == ODD > THRESHOLD


def test_the_keeper_reads_the_bundle(tmp_path: Path) -> None:
    facts = read_facts(write_bundle(tmp_path / "bundle", 2.0))
    assert (facts.rate, facts.scene(None).threshold) == (2.0, THRESHOLD)
