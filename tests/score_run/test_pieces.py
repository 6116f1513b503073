"""Which files are cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.detector import Detector
from awry.methods.flow import FlowScorer
from awry.score_run.elsewhere import SourceTask
from awry.score_run.options import ScoreOptions
from awry.score_run.pieces import pieces_of
from awry.video.open import list_sources
from conftest import running_square, write_film

SECONDS = 3 / 60


@pytest.fixture
def every(bundle: Path) -> dict[str, Detector]:
    return {"": awry.load(bundle)}


@pytest.fixture
def task(tmp_path: Path) -> SourceTask:
    images = np.concatenate([running_square(seed) for seed in range(2)])
    (source,) = list_sources(write_film(tmp_path / "film.mp4", images))
    return SourceTask("gate", source)


def test_pieces_are_the_whole_and_begin_after_what_a_scorer_needs(
    task: SourceTask, every: dict[str, Detector]
) -> None:
    pieces = pieces_of(task, every, ScoreOptions(), SECONDS)
    assert [piece.core for piece in pieces] == [(0, 37), (37, 73), (73, 120)]
    assert [piece.stretch.first for piece in pieces if piece.stretch] == [0, 36, 72]
    assert {piece.name for piece in pieces} == {"gate"}


def test_what_is_one_file_or_short_or_not_wanted_is_whole(
    task: SourceTask, every: dict[str, Detector], tmp_path: Path
) -> None:
    assert pieces_of(task, every, ScoreOptions(maps=tmp_path), SECONDS) == [task]
    filmed = replace(task, overlay=tmp_path / "look.mp4")
    assert pieces_of(filmed, every, ScoreOptions(), SECONDS) == [filmed]
    assert pieces_of(task, every, ScoreOptions(), 10) == [task]
    assert pieces_of(task, every, ScoreOptions(), 0) == [task]
    Path(task.source.where).unlink()
    assert pieces_of(task, every, ScoreOptions(), SECONDS) == [task]


def test_a_state_that_reaches_back_for_ever_is_not_cut(
    task: SourceTask, every: dict[str, Detector], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(FlowScorer, "reach", None)
    assert pieces_of(task, every, ScoreOptions(), SECONDS) == [task]
