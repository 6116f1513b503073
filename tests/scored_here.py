"""A site with an API whose cameras have scores, and a calibration that knows other budgets."""

from __future__ import annotations

import numpy as np

from awry.scoring.calibration import POOLED, Budget, CalibrationClip, calibrate
from awry.scoring.events import EventOptions
from awry.watch.keeper.thresholds import to_json
from awry.watch.messages import Scored
from awry.watch.store.models import CalibrationRow
from awry.watch.store.scores import add_scores
from web_site import NOW, Here

OPTIONS = EventOptions(hysteresis=0.1, merge_gap=2, min_length=2)
BEGIN = NOW - 3600.0


def usual(chance: np.random.Generator, count: int) -> np.ndarray:
    """Scores that hang together, as those of a camera do."""
    return np.convolve(np.abs(chance.normal(size=count + 4)), np.ones(5) / 5, "valid")


def score(
    here: Here, bundle: str = "bundles/a", threshold: float = 2.0, factor: float = 1.0
) -> None:
    """Ten minutes of the door's scores by a detector, with five high places of 1.5 to 3.5."""
    chance = np.random.default_rng(1)
    clip = CalibrationClip("a", POOLED, usual(chance, 4000), 10.0)
    scene = calibrate([clip], Budget.parse("2/day"), OPTIONS).scene(POOLED)
    values = usual(chance, 6000)
    for place, height in enumerate((1.5, 2.0, 2.5, 3.0, 3.5)):
        values[1000 * place + 500 : 1000 * place + 520] = height
    with here.database.writing() as session:
        row = session.get(CalibrationRow, ("door", bundle, "day"))
        if row is None:
            row = CalibrationRow(camera="door", bundle=bundle, light="day", at=NOW)
            session.add(row)
        row.threshold, row.normal = threshold, scene.location
        row.facts = {"scene": to_json(scene, OPTIONS), "rate": 10.0}
        add_scores(
            session,
            [
                Scored("door", BEGIN + step / 10, "t", step, bundle, float(value))
                for step, value in enumerate(values)
            ],
        )
