"""How a detector is fitted."""

from __future__ import annotations

from dataclasses import replace
from inspect import signature
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.errors import DatasetError, FootageError
from awry.fitting.options import FitOptions, calibration_of, teacher_settings, usual_split
from awry.methods.registry import method_class, method_names
from awry.training.split import WHOLE, Split
from support import moving_square_data, write_images


def test_a_fit_takes_the_options_of_the_function_if_nothing_is_said() -> None:
    parameters = signature(awry.fit).parameters
    options = FitOptions()
    for name in ("preset", "seed", "per_scene", "every", "max_frames", "cache", "resume"):
        assert getattr(options, name) == parameters[name].default, name
    assert options.cache_gib == parameters["cache_size"].default
    assert str(options.budget) == parameters["budget"].default
    assert options.validation is parameters["validation"].default is None
    assert options.calibration is parameters["calibration"].default is None
    assert options.split() == Split(0.1, 0.1)


def test_teachers_that_are_not_given_are_no_settings() -> None:
    assert teacher_settings(None, None, None) == {}
    assert teacher_settings("foreground", "none", "ramp") == {
        **{"detector": "foreground", "classifier": "none", "depth": "ramp"}
    }


@pytest.mark.parametrize("method", method_names())
def test_only_presets_have_splits(method: str) -> None:
    kind = method_class(method)
    assert kind.splits.keys() <= kind.presets.keys()


def test_the_papers_train_on_what_they_say() -> None:
    for method, preset in (
        ("daml", "paper"),
        ("daml", "paper-code"),
        ("mtla", "paper"),
        ("sdor", "paper"),
        ("attributes", "paper"),
    ):
        assert usual_split(method, preset) == WHOLE
    assert usual_split("ssmtl", "paper") == Split(0.15, 0, per_clip=True)  # section 4.2
    for method in method_names():
        assert usual_split(method, "cpu") == usual_split(method, "tiny") == Split()


def test_options_go_before_the_presets_split() -> None:
    paper = usual_split("ssmtl", "paper")
    assert FitOptions(validation=0.2).split(paper) == Split(0.2, 0, per_clip=True)
    assert FitOptions(calibration=0.1).split(WHOLE) == Split(0, 0.1)
    assert FitOptions(calibration=moving_square_data()).split() == Split(0.1, 0)


def test_what_is_calibrated_on_is_a_share_or_footage(tmp_path: Path) -> None:
    assert (calibration_of(None), calibration_of("0.2"), calibration_of(0.2)) == (None, 0.2, 0.2)
    data = moving_square_data()
    assert calibration_of(data, fps=10) is data
    write_images(tmp_path / "night" / "a", np.zeros((3, 8, 8, 3), np.uint8))
    opened = calibration_of(str(tmp_path / "night"), fps=10)
    assert isinstance(opened, awry.Dataset)
    assert ([clip.name for clip in opened.train], opened.fps) == (["a"], 10)
    with pytest.raises(DatasetError, match="does not exist"):
        calibration_of("10 %")
    with pytest.raises(FootageError, match="there is no normal footage in it"):
        calibration_of(replace(data, train=()))
