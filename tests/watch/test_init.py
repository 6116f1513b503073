"""The functions of `awry.watch`, imported when they are used."""

from __future__ import annotations

import builtins
import inspect
import subprocess
import sys
from typing import Any

import pytest

import awry.watch
from awry.calls import is_checked
from awry.errors import MissingError


@pytest.mark.parametrize("name", awry.watch.__all__)
def test_every_function_says_what_it_does_and_checks_its_arguments(name: str) -> None:
    function = getattr(awry.watch, name)
    assert inspect.isfunction(function)
    assert inspect.getdoc(function)
    assert is_checked(function)
    assert name in dir(awry.watch)


def test_the_map_is_all_that_is_promised() -> None:
    assert set(awry.watch._LAZY) == set(awry.watch.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        awry.watch.nothing  # noqa: B018


def test_the_processes_of_a_site_import_nothing_by_it() -> None:
    code = "import sys, awry.watch.clock; print([m for m in sys.modules if 'sqlalchemy' in m])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_missing_extra_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **options: Any) -> Any:
        if name.partition(".")[0] == "ruamel":
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *args, **options)

    for name in list(sys.modules):
        if name.startswith(
            ("awry.watch.new_site", "awry.watch.site.yaml_text", "awry.watch.site.read")
        ):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingError, match=r"pip install 'awry\[watch\]'"):
        awry.watch.init  # noqa: B018
