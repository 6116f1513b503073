"""One detector's way through one source."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry
from awry.frames import Event
from awry.progress import Silent
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs
from awry.score_run.stream import Step, Stream
from awry.score_run.tolerant import TolerantSource
from awry.video.memory import ArraySource


class Alarms(Silent):
    def __init__(self) -> None:
        self.told: list[tuple[int, bool]] = []

    def alarm(self, event: Event, *, over: bool) -> None:
        self.told.append((event.first, over))


@pytest.fixture
def outputs(bundle: Path, tmp_path: Path) -> Outputs:
    return Outputs(awry.load(bundle, threshold=-1.0), ScoreOptions(maps=tmp_path / "maps"))


def stream(outputs: Outputs, images: np.ndarray, reporter: Silent | None = None) -> Stream:
    source = TolerantSource(ArraySource(images, 10, "gate"), [])
    return Stream(outputs, "gate", source, source, None, reporter)


def test_a_frame_at_a_step_and_an_alarm_as_it_begins(outputs: Outputs, clip_images) -> None:
    reporter = Alarms()
    way = stream(outputs, clip_images(1)[:8], reporter)
    steps = []
    while (step := way.step()) is not Step.ENDED:
        steps.append(step)
    assert steps == [Step.SCORED] * 8
    assert len(reporter.told) == 1
    assert outputs.results == []
    way.finish()
    # Every score is above -1: one alarm, told when it began and when it was over.
    first = reporter.told[0][0]
    assert reporter.told == [(first, False), (first, True)]
    (result,) = outputs.results
    assert (result.frames, result.alarms, result.timed) == (8, 1, True)
    scores = outputs.clips["gate"].scores
    assert (result.score, result.peak) == (np.nanmax(scores), np.nanargmax(scores))


def test_nothing_more_is_kept_once_it_is_let_go(outputs: Outputs, clip_images) -> None:
    way = stream(outputs, clip_images(1)[:8])
    assert way.step() is Step.SCORED
    way.let_go()
    assert way.step() is Step.ENDED
    way.leave()
