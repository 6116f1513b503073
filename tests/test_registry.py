"""Methods are found by name, ours and third parties' alike."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from awry import registry
from awry.errors import ConfigError
from awry.methods.base import Method


def test_our_methods_are_there() -> None:
    assert {"daml", "flow", "knn"} <= set(registry.method_names())
    assert registry.method_names() == sorted(registry.method_names())


@pytest.mark.parametrize("name", ["daml", "flow", "knn"])
def test_a_methods_name_is_the_registrys(name: str) -> None:
    found = registry.method_class(name)
    assert issubclass(found, Method)
    assert found.name == name
    assert {"paper", "cpu", "tiny"} <= set(found.presets)


def test_an_unknown_method_suggests_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no method 'damll': did you mean 'daml'\?"):
        registry.method_class("damll")


@pytest.fixture
def stranger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Somebody else's package with a method of its own."""
    (tmp_path / "stranger.py").write_text(
        "from awry.methods.flow import Flow\n\n\nclass Strange(Flow):\n    name = 'strange'\n"
    )
    about = tmp_path / "stranger-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: stranger\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[awry.methods]\nstrange = stranger:Strange\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    registry._found.cache_clear()
    yield
    monkeypatch.undo()
    registry._found.cache_clear()


@pytest.mark.usefixtures("stranger")
def test_a_third_partys_method_joins_by_its_entry_point() -> None:
    assert "strange" in registry.method_names()
    assert registry.method_class("strange").name == "strange"
    assert registry.method_class("flow").name == "flow"
