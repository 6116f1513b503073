"""All that is special to a system lives in its folder: nothing outside names one."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import awry

SOURCE = Path(awry.__file__).parent
SYSTEMS = re.compile(r"(?<![a-z])(daml|mtla|sdor|ssmtl)(?![a-z])", re.IGNORECASE)

# What sifts an archive is one system's: the run's folder holds its model, feedback trains it.
ROOMS_OF_ONE = ("sifting",)
# Sentences for people, in which a system stands as an example or as the origin of a convention.
SENTENCES = {
    "cli/figures.py": "E.g. daml-fig7, 'daml-*'; none: list all.",
    "cli/reproduce.py": "E.g. daml-table5; none: list all.",
    "installation.py": "for awry sift, sdor, knn and ssmtl: pip install 'awry[sift]'",
    "evaluation/declaration.py": "convention of the DAML paper",
    "training/bundle.py": "make a bundle: awry fit sdor.",
}


def files() -> list[str]:
    every = sorted(path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py"))
    rooms = (*ROOMS_OF_ONE, *(f"methods/{name}" for name in ("daml", "mtla", "sdor", "ssmtl")))
    return [name for name in every if not name.startswith(tuple(f"{room}/" for room in rooms))]


def said(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and text of every name, import and string of a module; docstrings are left out."""
    described = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docstrings = set()
    for node in ast.walk(tree):
        for inner in getattr(node, "body", ()) if isinstance(node, described) else ():
            if isinstance(inner, ast.Expr) and isinstance(inner.value, ast.Constant):
                docstrings.add(inner.value)
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            if node not in docstrings:
                yield line, node.value
        elif isinstance(node, ast.ImportFrom):
            yield line, node.module or ""
        for field in ("id", "attr", "name", "arg"):
            if isinstance(text := getattr(node, field, None), str):
                yield line, text


def test_nothing_outside_a_systems_folder_names_it() -> None:
    found = [
        f"{name}:{line}: {text[:60]}"
        for name in files()
        for line, text in said(ast.parse((SOURCE / name).read_text("utf-8")))
        if SYSTEMS.search(text) and SENTENCES.get(name, "\0") not in text
    ]
    assert found == []


def test_the_exceptions_are_needed() -> None:
    for name, sentence in SENTENCES.items():
        assert sentence in (SOURCE / name).read_text("utf-8")
    for room in ROOMS_OF_ONE:
        assert any(
            SYSTEMS.search(text)
            for path in (SOURCE / room).rglob("*.py")
            for _, text in said(ast.parse(path.read_text("utf-8")))
        )
