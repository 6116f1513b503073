"""docs/questions.md names settings, presets and values that there are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest

from awry.methods.registry import method_class

PAGE = Path(__file__).resolve().parents[2] / "docs" / "questions.md"
METHODS = ("ssmtl", "mtla", "sdor", "daml")


def choices(method: str) -> list[str]:
    """The third cell of each row of a method's table."""
    section = PAGE.read_text("utf-8").split(f"\n## {method.upper()}\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ")][2:]
    return [re.split(r"(?<!\\)\|", row)[3] for row in rows]


def values(annotation: Any) -> set[str]:
    """What a setting may be, as far as it is one of several words."""
    inside = get_args(annotation)
    words = {value for value in inside if isinstance(value, str)}
    return words.union(*(values(part) for part in inside if not isinstance(part, str)))


@pytest.mark.parametrize("method", METHODS)
def test_what_is_named_is_there(method: str) -> None:
    kind = method_class(method)
    fields = kind.Config.model_fields
    known = {*fields, *kind.presets}.union(*(values(f.annotation) for f in fields.values()))
    written = {
        word
        for choice in choices(method)
        for code in re.findall(r"`([^`]+)`", choice)
        for word in code.split("=")
    }
    assert written
    assert written <= known, written - known


def test_every_row_is_whole() -> None:
    for method in METHODS:
        rows = choices(method)
        assert len(rows) > 5
        assert all(row.strip() for row in rows)
