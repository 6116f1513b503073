"""DAML's training: means, eq. 1 and its phases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.methods.daml.losses import squared_error
from awry.methods.daml.network import DAMLModel, to_input
from awry.methods.daml.samples import Batches, RunBatch
from awry.methods.daml.training import losses, phases, predict
from support import noise_run as run

NOWHERE = Path("not-to-be-written")


def test_the_input_is_the_frame_minus_the_mean() -> None:
    images = run(3).images
    mean = torch.full((3, 16, 24), 0.25)
    found = to_input(images, mean)
    np.testing.assert_allclose(
        found.numpy(), images.transpose(0, 3, 1, 2) / 255.0 - 0.25, atol=1e-6
    )


def test_a_prediction_is_compared_with_the_code_that_many_frames_ahead(make_model: Any) -> None:
    model = make_model(ahead=3)
    codes = torch.randn(2, 12, 6, 8, 12)
    predicted, observed = predict(model, codes, 3)
    assert predicted.shape == observed.shape == (2, 12 - 4 - 3 + 1, 6, 8, 12)
    for first in range(6):
        torch.testing.assert_close(
            predicted[:, first], model.motion(codes[:, first : first + 4])[:, 0]
        )
        assert torch.equal(observed[:, first], codes[:, first + 3 + 3])


def batch(model: DAMLModel) -> tuple[Tensor, Tensor]:
    torch.manual_seed(5)
    return torch.randn(2, 8, 3, 16, 24) / 3, model.means[None, :1].expand(2, -1, -1, -1, -1)


def of(model: DAMLModel, weights: tuple[float, float], **options: Any) -> dict[str, Tensor]:
    names = model.config.reconstruction_losses
    return losses(model, RunBatch(*batch(model)), weights, names, model.config.ahead, **options)


def test_eq_1(make_model: Any) -> None:
    """Sums over pixels, latent elements and the k - 1 reconstructed frames of a window."""
    model = make_model()
    with torch.no_grad():
        found = of(model, (0.5, 2.0))
        frames, _ = batch(model)
        reconstructed, predicted = [], []
        for clip in frames:
            features = model.encoder(clip)
            for now in range(1, 8):
                skips = [feature[now - 1 : now] for feature in features]
                guess = model.decoder(features[-1][now : now + 1], skips)
                reconstructed.append(squared_error(guess, clip[now : now + 1]))
            for first in range(3):
                guess = model.motion(features[-1][None, first : first + 4])[0]
                predicted.append(squared_error(guess, features[-1][first + 5 : first + 6]))
    reconstruction, prediction = torch.stack(reconstructed).mean(), torch.stack(predicted).mean()
    torch.testing.assert_close(found["reconstruction"], reconstruction)
    torch.testing.assert_close(found["prediction"], prediction)
    torch.testing.assert_close(found["total"], 0.5 * 3 * reconstruction + 2.0 * prediction)


def test_each_run_has_its_own_mean_added_back(make_model: Any) -> None:
    """SSIM is of the pictures themselves; the squared error would not notice."""
    model = make_model(reconstruction_losses=("ssim",))
    frames, _ = batch(model)
    mean = torch.rand(2, 1, 3, 16, 24)
    with torch.no_grad():
        both = losses(model, RunBatch(frames, mean), (1.0, 0.0), ("ssim",), 2)["total"]
        each = [
            losses(model, RunBatch(frames[i : i + 1], mean[i : i + 1]), (1.0, 0.0), ("ssim",), 2)[
                "total"
            ]
            for i in range(2)
        ]
        swapped = losses(model, RunBatch(frames, mean.flip(0)), (1.0, 0.0), ("ssim",), 2)["total"]
    torch.testing.assert_close(both, torch.stack(each).mean())
    assert abs(float(both - swapped)) > 1e-3


def with_gradient(module: nn.Module) -> set[bool]:
    return {p.grad is not None and bool(p.grad.abs().sum() > 0) for p in module.parameters()}


def test_a_fixed_encoder_gets_no_gradient(make_model: Any) -> None:
    model = make_model().train()
    of(model, (0.0, 1.0), fixed_encoder=True)["total"].backward()
    assert with_gradient(model.encoder) == with_gradient(model.decoder) == {False}
    assert with_gradient(model.motion) == {True}
    of(model, (1.0, 1.0))["total"].backward()
    assert with_gradient(model) == {True}


def test_weights_of_zero_skip_the_work(make_model: Any) -> None:
    model = make_model()
    called: list[str] = []
    for name in ("encoder", "decoder", "motion"):
        getattr(model, name).register_forward_pre_hook(
            lambda module, given, name=name: called.append(name)
        )
    with torch.no_grad():
        assert set(of(model, (1.0, 0.0))) == {"total", "reconstruction"}
        assert called == ["encoder", "decoder"]
        called.clear()
        assert set(of(model, (0.0, 1.0))) == {"total", "prediction"}
        assert called == ["encoder", "motion"]


def made(make_model: Any, **changes: Any) -> tuple[DAMLModel, list[Any]]:
    settings = {"first_epochs": 3, "second_epochs": 2, "steps": 5, "learning_rate": 0.01}
    model = make_model(**{**settings, **changes})
    runs = [run(20)]
    return model, phases(model, model.config, runs, Batches(runs, model, model.config), NOWHERE)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("motion", [("reconstruction", 3), ("prediction", 2)]),
        ("everything", [("reconstruction", 3), ("prediction", 2)]),
        ("joint", [("joint", 5)]),
    ],
)
def test_schedules(make_model: Any, schedule: str, expected: list[tuple[str, int]]) -> None:
    model, found = made(make_model, schedule=schedule)
    assert [(phase.name, phase.epochs) for phase in found] == expected
    assert all(phase.steps == 5 for phase in found)
    trained = model.motion if schedule == "motion" else model
    assert [id(p) for p in found[-1].parameters] == [id(p) for p in trained.parameters()]
    assert len(found[0].parameters) == len(list(model.parameters()))


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("motion", [(1.0, 0.001), (0.0, 1.0)]),
        ("everything", [(1.0, 0.001), (0.001, 1.0)]),
        ("joint", [(1.0, 1.0)]),
    ],
)
def test_phases_weigh_the_losses_as_the_paper_says(
    make_model: Any, schedule: str, factors: list[tuple[float, float]]
) -> None:
    _, found = made(make_model, schedule=schedule)
    for phase, (reconstruction, prediction) in zip(found, factors, strict=True):
        phase.prepare()
        parts = phase.loss(0, 0, np.random.default_rng(0))
        zero = torch.zeros(())
        expected = 3 * reconstruction * parts.get("reconstruction", zero)
        expected = expected + prediction * parts["prediction"]
        torch.testing.assert_close(parts["total"], expected)


def test_training_the_motion_model_alone_leaves_the_rest_as_it_is(make_model: Any) -> None:
    """Its weights and its batch statistics, also after a validation."""
    model, found = made(make_model)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    phase = found[1]
    phase.prepare()
    optimizer = phase.optimizer(phase.parameters)
    for step in range(2):
        optimizer.zero_grad()
        phase.loss(0, step, np.random.default_rng(step))["total"].backward()
        optimizer.step()
        assert set(phase.validate()) == {"total", "prediction"}
    changed = {n for n, v in model.state_dict().items() if not torch.equal(v, before[n])}
    assert changed
    assert all(name.startswith("motion.") for name in changed)


def test_validation_does_not_learn(make_model: Any) -> None:
    model, found = made(make_model)
    found[0].prepare()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    one, other = found[0].validate(), found[0].validate()
    assert one == other
    assert all(torch.equal(v, before[n]) for n, v in model.state_dict().items())
    assert model.training
    assert model.encoder.training


def test_weight_decay_is_the_gradient_of_eq_1s_last_term(make_model: Any) -> None:
    """gamma * ||W||^2 has the gradient 2 * gamma * W."""
    _, found = made(make_model, l2=0.003, adam_epsilon=1e-4)
    weight = nn.Parameter(torch.tensor([2.0, -0.5]))
    optimizer = found[0].optimizer([weight])
    (group,) = optimizer.param_groups
    assert type(optimizer) is torch.optim.Adam
    assert (group["lr"], group["eps"]) == (0.01, 1e-4)
    assert group["weight_decay"] == 2 * 0.003
    twin = nn.Parameter(weight.detach().clone())
    plain = torch.optim.Adam([twin], lr=0.01, eps=1e-4)
    for _ in range(3):
        weight.grad = torch.ones(2)
        optimizer.step()
        plain.zero_grad()
        (twin.sum() + 0.003 * twin.square().sum()).backward()
        plain.step()
    torch.testing.assert_close(weight, twin)


def test_the_rate_falls_by_steps_counted_over_both_phases(make_model: Any) -> None:
    _, found = made(make_model, decay="step", decay_epochs=2, decay_factor=0.1)
    rates = [phase.rate(epoch, 4) for phase in found for epoch in range(phase.epochs)]
    assert rates == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_a_cosine_starts_anew_in_each_phase(make_model: Any) -> None:
    _, found = made(make_model, decay="cosine")
    for phase in found:
        rates = [phase.rate(e, s) for e in range(phase.epochs) for s in range(phase.steps)]
        assert rates[0] == pytest.approx(1)
        assert rates == sorted(rates, reverse=True)
        assert 0 < rates[-1] < 0.15


def test_phase_one_ends_when_validation_gains_little(make_model: Any) -> None:
    _, found = made(make_model, converged=0.01)
    assert found[1].converged is None
    judge = found[0].converged
    falling = [{"total": 0.0, "validation_total": 100 * 0.9**epoch} for epoch in range(6)]
    flat = [*falling, *({"total": 0.0, "validation_total": 59.0} for _ in range(3))]
    assert [judge(falling[:n]) for n in range(1, 7)] == [False] * 6
    assert judge(flat)
    assert made(make_model)[1][0].converged is None


def test_a_pass_has_as_many_steps_as_the_footage_has_runs(make_model: Any) -> None:
    model = make_model(batch_runs=2)
    runs = [run(60), run(60, 1)]
    assert Batches(runs, model, model.config).steps == 120 / (12 * 2)
    found = phases(model, model.config, runs, None, NOWHERE)
    assert [phase.steps for phase in found] == [5, 5]
    assert [phase.validate for phase in found] == [None, None]


def test_pairs_of_frames_serve_where_only_reconstruction_is_learned(make_model: Any) -> None:
    model = make_model(pairs=20, first_weights=(1.0, 0.0))
    runs = [run(60), run(60, 1)]
    batch = Batches(runs, model, model.config, pairs=True).draw(np.random.default_rng(0))
    frames, mean = batch.frames, batch.mean
    assert frames.shape == (20, 2, 3, 16, 24)
    assert mean.shape == (20, 1, 3, 16, 24)
    encoded: list[int] = []
    model.encoder.register_forward_pre_hook(lambda module, given: encoded.append(len(given[0])))
    found = phases(model, model.config, runs, None, NOWHERE)
    for phase in found:
        phase.prepare()
        phase.loss(0, 0, np.random.default_rng(0))
    assert encoded == [40, 12]
    assert [phase.steps for phase in found] == [3, 10]
    # Where phase one predicts as well, it needs whole windows.
    model = make_model(pairs=20)
    assert [p.steps for p in phases(model, model.config, runs, None, NOWHERE)] == [10, 10]


def test_codes_are_kept_where_they_fit(make_model: Any, tmp_path: Path) -> None:
    file = tmp_path / "codes.float16"
    for limit, there in ((0.0, False), (1e-9, False), (1.0, True)):
        model = make_model(code_cache=limit)
        phase = phases(model, model.config, [run(20)], None, tmp_path)[1]
        phase.prepare()
        found = phase.loss(0, 0, np.random.default_rng(0))
        assert file.exists() == there
        # The same windows either way, but for the rounding of what is kept.
        encoded = phases(model, make_model().config, [run(20)], None, NOWHERE)[1]
        encoded.prepare()
        expected = encoded.loss(0, 0, np.random.default_rng(0))
        torch.testing.assert_close(found["total"], expected["total"], rtol=0.01, atol=0.0)
