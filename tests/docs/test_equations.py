"""The methods' pages say where the papers' equations are; the code there carries their labels."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "awry"
LABEL = re.compile(r"\b(?:DAML|SSMTL|MTLA|SDOR) (?:eq\. \d+|section \d[\d.]*\d)")
ROW = re.compile(rf"^\| `({LABEL.pattern})` \|[^|]*\| (.*) \|$", re.MULTILINE)


def tabled() -> list[tuple[str, str, str]]:
    """(label, file, function) of every row of the methods' pages."""
    return [
        (label, *place.split(":"))
        for page in sorted((ROOT / "docs" / "methods").glob("*.md"))
        for label, places in ROW.findall(page.read_text(encoding="utf-8"))
        for place in re.findall(r"`([^`]+)`", places)
    ]


def source_of(file: str, function: str) -> str:
    """The text of a function, a class or a method in a file below the package."""
    text = (SOURCE / file).read_text(encoding="utf-8")
    node: ast.AST = ast.parse(text)
    for name in function.split("."):
        inside = [n for n in ast.iter_child_nodes(node) if getattr(n, "name", None) == name]
        assert inside, f"{file} has no {function}"
        node = inside[0]
    found = ast.get_source_segment(text, node)
    assert found is not None
    return found


@pytest.mark.parametrize(("label", "file", "function"), tabled())
def test_the_code_carries_the_label(label: str, file: str, function: str) -> None:
    assert label in LABEL.findall(source_of(file, function))


def test_every_label_stands_in_a_table() -> None:
    listed = {(label, file) for label, file, _ in tabled()}
    written = {
        (label, path.relative_to(SOURCE).as_posix())
        for path in SOURCE.rglob("*.py")
        for label in LABEL.findall(path.read_text(encoding="utf-8"))
    }
    assert written == listed


@pytest.mark.parametrize(
    ("paper", "equations"), [("DAML", 3), ("SSMTL", 6), ("MTLA", 6), ("SDOR", 9)]
)
def test_every_numbered_equation_is_listed(paper: str, equations: int) -> None:
    listed = {label for label, _, _ in tabled()}
    assert {f"{paper} eq. {number}" for number in range(1, equations + 1)} <= listed
