"""How an archive is sifted."""

from __future__ import annotations

from inspect import signature

import awry
from awry.sifting.options import SiftOptions


def test_a_run_takes_the_options_of_the_function_if_nothing_is_said() -> None:
    parameters = signature(awry.sift).parameters
    options = SiftOptions()
    for name in ("preset", "seed", "every", "resume", "scenes_by", "overwrite"):
        assert getattr(options, name) == parameters[name].default, name
    assert options.cache_gib == parameters["cache_size"].default
