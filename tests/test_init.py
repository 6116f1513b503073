"""The flat map of `awry`: every name can be had, and no call goes unchecked."""

from __future__ import annotations

import inspect
import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

import awry
from awry.calls import is_checked

FUNCTIONS = [
    name
    for name, module in awry._LAZY.items()
    if inspect.isfunction(getattr(import_module(module), name))
]


@pytest.mark.parametrize("name", awry.__all__)
def test_every_name_can_be_had_and_says_what_it_is(name: str) -> None:
    value = getattr(awry, name)
    assert name in dir(awry)
    if name != "__version__":
        assert inspect.getdoc(value)


def test_the_map_is_all_that_is_promised() -> None:
    assert {*awry._LAZY, *awry._LAZY_MODULES, "__version__"} == set(awry.__all__)
    assert len(set(awry.__all__)) == len(awry.__all__)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        awry.nothing  # noqa: B018


def test_no_module_is_called_like_a_function() -> None:
    # Importing a module sets it on its package, where it would hide the function.
    modules = {module.name for module in pkgutil.iter_modules(awry.__path__)}
    assert modules & set(FUNCTIONS) == set()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_check_their_arguments_and_know_their_annotations(name: str) -> None:
    function = getattr(awry, name)
    assert is_checked(function)
    taken = inspect.signature(function).parameters
    named = [p.name for p in taken.values() if p.kind is not p.VAR_KEYWORD]
    assert list(function.checks()) == named
    if named == list(taken):
        with pytest.raises(awry.ConfigError, match=f"{name} has no option 'nothing'"):
            function(nothing=1)


def test_import_is_light() -> None:
    heavy = "{'torch', 'cv2', 'av', 'scipy', 'sklearn', 'matplotlib', 'pydantic', 'numpy', 'rich'}"
    code = f"import sys, awry; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"
