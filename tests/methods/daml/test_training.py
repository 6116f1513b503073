"""DAML's training: means, eq. 1 and its phases."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from awry.methods.daml import DAML, DAMLConfig
from awry.methods.daml.losses import squared_error
from awry.methods.daml.network import DAMLModel, to_input
from awry.methods.daml.samples import Batches, RunBatch
from awry.methods.daml.training import losses, phases, predict
from awry.training.loop import Step
from support import noise_run as run

NOWHERE = Path("not-to-be-written")


def test_the_input_is_the_frame_minus_the_mean() -> None:
    images = run(3).images
    mean = torch.full((3, 16, 24), 0.25)
    found = to_input(torch.from_numpy(images), mean)
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


@pytest.mark.parametrize(("skips", "back"), [("frame", 1), ("input", 2), ("none", 0)])
def test_a_frame_is_reconstructed_with_the_features_of_the_frame_that_is_meant(
    make_model: Any, skips: str, back: int
) -> None:
    model = make_model(input_stride=2, skips=skips)
    with torch.no_grad():
        found = of(model, (1.0, 0.0))
        reconstructed = []
        for clip in batch(model)[0]:
            features = model.encoder(clip)
            for now in range(back, 8):
                before = [feature[now - back : now - back + 1] for feature in features]
                guess = model.decoder(features[-1][now : now + 1], before)
                reconstructed.append(squared_error(guess, clip[now : now + 1]))
    expected = torch.stack(reconstructed).mean()
    torch.testing.assert_close(found["reconstruction"], expected)
    # Without skips the first of the window's four inputs can be reconstructed as well.
    torch.testing.assert_close(found["total"], (3 if back else 4) * expected)


def test_the_published_code_averages_over_the_reconstructed_frames(make_model: Any) -> None:
    with torch.no_grad():
        found = of(make_model(reconstruction_frames="mean"), (0.5, 0.0))
    torch.testing.assert_close(found["total"], 0.5 * found["reconstruction"])


@pytest.mark.parametrize("skips", ["input", "none"])
def test_eq_1_of_single_windows(make_model: Any, skips: str) -> None:
    """Of a window at stride 2 the inputs are encoded and reconstructed, and one frame predicted."""
    model = make_model(input_stride=2, skips=skips, windows=3, ahead=3)
    clips = [run(14), run(13, 1)]
    batches = Batches(clips, model, model.config)
    assert batches.total == 5 + 4
    drawn = batches.draw(Step(0, 0, np.random.default_rng(0)), [0, 6, 8])
    assert drawn.spaced
    places = [(0, 0), (1, 1), (1, 3)]
    windows = [
        to_input(
            torch.from_numpy(clips[clip].images[[first + at for at in (0, 2, 4, 6, 9)]]),
            model.means[0],
        )
        for clip, first in places
    ]
    torch.testing.assert_close(drawn.frames, torch.stack(windows))
    with torch.no_grad():
        found = losses(model, drawn, (1.0, 1.0), ("mse",), 3)
        reconstructed, predicted = [], []
        for window in windows:
            features = model.encoder(window)
            for now in range(1 if skips == "input" else 0, 4):
                before = [feature[max(now - 1, 0)][None] for feature in features]
                guess = model.decoder(features[-1][now][None], before)
                reconstructed.append(squared_error(guess, window[now][None]))
            guess = model.motion.of_windows(features[-1][None, :4])
            predicted.append(squared_error(guess, features[-1][4:]))
    torch.testing.assert_close(found["reconstruction"], torch.stack(reconstructed).mean())
    torch.testing.assert_close(found["prediction"], torch.stack(predicted).mean())


def test_an_epoch_sees_each_window_once_in_an_order_of_its_own(make_model: Any) -> None:
    model = make_model(windows=4)
    runs = [run(20), run(14, 1)]  # 15 and 9 windows of 6 frames
    phase = phases(model, model.config, runs, None, NOWHERE, 7)[1]
    phase.prepare()
    seen: list[list[int]] = []
    objective = phase.loss.__self__  # type: ignore[attr-defined]
    for epoch in range(2):
        seen.append([n for step in range(phase.steps) for n in objective._numbers(epoch, step)])
    assert phase.steps == 6
    assert sorted(seen[0]) == sorted(seen[1]) == list(range(24))
    assert seen[0] != seen[1]
    again = phases(model, model.config, runs, None, NOWHERE, 7)[1].loss.__self__  # type: ignore[attr-defined]
    assert again._numbers(1, 2) == seen[1][8:12]


PED2 = (120, 150, 150, 180, 180, 150, 150, 120, 180, 180, 180, 180, 180, 150, 150, 150)


def test_an_epoch_on_ped2_shows_each_window_once_on_average(make_model: Any) -> None:
    """The published code keeps 40 windows back: (2230 - 40) / 10 = 219 steps."""
    runs = [run(1) for _ in PED2]
    blank = np.zeros((1, 16, 24, 3), np.uint8)
    runs = [
        replace(one, images=np.broadcast_to(blank, (length, 16, 24, 3)))
        for one, length in zip(runs, PED2, strict=True)
    ]
    code = {"inputs": 8, "motion_layers": 3, "input_stride": 2, "ahead": 6, "skips": "input"}
    model = make_model(**code, run_length=21, windows=10)
    assert Batches(runs, model, model.config).total == sum(PED2) - 16 * 20 == 2230
    assert Batches(runs, model, model.config).steps == 223
    # The text's windows have 14 frames; a stretch of 24 has 11 of them.
    text = {"inputs": 8, "motion_layers": 3, "ahead": 6, "run_length": 24}
    model = make_model(**text)
    assert Batches(runs, model, model.config).steps == (2550 - 16 * 13) // 11 == 212
    model = make_model(**text, one_pass="frames")
    assert Batches(runs, model, model.config).steps == 106  # half of the windows


def test_kept_codes_serve_single_windows_too(make_model: Any, tmp_path: Path) -> None:
    changes = {"windows": 3, "input_stride": 2, "skips": "input"}
    kept = make_model(**changes, code_cache=1.0)
    phase = phases(kept, kept.config, [run(20)], None, tmp_path)[1]
    plain = make_model(**changes)
    encoded = phases(plain, plain.config, [run(20)], None, NOWHERE)[1]
    for one in (phase, encoded):
        one.prepare()
    found, expected = (one.loss(Step(1, 2, np.random.default_rng(0))) for one in (phase, encoded))
    torch.testing.assert_close(found["total"], expected["total"], rtol=0.01, atol=0.0)


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
        parts = phase.loss(Step(0, 0, np.random.default_rng(0)))
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
        phase.loss(Step(0, step, np.random.default_rng(step)))["total"].backward()
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


def test_the_published_code_decays_kernels_alone(make_model: Any) -> None:
    """Its gamma of 0.001 multiplies half the squares: the gradient on a kernel is gamma * W."""
    settings = DAML.configure("paper-code", variant="ped2")
    assert isinstance(settings, DAMLConfig)
    model, found = made(make_model, l2=settings.l2, decayed=settings.decayed)
    for phase in found:
        optimizer = phase.optimizer(phase.parameters)
        decay = {id(p): g["weight_decay"] for g in optimizer.param_groups for p in g["params"]}
        assert len(decay) == len(list(phase.parameters))
        for module in model.modules():
            kinds = (nn.Conv2d, nn.Conv3d, nn.ConvTranspose2d)
            for name, value in module.named_parameters(recurse=False):
                kernel = name == "weight" and isinstance(module, kinds)
                if id(value) in decay:
                    assert decay[id(value)] == (0.001 if kernel else 0)
    assert 0.001 in decay.values()
    assert 0 in decay.values()


def test_the_published_codes_second_phase_begins_at_the_first_rate_again(make_model: Any) -> None:
    settings = DAML.configure("paper-code", variant="ped2")
    assert isinstance(settings, DAMLConfig)
    wanted = ("first_epochs", "second_epochs", "decay_epochs", "second_decay_epochs")
    epochs = {name: getattr(settings, name) for name in wanted}
    _, found = made(make_model, **epochs, learning_rate=settings.learning_rate)
    first, second = found
    rate = second.optimizer(second.parameters).param_groups[0]["lr"] * second.rate(0, 0)
    assert rate == pytest.approx(1e-4)
    assert [first.rate(epoch, 0) for epoch in (24, 25)] == pytest.approx([1, 0.1])
    assert [second.rate(epoch, 0) for epoch in (0, 23)] == [1, 1]
    # The text's decay goes on: 0.1 after 20 epochs in all, 0.01 after 40.
    _, text = made(make_model, first_epochs=25, second_epochs=25)
    assert [text[1].rate(epoch, 0) for epoch in (0, 14, 15)] == pytest.approx([0.1, 0.1, 0.01])


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
    model = make_model(batch_runs=2, one_pass="frames")
    runs = [run(60), run(60, 1)]
    assert Batches(runs, model, model.config).steps == 120 / (12 * 2)
    found = phases(model, model.config, runs, None, NOWHERE)
    assert [phase.steps for phase in found] == [5, 5]
    assert [phase.validate for phase in found] == [None, None]


def test_pairs_of_frames_serve_where_only_reconstruction_is_learned(make_model: Any) -> None:
    model = make_model(pairs=20, first_weights=(1.0, 0.0))
    runs = [run(60), run(60, 1)]
    batch = Batches(runs, model, model.config, pairs=True).draw(
        Step(0, 0, np.random.default_rng(0))
    )
    frames, mean = batch.frames, batch.mean
    assert frames.shape == (20, 2, 3, 16, 24)
    assert mean.shape == (20, 1, 3, 16, 24)
    encoded: list[int] = []
    model.encoder.register_forward_pre_hook(lambda module, given: encoded.append(len(given[0])))
    found = phases(model, model.config, runs, None, NOWHERE)
    for phase in found:
        phase.prepare()
        phase.loss(Step(0, 0, np.random.default_rng(0)))
    assert encoded == [40, 12]
    # 118 pairs, and 110 windows of 6 frames of which a stretch of 12 has 7.
    assert [phase.steps for phase in found] == [118 // 20, 110 // 7]
    # Where phase one predicts as well, it needs whole windows.
    model = make_model(pairs=20)
    assert [p.steps for p in phases(model, model.config, runs, None, NOWHERE)] == [15, 15]
    # A frame whose skips come from two frames before needs these three.
    model = make_model(pairs=20, first_weights=(1.0, 0.0), input_stride=2, skips="input")
    pairs = Batches(runs, model, model.config, pairs=True)
    assert pairs.draw(Step(0, 0, np.random.default_rng(0))).frames.shape[:2] == (20, 3)


def test_clips_are_mirrored_where_it_is_said(make_model: Any) -> None:
    runs = [run(60)]
    for flip, twice in (("none", [1, 1]), ("pairs", [2, 1]), ("all", [2, 2])):
        model = make_model(pairs=20, first_weights=(1.0, 0.0), flip=flip)
        found = phases(model, model.config, runs, None, NOWHERE)
        assert [len(p.loss.__self__.batches.clips) for p in found] == twice  # type: ignore[attr-defined]
    with pytest.raises(ValueError, match="flip pairs needs pairs"):
        make_model(flip="pairs")


def test_codes_are_kept_where_they_fit(make_model: Any, tmp_path: Path) -> None:
    file = tmp_path / "codes.float16"
    for limit, there in ((0.0, False), (1e-9, False), (1.0, True)):
        model = make_model(code_cache=limit)
        phase = phases(model, model.config, [run(20)], None, tmp_path)[1]
        phase.prepare()
        found = phase.loss(Step(0, 0, np.random.default_rng(0)))
        assert file.exists() == there
        # The same windows either way, but for the rounding of what is kept.
        encoded = phases(model, make_model().config, [run(20)], None, NOWHERE)[1]
        encoded.prepare()
        expected = encoded.loss(Step(0, 0, np.random.default_rng(0)))
        torch.testing.assert_close(found["total"], expected["total"], rtol=0.01, atol=0.0)
