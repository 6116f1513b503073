"""What a new detector would have done."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.scoring.budget import Budget
from awry.video.memory import ArraySource
from awry.video.open import open_source
from awry.watch.trainer.trial import Trial, allowed_in, try_detector
from scorer_fakes import bright_detector, picture

BUDGET = Budget.parse("2/hour")


def clip(name: str, *alarms: int) -> Clip:
    """Sixty frames, with alarms of five from these on."""
    images = np.stack([picture(50)] * 60)
    for first in alarms:
        images[first : first + 5] = 200
    return Clip(name, lambda: ArraySource(images, fps=10.0))


def test_alarms_are_counted_but_for_what_was_left_out(tmp_path: Path) -> None:
    gone = Clip("gone", lambda: open_source(tmp_path / "gone.mp4"))
    clips = [clip("a", 10, 40), clip("b", 20), gone]
    found = try_detector(bright_detector(), clips, {"a": ((42, 50),)}, 10.0, BUDGET)
    assert (found.alarms, found.seconds) == (2, pytest.approx(12.0 - 0.9))
    assert found.allowed == pytest.approx(2 * 11.1 / 3600)
    assert len(found.failed) == 1


def test_frames_can_be_a_budgets_measure() -> None:
    assert allowed_in(Budget.parse("2/1000frames"), 50.0, 10.0) == 1.0


@pytest.mark.parametrize(
    ("seconds", "alarms", "said"),
    [
        (0, 0, "No footage was held back to try it on."),
        (90, 1, "On 1.5 minutes of footage that it never saw it would have given 1 alarm; its "
                "budget of 2/hour allows 0.05 in that time."),
        (7200, 3, "On 2 hours of footage that it never saw it would have given 3 alarms; "
                  "its budget of 2/hour allows 4 in that time."),
    ],
)  # fmt: skip
def test_it_is_said_in_a_sentence(seconds: float, alarms: int, said: str) -> None:
    trial = Trial(seconds, alarms, allowed_in(BUDGET, seconds, 10.0), BUDGET)
    assert trial.sentence == said
