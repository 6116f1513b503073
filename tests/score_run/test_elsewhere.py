"""What a worker does with a source."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.errors import AwryError, SourceError
from awry.score_run.elsewhere import SourceScorer, SourceTask, scored_here
from awry.score_run.kept import KeptSource, Said, Scores
from awry.score_run.options import ScoreOptions
from awry.video.files import VideoFile
from awry.video.open import list_sources
from awry.video.stretch import Stretch
from conftest import running_square, write_film


@pytest.fixture
def task(tmp_path: Path) -> SourceTask:
    (source,) = list_sources(write_film(tmp_path / "film.mp4", running_square(1)))
    return SourceTask("gate", source)


@pytest.fixture
def scorer(bundle: Path) -> SourceScorer:
    return SourceScorer({"": partial(awry.load, bundle)}, ScoreOptions())


def frames_of(data: bytes) -> list[int]:
    lines = [one for one in KeptSource("gate", data).lines() if isinstance(one, Scores)]
    return [score.index for line in lines for score in line.frames]


def test_a_source_and_a_piece_of_it(scorer: SourceScorer, task: SourceTask) -> None:
    assert frames_of(scorer(task)) == list(range(60))
    source = task.open()
    assert isinstance(source, VideoFile)
    times = np.array([frame.time_s for frame in source][12:30])
    piece = SourceTask("gate", task.source, stretch=Stretch(12, (14, 28), times))
    assert piece.core == (14, 28)
    assert frames_of(scorer(piece)) == list(range(14, 28))


def test_a_piece_with_anything_wrong_is_refused(scorer: SourceScorer, task: SourceTask) -> None:
    times = np.array([2.0, 2.1, 2.15])
    piece = SourceTask("gate", task.source, stretch=Stretch(20, (20, 23), times))
    with pytest.raises(SourceError, match=r"must be read as a whole.*Frame 22"):
        scorer(piece)


def test_in_this_process_a_stopped_source_is_not_given(
    bundle: Path, task: SourceTask, tmp_path: Path
) -> None:
    stop: list[bool] = []
    gone = SourceTask("gone", list_sources(write_film(tmp_path / "g.mp4", running_square(2)))[0])
    (tmp_path / "g.mp4").unlink()
    scorer = SourceScorer({"": partial(awry.load, bundle)}, ScoreOptions(), stop)
    found = {}
    for done, answer in scored_here(scorer, [gone, task, task], stop, lambda: False):
        found[done.name] = answer
        if done is task:
            stop.append(True)
    assert isinstance(found["gone"], AwryError)
    assert isinstance(found["gate"], bytes)


def test_a_place_that_a_worker_cannot_write_is_listed_and_the_rest_is_scored(
    bundle: Path, task: SourceTask, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    options = ScoreOptions(maps=tmp_path / "file" / "maps")
    data = SourceScorer({"": partial(awry.load, bundle)}, options)(task)
    said = [line for line in KeptSource("gate", data).lines() if isinstance(line, Said)]
    assert frames_of(data) == list(range(60))
    assert len(said[0].failed[""]) == 1
    assert "Cannot write" in said[0].failed[""][0]
