"""What becomes of scores, wherever they were computed."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.frames import FrameScore, Region
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs
from awry.score_run.score_side import ScoreSide


@pytest.fixture
def outputs(bundle: Path) -> Outputs:
    return Outputs(awry.load(bundle, threshold=1.5), ScoreOptions())


def test_scores_become_a_result_an_alarm_and_arrays(outputs: Outputs) -> None:
    side = ScoreSide(outputs, "gate", None)
    for index, score in enumerate([None, 1.0, 3.0, *[2.0] * 20, 1.0]):
        region = Region((0, 0, 9, 9), score or 0.0)
        side.add(FrameScore(index, index / 10, score, regions=(region,)), (48, 72), None)
    assert outputs.results == []
    side.finish(10.0)
    (result,) = outputs.results
    assert (result.frames, result.scored, result.peak, result.score) == (24, 23, 2, 3.0)
    clip = outputs.clips["gate"]
    assert clip.filled.tolist() == [1.0, 1.0, 3.0, *[2.0] * 20, 1.0]
    assert [alarm.peak for alarm in clip.alarms] == [2]
    assert "Upper left" in clip.alarms[0].reason


def test_without_a_frame_there_is_no_result(outputs: Outputs) -> None:
    ScoreSide(outputs, "gate", None).finish(None)
    assert outputs.results == []
    assert outputs.clips == {}
