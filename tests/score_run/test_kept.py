"""Scores as bytes, and back."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.errors import InputError
from awry.frames import FrameScore, Region
from awry.progress import Silent
from awry.score_run.kept import KeptOutputs, KeptSource, Recorder, Scores, replay
from awry.score_run.options import ScoreOptions
from awry.score_run.outputs import Outputs

REGIONS = (Region((0.1, 2.0, 3.0, 4.0), 1 / 3, {"latent": np.float32(0.1)}, "person"),)
SCORES = [
    FrameScore(
        n, n / 7, None if n < 2 else n / 3, {"p": n / 3}, np.ones((2, 2), np.float32), REGIONS
    )
    for n in range(600)
]


def kept(pieces: int = 1) -> list[KeptSource]:
    found = []
    for part in range(pieces):
        recorder = Recorder()
        recorder.begin((48, 72), datetime(2026, 11, 28, tzinfo=UTC))
        for score in SCORES[part::pieces] if pieces == 1 else SCORES[part * 300 : part * 300 + 300]:
            recorder.add("", score)
        notes = {"": ["before", None, "after"] if part == 0 else [None]}
        found.append(KeptSource("gate", recorder.end(7.0, notes, {"": []}, [])))
    return found


@pytest.fixture
def outputs(bundle: Path) -> Outputs:
    return Outputs(awry.load(bundle, threshold=1e9), ScoreOptions())


@pytest.mark.parametrize("pieces", [1, 2])
def test_everything_comes_back_as_it_was(outputs: Outputs, pieces: int) -> None:
    pauses = list(replay(kept(pieces), {"": outputs}, Silent()))
    assert len(pauses) > 2
    clip = outputs.clips["gate"]
    assert clip.fps == 7.0
    assert clip.frames.tolist() == list(range(600))
    assert clip.times.tolist() == [score.time_s for score in SCORES]
    assert clip.scores[2:].tolist() == [score.score for score in SCORES[2:]]
    assert clip.parts["p"].tolist() == [score.parts["p"] for score in SCORES]
    assert clip.regions[7] == REGIONS
    assert outputs.notes == ["before", "after"]


def test_damage_is_noticed() -> None:
    (source,) = kept()
    assert source.whole()
    data = source.data
    for bad in (b"", b"no", data[:-9], data[:100] + b"\0" + data[101:]):
        assert not KeptSource("gate", bad).whole()
    with pytest.raises(InputError, match=r"Cannot read gate as kept scores.*Score it anew"):
        list(KeptSource("gate", data[:-9]).lines())


def test_frames_around_a_piece_are_left_out(bundle: Path) -> None:
    recorder = Recorder()
    outputs = KeptOutputs(awry.load(bundle), ScoreOptions(), "", recorder, core=(2, 4))
    side = outputs.side("gate", None)
    for score in SCORES[:6]:
        side.add(score, (48, 72), None)
    outputs.remark(side.result)
    source = KeptSource("gate", recorder.end(None, {"": outputs.notes}, {"": []}, []))
    scores = [line for line in source.lines() if isinstance(line, Scores)]
    assert [score.index for line in scores for score in line.frames] == [2, 3]
    assert outputs.notes == [None]
