"""DAML's training off the processor, in 16 bits, and in shares of a step."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.devices import Compute
from awry.methods.daml import DAML
from awry.methods.daml.samples import Batches
from awry.methods.daml.training import losses, phases
from awry.training.footage import Footage
from awry.training.loop import FitContext, Step
from awry.video.cache import FrameCache
from fake_devices import fake_card, on_card
from shares import gradients, require_whole_for_both
from support import moving_square_data
from support import noise_run as run

NAMES = ("mse", "gdl", "ssim")


@pytest.mark.parametrize("precision", ["32", "bf16"])
@pytest.mark.parametrize(
    "changes",
    [
        {"reconstruction_losses": NAMES, "crop": 8},
        {"reconstruction_losses": ("bce",), "output": "sigmoid", "subtract_mean": False},
        {"motion": "autoregressive", "bins": 8, "code_tanh": True, "windows": 3},
        {"motion": "convlstm", "batch_statistics": False, "pairs": 4, "first_weights": (1.0, 0.0)},
        {"code_cache": 1.0, "temporal_kernel": 3},
    ],
    ids=["pictures", "digits", "bins", "pairs", "codes"],
)
def test_all_phases_learn_and_validate_on_a_card(
    make_model: Any, tmp_path: Path, changes: dict[str, Any], precision: str
) -> None:
    model, runs = make_model(**changes), [run(8)]
    with fake_card(precision) as card:
        validation = Batches(runs, model, model.config, card)
        every = phases(model, model.config, runs, validation, tmp_path, 0, card)
        on_card(model)  # after the batches were made, as in a fit
        found = []
        for phase in every:
            phase.prepare()
            with card.rounding():
                found.append(phase.loss(Step(0, 0, np.random.default_rng(0))))
        (batch,) = validation.fixed(1)
        names = model.config.reconstruction_losses
        found.append(losses(model, batch, (1.0, 1.0), names, model.config.ahead))
    values = [value for one in found for value in one.values()]
    assert {value.dtype for value in values} == {torch.float32}
    assert {value.device.type for value in values} == {"cuda"}


@pytest.mark.parametrize(
    ("changes", "sizes"),
    [
        ({"batch_runs": 4, "crop": 8, "reconstruction_losses": NAMES}, (2, 2)),
        ({"windows": 5}, (3, 2)),
        ({"batch_runs": 2, "code_cache": 1.0}, (1, 1)),
    ],
    ids=["runs", "windows", "codes"],
)
def test_the_shares_of_a_step_give_the_gradient_of_the_whole(
    make_model: Any, tmp_path: Path, changes: dict[str, Any], sizes: tuple[int, int]
) -> None:
    """As in `paper-code`: batch normalisation has no statistics of batches, which shares lack."""
    model = make_model(**changes, batch_statistics=False)
    for phase in phases(model, model.config, [run(20)], None, tmp_path):
        phase.prepare()
        whole, parts = gradients(model, phase.loss), gradients(model, phase.loss, *sizes)
        assert any(one.abs().max() > 0 for one in whole)
        for one, other in zip(whole, parts, strict=True):
            torch.testing.assert_close(other, one, rtol=1e-5, atol=1e-5 * float(one.abs().max()))


@pytest.mark.parametrize("changes", [{}, {"windows": 1}, {"pairs": 1}, {"code_cache": 1.0}])
def test_a_batch_of_one_run_is_calculated_by_both_processes(
    make_model: Any, tmp_path: Path, changes: dict[str, Any]
) -> None:
    model = make_model(**changes)
    for phase in phases(model, model.config, [run(8)], None, tmp_path):
        phase.prepare()
        require_whole_for_both(phase.loss)


def test_codes_are_kept_in_a_file_for_each_process(make_model: Any, tmp_path: Path) -> None:
    model = make_model(code_cache=1.0, batch_runs=2)
    found = []
    for share in range(2):
        phase = phases(model, model.config, [run(20)], None, tmp_path)[1]
        phase.prepare()
        found.append(phase.loss(Step(0, 0, np.random.default_rng(0), share, 2)))
    assert found[0]["total"] != found[1]["total"]
    assert {file.name for file in tmp_path.iterdir()} == {"codes.float16", "codes.float16.1"}


def test_a_fit_in_bf16_ends_near_one_in_full_precision(tmp_path: Path) -> None:
    data = moving_square_data()
    last = {}
    for precision in ("32", "bf16"):
        folder = tmp_path / precision
        method = DAML(DAML.configure("tiny", {"reconstruction_losses": ("mse", "gdl")}))
        context = FitContext(folder, compute=Compute("cpu", precision))
        method.fit(Footage(data.train, FrameCache(folder / "frames", 2**26)), context)
        last[precision] = [entry["total"] for entry in context.history]
        assert {value.dtype for value in method.state().values()} <= {torch.float32, torch.int64}
    assert last["bf16"] != last["32"]
    assert last["bf16"] == pytest.approx(last["32"], rel=0.02)
