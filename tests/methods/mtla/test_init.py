from __future__ import annotations

from pathlib import Path

import pytest
import torch

from awry.errors import BundleError, TrainingError
from awry.fitting import FitOptions, fit_detector
from awry.methods.base import Setting
from awry.methods.mtla import BACKGROUND, MTLA
from awry.methods.mtla.config import MTLAConfig
from support import moving_square_data

from .conftest import SMALL, MakeModel


def test_each_scenes_background_is_kept_with_the_model(make_model: MakeModel) -> None:
    method = MTLA(MTLAConfig(**SMALL))
    tensors = dict(make_model().state_dict())
    with pytest.raises(BundleError, match="lacks the scene's background"):
        method.load_state(dict(tensors))
    background = torch.full((32, 48, 3), 90, dtype=torch.uint8)
    method.load_state({**tensors, f"{BACKGROUND}yard": background})
    state = method.state()
    assert torch.equal(state.pop(f"{BACKGROUND}yard"), background)
    assert state.keys() == tensors.keys()


def test_tensors_that_do_not_fit_are_refused() -> None:
    with pytest.raises(BundleError, match="tensors do not fit its MTLA settings"):
        MTLA(MTLAConfig(**SMALL)).load_state({})


def test_what_is_not_fitted_has_no_state_and_cannot_score() -> None:
    method = MTLA(MTLAConfig(**SMALL))
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="This MTLA has not been fitted"):
            use()


def test_without_held_back_footage_training_frames_say_what_is_normal(tmp_path: Path) -> None:
    changes = {"weights": "blind", "smoothing": "none"}
    how = FitOptions(preset="tiny", changes=changes, max_frames=20, validation=0, calibration=0)
    detector = fit_detector("mtla", moving_square_data(), tmp_path / "b", how)
    notes = " ".join(detector.facts.data.notes)
    assert "No footage was held back for validation: what is normal was measured" in notes
    assert "weights=blind needs held-back footage" in notes
    model = detector.models["*"].model  # type: ignore[attr-defined]
    assert model.branch_weights.tolist() == [0.5, 0.5]
    assert not any(
        name.startswith("validation_") for e in detector.facts.history["*"] for name in e
    )
