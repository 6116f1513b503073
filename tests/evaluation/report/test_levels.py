from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awry.evaluation.levels import evaluate_levels, with_levels
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.report.levels import (
    curves,
    event_rows,
    level_rows,
    shown_events,
    worst_normal_moments,
)
from awry.evaluation.scored_clip import Peak, ScoredClip
from awry.scoring.events import EventOptions

PICTURE = np.zeros((4, 6, 3), np.uint8)
MERGING = EventOptions(0.0, 0, 1)


def clip(name: str, peak: float) -> ScoredClip:
    """Twenty frames; an event in 5 to 9, whose highest score is in frame 7."""
    labels = np.repeat([0, 1, 0], [5, 5, 10]).astype(np.uint8)
    scores = np.where(labels == 1, peak - 1, 0.0)
    scores[7] = peak
    return ScoredClip(
        name, "yard", 10.0, scores, np.ones(20, bool), labels,
        event_peaks=[Peak(7, peak, 0.7, PICTURE)],
        normal_peaks=[Peak(12, peak / 2, 1.2, PICTURE)],
    )  # fmt: skip


CLIPS = [clip("high", 9.0), clip("low", 2.0), clip("lower", 1.5)]
ALARMS = {"high": [(6, 9), (11, 12)], "low": [], "lower": []}
LEVELS = evaluate_levels(CLIPS, ALARMS, "2/hour", MERGING)
THRESHOLDS: dict[str, Any] = {"high": 3.0, "low": 3.0, "lower": 3.0}


def test_missed_events_come_first_and_the_weakest_before_all() -> None:
    rows = event_rows(CLIPS, LEVELS, THRESHOLDS)
    assert [(row["clip"], row["found"]) for row in rows] == [
        ("lower", False),
        ("low", False),
        ("high", True),
    ]
    high = rows[-1]
    assert (high["first"], high["last"], high["peak_frame"], high["share"]) == (5, 9, 7, 3.0)
    assert (high["delay"], high["delay_s"]) == (1, pytest.approx(0.1))
    assert rows[0]["why"] == "never above the threshold"
    missed, found = (shown_events(rows, found=found) for found in (False, True))
    assert missed is not None
    assert missed["words"] == "2 of 3 were missed."
    assert [row["moment"]["id"] for row in missed["shown"]] == ["missed-1", "missed-2"]
    assert found is not None
    assert found["words"] == "1 of 3 was found."
    assert shown_events([], found=True) is None


def test_normal_frames_are_ranked_by_their_height_above_the_threshold() -> None:
    thresholds = {**THRESHOLDS, "low": 0.0}
    shown = worst_normal_moments(CLIPS, LEVELS, thresholds)
    assert [moment["score"] for moment in shown] == [4.5, 1.0, 0.75]
    assert [moment["alarm"] for moment in shown[1:]] == ["no alarm", "no alarm"]
    # Frames 11 and 12 are within a second of the event.
    assert shown[0]["alarm"] == "in an alarm that counts as right, 100 % of it in or beside events"


def test_figures_in_words() -> None:
    rows = {row["label"]: row for row in level_rows(with_levels(evaluate_frames(CLIPS), LEVELS))}
    assert rows["Alarm precision"]["value"] == "100.00"
    assert rows["Event recall"]["value"] == "33.33"
    assert rows["Event recall"]["remark"].startswith("1 of 3 true events found: an alarm began in")
    assert rows["Mean detection delay"]["value"] == "0.1 s"
    assert rows["False alarms an hour"]["value"] == "0"
    assert rows["False alarms an hour"]["remark"].endswith("; the budget was 2/hour")
    assert "RBDC" not in rows


def test_curves_need_frames_of_both_kinds() -> None:
    assert [heading for heading, *_ in curves(CLIPS, LEVELS)] == ["ROC, all frames"]
    normal = ScoredClip("n", "yard", None, np.zeros(3), np.ones(3, bool), np.zeros(3, np.uint8))
    assert curves([normal], {}) == []
