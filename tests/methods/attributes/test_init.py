from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.errors import BundleError, FootageError, TrainingError
from awry.fitting import FitOptions, fit_detector
from awry.methods.attributes import Attributes, AttributesConfig
from awry.methods.attributes.config import PRESETS
from awry.methods.base import Setting
from support import moving_square_data


def test_a_fitted_method_comes_back_from_its_state(detector: Detector) -> None:
    method = detector.models["*"]
    tensors = method.state()
    again = Attributes(method.config)
    again.load_state(dict(tensors))
    assert again.state().keys() == tensors.keys()
    assert all(torch.equal(again.state()[name], value) for name, value in tensors.items())
    del tensors["gallery.files"]
    with pytest.raises(BundleError, match="do not fit its attributes"):
        again.load_state(tensors)


def test_what_is_not_fitted_has_no_state_and_cannot_score() -> None:
    method = Attributes(AttributesConfig(**PRESETS["tiny"]))
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="has not been fitted"):
            use()


def test_fitting_settles_rate_colour_and_detector(detector: Detector) -> None:
    config = detector.models["*"].config
    assert isinstance(config, AttributesConfig)
    assert (config.fps, config.grey, config.tiles) == (10.0, False, (1, 1))
    assert config.detector_fingerprint


def test_footage_without_objects_is_refused(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"least_side": 1000.0})
    with pytest.raises(FootageError, match="no objects to learn from"):
        fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)


def test_velocities_alone_need_no_classifier(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"classifier": "none", "combine": "frame"})
    alone = fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)
    frames = list(moving_square_data().test[0].open())[:12]
    scorer = alone.scorer()
    assert {name for score in scorer.score(frames) for name in score.parts} == {
        "velocity",
        "speed",
        "direction",
    }
    assert scorer.pictures(frames) is None
    assert np.isfinite([s.score for s in alone.scorer().score(frames) if s.score is not None]).all()
