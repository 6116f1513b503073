"""Samples, losses, validation and what is refused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.errors import FootageError
from awry.fitting import fit_detector
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.network import SSMTLModel
from awry.methods.ssmtl.samples import ObjectPool
from awry.methods.ssmtl.training import (
    SequenceBatch,
    drawn,
    losses,
    motion_answers,
    phase,
    read,
    validate,
)
from awry.training.loop import Step
from support import moving_square, moving_square_data

from .conftest import POOLED, options, pool, training_data

MakeModel = Callable[..., SSMTLModel]


def draw(
    some: ObjectPool, chosen: Sequence[int], config: SSMTLConfig, generator: np.random.Generator
) -> SequenceBatch:
    return read(some, drawn(some, chosen, config, generator))


def test_one_cut_serves_all_tasks_and_both_sequences_share_the_middle() -> None:
    batch = draw(pool(), [0, 1, 2], POOLED, np.random.default_rng(0))
    assert batch.regular.shape == batch.intermittent.shape == (3, 3, 7, 16, 16)
    assert torch.equal(batch.regular[:, :, 3], batch.intermittent[:, :, 3])
    assert not torch.equal(batch.regular[:, :, 2], batch.intermittent[:, :, 2])
    assert batch.targets.shape == (3, 80)
    assert 0 <= float(batch.regular.min()) <= float(batch.regular.max()) <= 1


def test_the_joint_loss_is_eq_5(make_model: MakeModel) -> None:
    network = make_model().stream("object").network
    batch = draw(pool(), range(4), POOLED, np.random.default_rng(0))
    with torch.inference_mode():
        found = losses(network, batch, 0.5)
        apart = {name: float(value) for name, value in found.items()}
        middle = batch.regular[:, :, 3]
        around = batch.regular[:, :, [0, 1, 2, 4, 5, 6]]
        guess = network.answer("middle_box", network.features(around, "around"))
        backward = network.features(batch.regular.flip(2), "sequence")
        chance = network.answer("arrow_of_time", backward).softmax(1)[:, 1]
        forward = network.features(batch.regular, "sequence")
        other = network.answer("arrow_of_time", forward).softmax(1)[:, 0]
    assert apart["middle_box"] == pytest.approx(float((guess - middle).abs().mean()), rel=1e-4)
    entropy = -torch.cat([chance, other]).log().mean()
    assert apart["arrow_of_time"] == pytest.approx(float(entropy), rel=1e-4)
    total = sum(apart[task] for task in ("arrow_of_time", "motion_irregularity", "middle_box"))
    assert apart["total"] == pytest.approx(total + 0.5 * apart["distillation"], rel=1e-5)


def test_classes_are_normal_first(make_model: MakeModel) -> None:
    network = make_model().stream("object").network
    batch = draw(pool(), range(3), POOLED, np.random.default_rng(0))
    for logits, classes in motion_answers(network, batch).values():
        assert logits.shape == (6, 2)
        assert classes.tolist() == [0, 0, 0, 1, 1, 1]


@pytest.mark.parametrize(
    "tasks", [("arrow_of_time",), ("middle_box", "distillation"), ("motion_irregularity",)]
)
def test_any_subset_of_tasks(make_model: MakeModel, tasks: tuple[str, ...]) -> None:
    network = make_model(tasks=tasks, frame_tasks=tasks, level="object").stream("object").network
    batch = draw(pool(), range(3), POOLED, np.random.default_rng(0))
    assert set(losses(network, batch, 1.0)) == {"total", *tasks}


def test_mirrored_sequences_mirror_every_frame() -> None:
    config = POOLED.model_copy(update={"flip": True})
    plain = draw(pool(), [0], POOLED, np.random.default_rng(0)).regular[0]
    some = [draw(pool(), [0], config, np.random.default_rng(n)).regular[0] for n in range(8)]
    mirrored = [torch.equal(one, plain.flip(3)) for one in some]
    assert any(mirrored)
    assert all(m or torch.equal(one, plain) for m, one in zip(mirrored, some, strict=True))


def test_validation_is_the_same_each_time_and_counts_accuracies(make_model: MakeModel) -> None:
    network = make_model().stream("object").network
    found = validate(network, pool(), POOLED, 0.5)
    assert found == validate(network, pool(), POOLED, 0.5)
    assert 0 <= found["arrow_of_time_accuracy"] <= 1
    assert {"total", "middle_box", "distillation", "motion_irregularity_accuracy"} <= set(found)


def test_validation_looks_at_all_objects_or_at_so_many(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def watched(pool: Any, samples: Any, *rest: Any) -> SequenceBatch:
        seen.extend(one.number for one in samples)
        return read(pool, samples, *rest)

    monkeypatch.setattr("awry.methods.ssmtl.training.read", watched)
    network = make_model().stream("object").network
    for most, expected in ((None, list(range(6))), (3, [0, 2, 5]), (100, list(range(6)))):
        seen.clear()
        some = POOLED.model_copy(update={"validation_objects": most})
        validate(network, pool(), some, 0.5)
        assert seen == expected


def test_the_papers_batches() -> None:
    sizes = {
        (d, w): SSMTLConfig(depth=d, width=w).schedule("object")[2]
        for d in ("shallow", "deep")
        for w in ("narrow", "wide")
    }
    assert list(sizes.values()) == [256, 128, 128, 64]


def test_nothing_detected_names_detector_threshold_and_highest_confidence(tmp_path: Path) -> None:
    still = [np.full((60, 48, 72, 3), 90, np.uint8)] * 4
    with pytest.raises(FootageError, match=r"foreground found nothing above its threshold of 0\.2"):
        fit_detector("ssmtl", training_data(still), tmp_path / "b", options())


def test_clips_that_are_too_short_are_named_as_the_reason(tmp_path: Path) -> None:
    short = [moving_square(12, seed) for seed in range(12)]
    with pytest.raises(FootageError, match=r"needs 13\. Give longer clips"):
        fit_detector("ssmtl", training_data(short), tmp_path / "b", options(level="object"))


def test_without_classes_the_distillation_task_is_left_out_and_said_so(tmp_path: Path) -> None:
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options(level="object"))
    assert "distillation" not in detector.models["*"].config.tasks
    assert any("the distillation task is left out" in n for n in detector.facts.data.notes)
    alone = options(level="object", tasks=["distillation"])
    with pytest.raises(FootageError, match="none can be scored at the object level"):
        fit_detector("ssmtl", moving_square_data(), tmp_path / "c", alone)


def test_an_epoch_without_steps_is_one_pass(
    make_model: MakeModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []

    def watched(pool: Any, samples: Any, *rest: Any) -> SequenceBatch:
        seen.extend(one.number for one in samples)
        return read(pool, samples, *rest)

    monkeypatch.setattr("awry.methods.ssmtl.training.read", watched)
    config = POOLED.model_copy(update={"batch": 2})
    made = phase("object", make_model().stream("object").network, pool(), pool(), config, 5)
    passes = []
    for epoch in range(2):
        seen.clear()
        for step in range(made.steps):
            made.loss(Step(epoch, step, np.random.default_rng(0)))
        passes.append(list(seen))
    assert [sorted(one) for one in passes] == [list(range(6))] * 2
    assert passes[0] != passes[1]


def test_batch_and_phase_know_their_footage(make_model: MakeModel) -> None:
    network = make_model().stream("object").network
    config = POOLED.model_copy(update={"batch": 4, "epochs": 2})
    made = phase("object", network, pool(), pool(), config, 0)
    assert (made.epochs, made.steps, made.best) == (2, 1, "total")
    assert isinstance(draw(pool(), [0], config, np.random.default_rng(0)), SequenceBatch)
