"""Calls from a program that go wrong end in an error of awry."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.errors import AwryError, BundleError, ConfigError, FrameError, SourceError
from awry.fitting import FitOptions, fit_options
from awry.scoring.budget import Budget
from awry.training.split import Exclusion
from awry.video import ArraySource


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: awry.load("b", eagre=True), "load has no option 'eagre'"),
        (lambda: awry.open_source("v.mp4", fsp=25), "open_source .* 'fsp': did you mean 'fps'"),
        (lambda: awry.open_dataset("d", fromat="ucsd"), "did you mean 'format'"),
        (lambda: awry.fit("flow", "d", out="o", prest="cpu"), "'prest' of fit: did you mean"),
    ],
)
def test_unknown_options_suggest_the_nearest(tmp_path: Path, call: Any, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        call()


@pytest.mark.parametrize("what", [None, 3.5, np.zeros((4, 6, 3), np.uint8), b"v.mp4", True, ["a"]])
def test_what_is_no_source(what: Any) -> None:
    with pytest.raises(SourceError, match="Expected a path, an address or a device's number"):
        awry.open_source(what)
    with pytest.raises(BundleError, match="Expected a bundle's folder"):
        awry.load(what)


def test_several_images_are_told_from_an_array() -> None:
    with pytest.raises(FrameError, match=r"got list; .*np\.stack"):
        ArraySource([np.zeros((4, 6, 3), np.uint8)])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"preset": 3}, "'preset' of fit is 3"),
        ({"seed": "x"}, "'seed' of fit is 'x'"),
        ({"changes": 5}, "'changes' of fit is 5"),
        ({"budget": "often"}, "Cannot read the alarm budget"),
        ({"budget": []}, "'budget' of fit"),
        ({"ignore": "rows:0-3"}, r"takes a list: \['rows:0-3'\]"),
        ({"exclude": ["a"]}, "Cannot read the exclusion 'a'"),
        ({"exclude": [3]}, "'exclude"),
        ({"cache": 3}, "'cache' of fit is 3"),
    ],
)
def test_options_of_another_type_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(AwryError, match=said):
        fit_options(**options)


def test_options_may_be_written_as_on_the_command_line() -> None:
    found = fit_options(budget="1/day", exclude=["a:1-2"], cache="c", ignore=["rows:0-3"], every=2)
    assert found.budget == Budget.parse("1/day")
    assert found.exclude == [Exclusion("a", 1, 2)]
    assert (found.cache, found.every) == (Path("c"), 2)
    assert fit_options() == FitOptions()
