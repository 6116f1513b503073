"""Parts and levels that tell synthetic anomalies get weight, others lose theirs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.fitting import fit_detector
from awry.methods.base import Setting
from awry.methods.composed import ScoredCompositions
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.scoring import FrameParts
from awry.methods.ssmtl.weights import learn_level_weights, learn_part_weights, weights_by_name
from awry.training.synthetic import CONTROL
from support import moving_square

from .conftest import SMALL, MakeModel, options, training_data


class Composed:
    """As much of a composition as is looked at."""

    def __init__(self, kind: str, donor: int) -> None:
        self.kind, self.donor = kind, donor
        self.altered = np.full(12, kind != CONTROL)


def results(one: Composed, parts: tuple[int, int]) -> list[FrameParts]:
    """Only an object's second part is higher where it is altered; of whole frames none."""
    noise = np.random.default_rng([one.donor, one.kind != CONTROL])
    found = []
    for index in range(12):
        box = np.array([[4, 4, 20, 20]], np.float32)
        raw = FrameParts(index, None, box, noise.random((1, parts[0])), noise.random(parts[1]))
        raw.weights = np.ones(1, np.float32)
        raw.object_parts[:, 1] += 0.5 * (one.kind != CONTROL)
        found.append(raw)
    return found


def learned(make_model: MakeModel, objects: int) -> dict[str, Any]:
    config = SSMTLConfig(**{**SMALL, "fusion": (1.0, 1.0)})
    method = SSMTL(config)
    method.model = model = make_model()
    for stream in model.streams.values():
        for name, value in (("part_location", 0.5), ("part_scale", 0.3), ("part_floor", 0.0)):
            getattr(stream, name).fill_(value)
        stream.part_weights.fill_(1 / len(stream.parts))
        stream.object_side.fill_(9.0)
        stream.floor.fill_(-2.0)
    model.level_weights.fill_(0.5)
    scorer: Any = method.scorer(Setting())
    scorer._working = (48, 64)
    parts = (len(model.stream("object").parts), len(model.stream("frame").parts))
    made: Any = [Composed(kind, d) for d in range(objects) for kind in (CONTROL, "wider")]
    scored = ScoredCompositions(made, [results(one, parts) for one in made])
    learn_part_weights(scorer, scored)
    learn_level_weights(scorer, scored)
    return weights_by_name(scorer)


def test_what_tells_nothing_is_left_out(make_model: MakeModel) -> None:
    weights = learned(make_model, 6)
    second = list(weights["object"])[1]
    assert weights["object"][second] == max(weights["object"].values())
    assert weights["object"][second] > 0.45
    assert sum(weights["object"].values()) == pytest.approx(1)
    assert weights["levels"]["object"] > weights["levels"]["frame"]


def test_one_object_changes_nothing(make_model: MakeModel) -> None:
    weights = learned(make_model, 1)
    assert set(weights["object"].values()) == {1 / len(weights["object"])}
    assert set(weights["levels"].values()) == {0.5}


def test_a_fit_says_what_it_learned_and_the_bundle_keeps_it(tmp_path: Path) -> None:
    clips = [moving_square(60, seed) for seed in range(8)]
    chosen = replace(options(weights="blind"), validation=0.4)
    detector = fit_detector("ssmtl", training_data(clips), tmp_path / "b", chosen)
    (note,) = [n for n in detector.facts.data.notes if "eights" in n]
    assert note.startswith("Weights learned from synthetic anomalies")
    method: Any = detector.models["*"]
    other = SSMTL(method.config)
    other.load_state(method.state())
    assert other.model is not None
    assert torch.equal(other.model.level_weights, method.model.level_weights)
    late = ("_weights", ".usual", ".usual_weight")
    kept = method.state().items()
    old = {n: t for n, t in kept if n.startswith("trust") or not n.endswith(late)}
    other.load_state(old)
    assert other.model is not None
    assert other.model.level_weights.tolist() == [0.5, 0.5]
    assert float(other.model.stream("object").usual_weight) == 1
