"""Each module has its own file of tests, where one looks for it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SOURCE = TESTS.parent / "src" / "awry"
EXCEPTED: dict[str, str] = {}


def defines(module: Path) -> bool:
    """Whether a module defines a function or a class of its own."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return any(isinstance(node, kinds) for node in ast.parse(module.read_text()).body)


def mirrors(name: str) -> list[Path]:
    """Where a module's tests may stand."""
    module = TESTS / name
    folder = module.parent
    if module.name != "__init__.py":
        return [folder / f"test_{module.name}"]
    own = f"test_{folder.name}.py"
    return [folder / own, folder.parent / own, folder / "test_init.py"]


MODULES = [
    module.relative_to(SOURCE).as_posix()
    for module in sorted(SOURCE.rglob("*.py"))
    if defines(module)
]


@pytest.mark.parametrize("name", MODULES)
def test_a_module_has_its_tests(name: str) -> None:
    there = any(file.is_file() and "def test_" in file.read_text() for file in mirrors(name))
    assert there != (name in EXCEPTED), (
        f"{name}: {'has tests now: take it off EXCEPTED' if there else 'has no mirrored tests'}"
    )


def test_what_is_excepted_is_there() -> None:
    assert set(EXCEPTED) <= set(MODULES)
