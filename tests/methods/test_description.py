from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, ClassVar, Literal

import pytest
from pydantic import Field

from awry.methods.base import Method, MethodConfig
from awry.methods.description import describe, kind_in_words
from awry.methods.registry import method_class, method_names


class Settings(MethodConfig):
    """Settings of somebody's method."""

    size: int = Field(7, ge=1, lt=99, description="of its window")
    rule: Literal["mean", "max"] = "mean"
    weights: tuple[float, ...] = (1.0, 2.0)
    limit: float | None = None
    must: str
    odd: float = float("nan")
    made: list[int] = Field(default_factory=lambda: [1])


class Silent(Method):
    name = "silent"
    Config = Settings
    presets: ClassVar[dict[str, dict[str, Any]]] = {"cpu": {}, "tiny": {"size": 3, "limit": 0.5}}


Silent.__doc__ = None
Silent.__module__ = "nowhere"


def test_every_setting_is_described() -> None:
    found = describe(Silent)
    assert (found.name, found.text, found.presets) == ("silent", "(not described)", ("cpu", "tiny"))
    settings = {one.name: one for one in found.settings}
    assert list(settings) == list(Settings.model_fields)
    size = settings["size"]
    assert (size.kind, size.default) == ("whole number, at least 1, below 99", 7)
    assert (size.about, size.presets) == ("of its window", {"tiny": 3})
    assert settings["rule"].kind == "mean or max"
    assert settings["weights"].kind == "list of number"
    assert settings["weights"].default == [1.0, 2.0]
    assert settings["limit"].kind == "number or none"
    assert settings["limit"].presets == {"tiny": 0.5}
    assert (settings["must"].required, settings["must"].default) == (True, None)
    assert settings["odd"].default == "nan"
    assert settings["made"].default == [1]


@pytest.mark.parametrize("name", method_names())
def test_each_installed_method_can_be_shown(name: str) -> None:
    kind = method_class(name)
    found = describe(kind)
    json.dumps(asdict(found), allow_nan=False)
    assert found.text.splitlines()[0] == (kind.__doc__ or "").splitlines()[0]
    assert len(found.text.splitlines()) > 2
    assert [one.name for one in found.settings] == list(kind.Config.model_fields)
    for preset, values in kind.presets.items():
        given = {one.name: one.presets[preset] for one in found.settings if preset in one.presets}
        assert given.keys() == values.keys()


def test_kinds_of_other_makers() -> None:
    assert kind_in_words(dict[str, int]) == "KEY: VALUE pairs"
    assert kind_in_words(bool) == "true or false"
    assert kind_in_words(Settings) == "Settings"
