from __future__ import annotations

from pathlib import Path

import torch

from awry.fitting import FitOptions, fit_detector
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.samples import SampleBatch
from awry.methods.mtla.training import answers
from support import moving_square_data

from .conftest import SMALL, MakeModel, batch


def test_the_motion_branch_is_the_same_whatever_stands_beside_it(tmp_path: Path) -> None:
    learned = []
    for appearance in ("next", "current", "none"):
        options = FitOptions(preset="tiny", changes={"appearance": appearance})
        fitted = fit_detector("mtla", moving_square_data(clips=2), tmp_path / appearance, options)
        state = fitted.models["*"].state()
        learned.append({k: v for k, v in state.items() if k.startswith("branches.motion")})
    for other in learned[1:]:
        for name, value in learned[0].items():
            torch.testing.assert_close(value, other[name], rtol=0, atol=0)


def test_attention_changes_the_motion_branch_alone(make_model: MakeModel) -> None:
    model, config, one = make_model(), MTLAConfig(**SMALL), batch()
    changed = SampleBatch(one.pictures, one.classes, one.magnitude, torch.zeros_like(one.context))
    torch.testing.assert_close(
        *(answers(model, "appearance", b, config)[2] for b in (one, changed))
    )
    assert not torch.allclose(*(answers(model, "motion", b, config)[2] for b in (one, changed)))
