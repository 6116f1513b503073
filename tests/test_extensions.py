"""What other packages add by entry points."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from awry import extensions
from awry.errors import ConfigError
from awry.extensions import extension, no_function


def point(name: str, package: str | None, loaded: Any) -> Any:
    """An entry point that loads something, or raises it."""

    def load() -> Any:
        if isinstance(loaded, BaseException):
            raise loaded
        return loaded

    distribution = None if package is None else SimpleNamespace(name=package)
    return SimpleNamespace(name=name, dist=distribution, load=load)


def declare(monkeypatch: pytest.MonkeyPatch, *points: Any) -> None:
    monkeypatch.setattr(extensions, "entry_points", lambda group: points)
    monkeypatch.setattr(extensions, "declared", extensions.declared.__wrapped__)


def test_ours_come_first_then_by_package(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [point("f1", "zoo", 1), point("f1", "awry", 2), point("f1", "ant", 3)]
    declare(monkeypatch, *points)
    named = extensions.declared("awry.metrics")["f1"]
    assert [extensions.package_name(each) for each in named] == ["awry", "ant", "zoo"]
    with pytest.raises(ConfigError, match="in several packages: awry, ant, zoo"):
        extension("awry.metrics", "f1", "metric", no_function)


def test_a_function_is_given_and_all_else_refused_by_package(monkeypatch) -> None:
    declare(
        monkeypatch,
        point("good", "ant", max),
        point("three", "bee", 3),
        point("left", "cat", SystemExit(1)),
        point("alone", None, 3),
    )
    assert extension("awry.metrics", "good", "metric", no_function) is max
    for name, said in {
        "three": "The metric 'three' of the package bee cannot be used: it is no function but 3.",
        "left": "of the package cat cannot be used: SystemExit: 1. Mend, update or uninstall cat.",
        "alone": "of the package a package that is not named cannot be used",
    }.items():
        with pytest.raises(ConfigError) as refused:
            extension("awry.metrics", name, "metric", no_function)
        assert said in str(refused.value)
