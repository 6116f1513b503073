"""Synthetic anomalies are asked about frame by frame, and weights are told in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from awry.frames import Frame
from awry.methods.composed import EACH, OBJECTS, ScoredCompositions, with_weights
from awry.methods.windowed import Origin
from awry.training.footage import Footage
from awry.training.split import Split
from awry.training.synthetic import CONTROL
from awry.video.cache import FrameCache
from support import moving_square_data


@dataclass
class Seen:
    index: int
    brightness: float


def ask(frames: Iterable[Frame], origin: Origin) -> list[Seen]:
    assert origin.scene
    return [Seen(frame.index, float(frame.image.mean())) for frame in frames][3:]


@pytest.fixture
def scored(tmp_path: Path) -> ScoredCompositions[Seen]:
    clips = moving_square_data(clips=8).train
    footage = Footage(clips, FrameCache(tmp_path / "frames", 2**28), split=Split(0.4))
    return ScoredCompositions.of(ask, footage, None, False, 7)


def test_each_result_keeps_its_kind(scored: ScoredCompositions[Seen]) -> None:
    kinds = [one.kind for one in scored.made]
    assert kinds[0] == CONTROL
    assert 0 < len(kinds) <= OBJECTS * (EACH + 1)
    judged = scored.judged([np.ones((len(clip), 2)) for clip in scored.results])
    assert judged.scores.shape[1] == 2
    controls = sum(len(one) - 3 for one in scored.made if one.kind == CONTROL)
    assert (judged.kinds == CONTROL).sum() == controls
    words = scored.said({"levels": {"object": 0.75, "frame": 0.25}})
    assert words.endswith("levels: object 0.75, frame 0.25.")
    assert f"{len(judged.scores)} frames" in words


def test_where_nothing_was_pasted_it_is_said() -> None:
    nothing: ScoredCompositions[Seen] = ScoredCompositions([], [])
    assert "no weights could be learned" in nothing.said({})


def test_few_objects_are_said(scored: ScoredCompositions[Seen]) -> None:
    one = [place for place, made in enumerate(scored.made) if made.donor == 0]
    few = ScoredCompositions([scored.made[n] for n in one], [scored.results[n] for n in one])
    assert few.said({}).startswith("Only 1 of the held-back objects")


def test_bundles_of_before_get_the_weights_of_the_settings() -> None:
    model = nn.Module()
    model.register_buffer("branch_weights", torch.tensor([0.5, 0.5]))
    model.register_buffer("other", torch.zeros(1))
    old = with_weights({"other": torch.ones(1)}, model, "branch_weights")
    assert old["branch_weights"].tolist() == [0.5, 0.5]
    new = {"other": torch.ones(1), "branch_weights": torch.tensor([1.0, 0.0])}
    assert with_weights(new, model, "branch_weights") is new
