"""How a detector is fitted."""

from __future__ import annotations

from inspect import signature

import awry
from awry.fitting.options import FitOptions, teacher_settings


def test_a_fit_takes_the_options_of_the_function_if_nothing_is_said() -> None:
    parameters = signature(awry.fit).parameters
    options = FitOptions()
    for name in ("preset", "seed", "per_scene", "every", "max_frames", "cache", "resume"):
        assert getattr(options, name) == parameters[name].default, name
    assert options.cache_gib == parameters["cache_size"].default
    assert str(options.budget) == parameters["budget"].default
    assert options.validation + options.calibration < 1


def test_teachers_that_are_not_given_are_no_settings() -> None:
    assert teacher_settings(None, None, None) == {}
    assert teacher_settings("foreground", "none", "ramp") == {
        **{"detector": "foreground", "classifier": "none", "depth": "ramp"}
    }
