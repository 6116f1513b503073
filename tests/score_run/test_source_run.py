"""One source's way through all detectors."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry
from awry.errors import SourceError
from awry.progress import NO_FIGURES, Silent
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs
from awry.score_run.source_run import SourceRun, scoring
from awry.score_run.tolerant import TolerantSource
from awry.video.memory import ArraySource


class Counting(Silent):
    def __init__(self) -> None:
        self.titles: list[str] = []

    def advance(self, figures=NO_FIGURES, title: str = "") -> None:
        self.titles.append(title)


@pytest.fixture
def every(bundle: Path) -> dict[str, Outputs]:
    detector = awry.load(bundle)
    return {title: Outputs(detector, ScoreOptions()) for title in ("", "again")}


def test_two_detectors_see_the_same_frames_of_one_reading(every, clip_images) -> None:
    reporter = Counting()
    source = TolerantSource(ArraySource(clip_images(1)[:6], 10, "gate"), [])
    steps = list(SourceRun("gate", source, every, None, reporter).steps())
    assert steps.count(True) == 6
    assert reporter.titles == [scoring("gate")] * 6 == ["scoring gate"] * 6
    first, again = (outputs.clips["gate"] for outputs in every.values())
    np.testing.assert_array_equal(first.scores, again.scores)
    assert len(first) == 6
    assert [outputs.failed for outputs in every.values()] == [[], []]


def test_a_source_without_a_frame(every) -> None:
    empty = TolerantSource(ArraySource(np.zeros((0, 48, 72, 3), np.uint8), 10, "gate"), [])
    with pytest.raises(SourceError, match="It gave no frame"):
        list(SourceRun("gate", empty, every, None, Silent()).steps())


def test_what_a_person_should_know_is_noted(every, clip_images) -> None:
    source = TolerantSource(ArraySource(clip_images(1)[:1], None, "gate"), [])
    list(SourceRun("gate", source, every, None, Silent()).steps())
    for outputs in every.values():
        assert any("frames per second are unknown" in note for note in outputs.notes)
