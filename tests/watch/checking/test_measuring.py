"""How many more cameras a machine carries."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from awry.errors import AwryError
from awry.watch.checking.measuring import measure, rate_with

WANTED: dict[str, Any] = {
    "method": "flow",
    "preset": "cpu",
    "size": [360, 640],
    "rate": 10.0,
    "bundles": [["yard", 10.0], ["door", 5.0]],
    "learning": 1,
}


def measured(cores: float = 2.0, a_core: float = 100.0, **change: Any) -> dict[str, Any]:
    return measure(
        WANTED | change,
        lambda step, share: None,
        lambda bundle: {"yard": 20.0, "door": 100.0}[bundle.name],
        lambda method, preset, size: a_core,
        cores,
    )


def test_what_cameras_take_and_how_many_fit() -> None:
    # yard 0.5 + 0.05, door 0.05 + 0.05, the one that learns 0.1 + 0.05; each further one 0.15
    found = measured()
    assert found["used"] == pytest.approx(0.8 / 2)
    assert found["carries"] == 4  # 0.6 of a core is left below 70 % of two
    assert (found["method"], found["rate"]) == ("flow", 100.0)


def test_a_machine_that_has_too_much_to_do() -> None:
    assert measured(cores=1.0)["carries"] == 0
    assert measured(cores=2.0, bundles=[], learning=0)["carries"] == 9


def test_how_far_it_is() -> None:
    heard: list[Any] = []
    measure(WANTED, lambda *said: heard.append(said), lambda _: 20.0, lambda *_: 20.0, 2.0)
    assert heard == [("cameras", 0.0), ("cameras", 0.25), ("method", 0.5)]


def test_the_usual_method_is_the_one_for_cameras() -> None:
    from awry.methods.registry import method_class

    assert method_class(measured(method="")["method"]).watch_by_default


def test_a_method_is_measured_once(tmp_path: Path) -> None:
    rate = rate_with("flow", "tiny", (48, 64), cache=tmp_path)
    assert rate > 1
    (file,) = tmp_path.rglob("method-*.json")
    file.write_text(json.dumps({"rate": 123.5}))
    assert rate_with("flow", "tiny", (48, 64), cache=tmp_path) == 123.5


def test_a_method_that_cannot_be_fitted_says_why(tmp_path: Path) -> None:
    with pytest.raises(AwryError, match="no method 'nope'"):
        rate_with("nope", "tiny", (48, 64), cache=tmp_path)
