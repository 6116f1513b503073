from __future__ import annotations

from pathlib import Path

import pytest
import torch

import awry
from awry.errors import BundleError, TrainingError
from awry.fitting import FitOptions, fit_detector
from awry.methods.base import Setting
from awry.methods.daml import DAML
from support import moving_square_data

from .conftest import MakeModel


def test_the_means_of_scenes_are_kept_by_name(make_model: MakeModel) -> None:
    model = make_model(("yard", "gate"))
    method, other = DAML(model.config), DAML(model.config)
    method.model = model
    tensors = method.state()
    means = sorted(name for name in tensors if name.startswith("mean"))
    assert means == ["mean.*", "mean.gate", "mean.yard"]
    assert torch.equal(tensors["mean.gate"], model.mean_of("gate"))
    other.load_state(dict(tensors))
    assert other.model is not None
    for scene in ("*", "yard", "gate"):
        assert torch.equal(other.model.mean_of(scene), model.mean_of(scene))
    del tensors["mean.*"]
    with pytest.raises(BundleError, match="tensors do not fit its DAML settings"):
        other.load_state(tensors)


def test_how_far_pixels_differ_is_kept_where_it_is_known(make_model: MakeModel) -> None:
    model = make_model(("yard",))
    method, other = DAML(model.config), DAML(model.config)
    method.model = model
    assert not any(name.startswith("deviation") for name in method.state())
    model.deviations = torch.rand(2, 16, 24)
    tensors = method.state()
    other.load_state(dict(tensors))
    assert other.model is not None
    for number, scene in enumerate(("*", "yard")):
        deviation = other.model.deviation_of(scene)
        assert deviation is not None
        assert torch.equal(deviation, model.deviations[number])
    cut = {**tensors, "deviation.*": torch.rand(2, 2), "deviation.yard": torch.rand(2, 2)}
    for broken in (cut, {k: v for k, v in tensors.items() if k != "deviation.yard"}):
        with pytest.raises(BundleError, match="tensors do not fit its DAML settings"):
            other.load_state(broken)


def test_what_relative_errors_need_is_kept(make_model: MakeModel) -> None:
    model = make_model(("yard",))
    settled, unsettled = (make_model(position="both", power=power).config for power in (0.5, None))
    method, other = DAML(model.config), DAML(settled)
    method.model = model
    for energy, levels, config in (
        (None, None, settled),
        (0.25, None, settled),
        (0.25, torch.tensor([2.0, 3.0]), unsettled),
    ):
        model.energy, model.levels = energy, levels
        with pytest.raises(BundleError, match="position both needs what was measured"):
            DAML(config).load_state(method.state())
    other.load_state(method.state())
    assert other.model is not None
    assert other.model.energy == 0.25
    assert [other.model.level_of(scene) for scene in ("yard", "elsewhere")] == [3.0, 2.0]


@pytest.mark.parametrize("power", [None, 0.25])
def test_a_fit_settles_how_relative_errors_are(tmp_path: Path, power: float | None) -> None:
    """Which the bundle keeps, and its notes say where nobody chose it."""
    changes = {"position": "both"} | ({} if power is None else {"power": power})
    data, how = moving_square_data(), FitOptions(preset="tiny", changes=changes)
    fitted = fit_detector("daml", data, tmp_path / "b", how)
    fitted.save(tmp_path / "saved")
    kept = awry.load(tmp_path / "saved")
    of_fit, of_bundle = (detector.models["*"] for detector in (fitted, kept))
    assert isinstance(of_fit, DAML)
    assert isinstance(of_bundle, DAML)
    settled = of_bundle.config.power
    assert settled is not None
    assert settled == of_fit.config.power
    said = [note for note in kept.facts.data.notes if "goes with what the codes hold" in note]
    if power is None:
        assert 0 <= settled <= 1
        assert len(said) == 1
    else:
        assert (settled, said) == (power, [])
    assert of_fit.model is not None
    assert of_bundle.model is not None
    assert of_bundle.model.energy == pytest.approx(of_fit.model.energy)
    assert of_bundle.model.level_of("*") == pytest.approx(of_fit.model.level_of("*"))
    ours, again = (
        [
            one.score
            for one in detector.scorer().score(data.train[0].open())
            if one.score is not None
        ]
        for detector in (fitted, kept)
    )
    assert max(ours) > 0
    assert ours == pytest.approx(again, rel=1e-5)


def test_what_is_not_fitted_cannot_score(make_model: MakeModel) -> None:
    with pytest.raises(TrainingError, match="This DAML has not been fitted"):
        DAML(make_model().config).scorer(Setting())


def test_without_held_back_footage_converging_goes_by_training_losses(tmp_path: Path) -> None:
    changes = {"converged": 0.99, "first_epochs": 9, "second_epochs": 1}
    how = FitOptions(preset="tiny", changes=changes, validation=0)
    detector = fit_detector("daml", moving_square_data(), tmp_path / "b", how)
    assert any("converged goes by the training losses" in n for n in detector.facts.data.notes)
    epochs = detector.facts.history["*"]
    assert len([e for e in epochs if e["phase"] == "reconstruction"]) == 4
    assert not any(name.startswith("validation_") for epoch in epochs for name in epoch)
    assert detector.calibration.has_thresholds


def test_a_crop_is_never_wider_than_a_tall_picture(tmp_path: Path) -> None:
    """Of a phone held upright: 128 pixels high and 60 wide, while `cpu` crops 64."""
    data = moving_square_data(clips=2, length=40, size=(256, 120))
    few = {"crop": 64, "height": 128, "run_length": 12}
    how = FitOptions(preset="tiny", changes=few, validation=0, calibration=0)
    config = fit_detector("daml", data, tmp_path / "b", how).models["*"].config
    assert (config.width, config.crop) == (60, 60)  # type: ignore[attr-defined]
