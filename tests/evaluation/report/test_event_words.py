from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awry.evaluation.metrics.event_matching import Outcome
from awry.evaluation.report.event_words import faults, whole_per_cent, why_missed


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({}, "1 of 8 events missed"),
        ({"normal_share_in_alarm": 0.79}, "79 % of normal time in alarm"),
        ({"precision": 0.2, "false_alarms": 4}, "4 of 5 alarms false, 7.5 an hour"),
        ({"n_found": 0, "recall": 0.0, "precision": None, "n_alarms": 0}, "8 of 8 events missed"),
        ({"recall": None, "n_told": 0, "n_found": 0}, "2 % of normal time in alarm"),
        ({"recall": None, "precision": None, "normal_share_in_alarm": None}, None),
        (
            {"normal_share_in_alarm": 1.0, "recall": 0.0, "precision": 0.0},
            "100 % of normal time in alarm",
        ),
    ],
)
def test_the_worst_is_named(change: dict[str, Any], sentence: str | None) -> None:
    row = {"normal_share_in_alarm": 0.02, "recall": 7 / 8, "precision": 1.0, "n_told": 8}
    row |= {"n_found": 7, "n_alarms": 5, "false_alarms": 0, "false_alarms_per_hour": 7.5} | change
    found = faults(row)
    assert (found[0].sentence if found else None) == sentence


def test_per_cent_neither_hides_nor_invents() -> None:
    shares = (0.0, 0.0001, 0.5, 0.9999, 1.0, None)
    assert [whole_per_cent(share) for share in shares] == ["0", "1", "50", "99", "100", "-"]


@pytest.mark.parametrize(
    ("outcome", "scores", "why"),
    [
        ("no_alarm", [0.1, 0.2], "never above the threshold"),
        (
            "no_alarm",
            [0.1, 1.01, 0.2],
            "above the threshold in 1 frame alone; an alarm has at least 3",
        ),
        ("no_alarm", [1.1] * 4, "above the threshold in 4 frames alone"),
        ("already_on", [9.0], "the alarm was on before it began"),
        ("never_off", [9.0], "the alarm is never off in this clip"),
        ("counted_elsewhere", [9.0], "its alarm counts for another event"),
    ],
)
def test_why_an_event_was_missed(outcome: Outcome, scores: list[float], why: str) -> None:
    assert why_missed(outcome, np.array(scores), 1.0, 3) == why
    assert why_missed("no_alarm", np.array(scores), None, None) == "no alarm in it"
