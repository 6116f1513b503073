from __future__ import annotations

import pytest
import torch

from awry.methods.ffp import FFP, FramePredictor, gradient_loss, intensity_loss, psnr


def test_the_losses_by_hand() -> None:
    truth = torch.tensor([[0.0, 1.0], [0.0, 1.0]])
    guess = torch.tensor([[0.0, 0.5], [0.5, 1.0]])
    assert intensity_loss(guess, truth).item() == pytest.approx((0.25 + 0.25) / 4)
    # Along rows: |0.5 - 1| and |0.5 - 1|; along columns: |0.5 - 0| twice.
    assert gradient_loss(guess, truth).item() == pytest.approx(0.5 + 0.5)
    assert gradient_loss(truth + 0.3, truth).item() == pytest.approx(0.0, abs=1e-6)


def test_a_weight_of_0_leaves_a_loss_out() -> None:
    method = FFP(FFP.configure("tiny", {"gradient": 0.0, "intensity": 2.0}))
    windows = torch.rand(2, 4, 1, 8, 8)
    losses = method.losses(lambda frames: windows[:, -1:] + 0.5, windows)
    # Half of the range [0, 1] is one of the paper's [-1, 1].
    assert losses["intensity"].item() == pytest.approx(1.0)
    assert losses["total"].item() == pytest.approx(2.0)


def test_the_score_is_the_negative_of_the_peak_signal_to_noise_ratio() -> None:
    method = FFP(FFP.configure("tiny"))
    assert method.frame_score(0.001) == pytest.approx(-30)
    assert method.frame_score(0.1) > method.frame_score(0.001) > method.frame_score(0.0) == -100
    assert psnr(1.0) == 0


def test_the_next_frame_alone_comes_out() -> None:
    network = FramePredictor(4, 3, 2)
    predicted = network(torch.rand(2, 4, 3, 16, 24))
    assert predicted.shape == (2, 1, 3, 16, 24)
    assert bool(((predicted > 0) & (predicted < 1)).all())
    config = FFP.configure("paper")
    assert (config.window, config.place, config.answer, config.channels) == (5, 4, 0, 64)  # type: ignore[attr-defined]
