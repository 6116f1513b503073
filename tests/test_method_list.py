from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.method_list import describe_method, list_methods
from awry.methods.flow import Flow
from awry.methods.registry import method_names, registered


def test_installed_methods_and_what_can_be_set() -> None:
    methods = list_methods()
    assert [method.name for method in methods] == method_names()
    assert all(method.error is None for method in methods)
    rows = {row["name"]: row for row in methods.to_dict()}
    assert list(rows["flow"]) == ["name", "what", "presets", "settings", "package", "error"]
    assert "cpu" in rows["daml"]["presets"]


def test_a_method_of_this_program_is_listed() -> None:
    class Mine(Flow):
        """Mine."""

        name = "mine"

    with registered(Mine):
        (mine,) = [method for method in list_methods() if method.name == "mine"]
    assert (mine.what, mine.package) == ("Mine.", "this program")


def test_one_method_in_full() -> None:
    page = describe_method("daml")
    assert page.package == "awry"
    assert list(page.to_dict()) == ["name", "text", "presets", "levels", "settings", "package"]
    assert page.to_dict()["settings"] == page.rows()
    assert page.cards()[0].label == "daml"
    with pytest.raises(ConfigError, match="did you mean 'daml'"):
        describe_method("damll")
