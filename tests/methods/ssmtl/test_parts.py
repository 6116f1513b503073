from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from awry.methods.ssmtl.network import SSMTLModel
from awry.methods.ssmtl.parts import combined, part_scores

MakeModel = Callable[..., SSMTLModel]
PARTS = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")


def sequences(count: int = 3) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 255, (count, 7, 16, 16, 3), dtype=np.uint8)


def test_parts_are_those_of_eq_6(make_model: MakeModel) -> None:
    stream = make_model().stream("object")
    teacher = np.random.default_rng(1).random((3, 80)).astype(np.float32)
    found = part_scores(stream, sequences(), teacher, None)
    assert stream.parts == PARTS
    whole = torch.from_numpy(sequences()).permute(0, 4, 1, 2, 3).float() / 255
    with torch.inference_mode():
        motion = stream.network.features(whole, "sequence")
        for place, task in enumerate(PARTS[:2]):
            chance = stream.network.answer(task, motion).softmax(1)[:, 1]
            np.testing.assert_allclose(found.parts[:, place], chance.numpy(), rtol=1e-5)
        around = stream.network.features(whole[:, :, [0, 1, 2, 4, 5, 6]], "around")
        guess = stream.network.answer("middle_box", around)
        error = (guess - whole[:, :, 3]).abs().mean((1, 2, 3))
        np.testing.assert_allclose(found.parts[:, 2], error.numpy(), rtol=1e-5)
        single = stream.network.features(whole[:, :, 3:4], "single")
        student = stream.network.answer("distillation", single).numpy()
    difference = np.abs(student - teacher).mean(1)
    np.testing.assert_allclose(found.parts[:, 3], difference, rtol=1e-5)
    assert found.errors is not None
    np.testing.assert_allclose(found.errors.mean((1, 2)), error.numpy(), rtol=1e-5)


def test_answers_do_not_depend_on_batch_mates(make_model: MakeModel) -> None:
    stream = make_model().stream("object")
    teacher = np.zeros((3, 80), np.float32)
    together = part_scores(stream, sequences(), teacher, None).parts
    alone = part_scores(stream, sequences()[1:2], teacher[1:2], None).parts
    np.testing.assert_allclose(together[1:2], alone, rtol=1e-5, atol=1e-7)


def test_scores_are_means_of_parts_raw_or_standardised(make_model: MakeModel) -> None:
    stream = make_model().stream("object")
    parts = np.array([[0.5, 0.25, 0.125, 0.125], [1.0, 1.0, 1.0, 0.0]])
    np.testing.assert_allclose(combined(stream, parts, "none", "mean"), [0.25, 0.75])
    stream.part_location.copy_(torch.tensor([0.5, 0.25, 0.125, 0.125]))
    stream.part_scale.copy_(torch.tensor([0.25, 0.25, 0.125, 0.125]))
    np.testing.assert_allclose(
        combined(stream, parts, "standard", "mean"), [0, (2 + 3 + 7 - 1) / 4]
    )
    np.testing.assert_allclose(combined(stream, parts, "standard", "max"), [0, 7])
