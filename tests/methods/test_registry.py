"""Methods are found by name, ours and third parties' alike."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from awry import extensions
from awry.cli.methods import show_methods
from awry.errors import ConfigError
from awry.installation import doctor
from awry.method_list import list_methods
from awry.methods import registry
from awry.methods.base import Method
from awry.methods.flow import Flow

Install = Callable[..., None]


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
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Makes packages of other people, with one module and the methods that they declare."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def put(package: str, code: str, **methods: str) -> None:
        (tmp_path / f"{package}.py").write_text(code)
        about = tmp_path / f"{package}-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
        lines = "".join(f"{name} = {place}\n" for name, place in methods.items())
        (about / "entry_points.txt").write_text(f"[awry.methods]\n{lines}")
        extensions.declared.cache_clear()

    extensions.declared.cache_clear()
    yield put
    monkeypatch.undo()
    extensions.declared.cache_clear()


FLOW = "from awry.methods.flow import Flow\n"


def test_a_third_partys_method_joins_by_its_entry_point(install: Install) -> None:
    install(
        "stranger",
        f"{FLOW}class Strange(Flow):\n    name = 'strange'\n",
        strange="stranger:Strange",
    )
    assert "strange" in registry.method_names()
    assert registry.method_class("strange").name == "strange"
    assert registry.method_class("flow").name == "flow"
    assert registry.package_of("strange") == "stranger"
    assert registry.broken_methods() == []


BROKEN = {
    "import": ("raise ImportError('no torch_extra')", "b:B", "ImportError: no torch_extra"),
    "syntax": ("def (", "b:B", "SyntaxError"),
    "exit": ("import sys; sys.exit(3)", "b:B", "SystemExit: 3"),
    "nowhere": ("", "missing_module:B", "No module named 'missing_module'"),
    "no-class": ("", "b:B", "no attribute 'B'"),
    "malformed": ("", "b c d", "AttributeError"),
    "no-method": ("B = 3", "b:B", "no subclass of awry.methods.base.Method but 3"),
    "abstract": (
        "from awry.methods.base import Method\nclass B(Method):\n    name = 'b'\n",
        "b:B",
        "lacks fit, load_state, scorer, state",
    ),
    "name": (f"{FLOW}class B(Flow): pass\n", "b:B", "calls itself 'flow'"),
    "config": (f"{FLOW}class B(Flow):\n    name = 'b'\n    Config = dict\n", "b:B", "its Config"),
    "presets": (
        f"{FLOW}class B(Flow):\n    name = 'b'\n    presets = None\n", "b:B", "has no presets"
    ),
    "preset": (
        f"{FLOW}class B(Flow):\n    name = 'b'\n    presets = {{'cpu': 3}}\n", "b:B", "presets are"
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_package_is_named_and_harms_nothing(
    install: Install, case: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, place, reason = BROKEN[case]
    name = "b"
    sys.modules.pop("b", None)
    install("b", code, b=place)
    with pytest.raises(ConfigError) as caught:
        registry.method_class(name)
    said = str(caught.value)
    assert said.startswith("The method 'b' of the package b cannot be used: ")
    assert reason in said
    assert said.endswith("Mend, update or uninstall b.")
    assert registry.method_class("flow").name == "flow"
    (entry,) = [entry for entry in list_methods().rows() if entry["name"] == "b"]
    assert (entry["package"], entry["error"]) == ("b", said)
    json.dumps(list_methods().rows(), allow_nan=False)
    show_methods(list_methods().rows())
    assert "uninstall b" in capsys.readouterr().out
    (row,) = [row for row in doctor().rows() if row["name"] == "method b"]
    assert not row["there"]


def test_a_method_without_words_is_listed(install: Install) -> None:
    code = f"""{FLOW}
from pydantic import Field
class Config(Flow.Config):
    needed: int
    odd: object = Field(default_factory=lambda: 1 / 0)
    nan: float = float("nan")
class B(Flow):
    name = "b"
    Config = Config
B.__doc__ = None
"""
    sys.modules.pop("b", None)
    install("b", code, b="b:B")
    (entry,) = [entry for entry in list_methods().rows() if entry["name"] == "b"]
    assert (entry["what"], entry["package"], entry["error"]) == ("(not described)", "b", None)
    assert entry["settings"]["needed"]["default"] is None
    json.dumps(entry, allow_nan=False)


def test_two_packages_with_one_name_are_both_named(install: Install) -> None:
    code = f"{FLOW}class Twin(Flow):\n    name = 'twin'\n"
    install("one", code, twin="one:Twin")
    install("two", code, twin="two:Twin")
    with pytest.raises(ConfigError, match=r"of the package one .* same name is in two"):
        registry.method_class("twin")
    entries = [entry for entry in list_methods().rows() if entry["name"] == "twin"]
    assert [entry["package"] for entry in entries] == ["one", "two"]
    assert all(entry["error"] for entry in entries)


def test_our_methods_are_not_shadowed(install: Install) -> None:
    install("thief", f"{FLOW}class Thief(Flow):\n    pass\n", flow="thief:Thief")
    assert registry.method_class("flow").__module__ == "awry.methods.flow"
    entries = [entry for entry in list_methods().rows() if entry["name"] == "flow"]
    assert [entry["package"] for entry in entries] == ["awry", "thief"]
    assert "same name is in awry" in entries[1]["error"]


def test_a_method_of_no_package_is_found_for_a_while() -> None:
    class Mine(Flow):
        name = "mine"

    with registry.registered(Mine):
        assert registry.method_class("mine") is Mine
        assert registry.package_of("mine") == "this program"
    with pytest.raises(ConfigError, match="no method 'mine'"):
        registry.method_class("mine")
