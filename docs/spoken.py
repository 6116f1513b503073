"""Sentences that Python says to people, found in the source: for the catalogue of the pages.

A sentence is a text that ends with a full stop, or with what another says behind a colon. What it
fills in becomes a placeholder: `f"There is no user {name}."` is `There is no user %(name)s.`
"""

from __future__ import annotations

import ast
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

_SILENT = ("description", "summary", "responses", "response_description", "json_schema_extra")
"""Arguments that are for OpenAPI."""
_LOGS = ("log.", "_log.", "self._log.", "logger.", "_LOG.")
_PLACEHOLDER = re.compile(r"%\(\w+\)s")
_BEFORE = re.compile(r"^%\(\w+\)s (?=[A-Z]|%\()")
_BEHIND = re.compile(r"(?<=\.) %\(\w+\)s$")
_END = re.compile(r"(?:\.|: %\(\w+\)s)$")
_WORDS = re.compile(r"[A-Za-z]{3,}")
_MOST_FORMS = 4


def spoken(path: Path) -> Iterator[tuple[int, str]]:
    """The sentences of a module, each with its line.

    A part that is one of two texts, `alarm{'' if count == 1 else 's'}`, gives two sentences.

    Args:
        path: of the module.
    """
    tree = ast.parse(path.read_text("utf-8"))
    silent = {id(one) for part in _silent(tree) for one in ast.walk(part)}
    texts = [one for one in ast.walk(tree) if isinstance(one, ast.JoinedStr | ast.Constant)]
    for node in sorted(texts, key=lambda one: (one.lineno, one.col_offset)):
        if id(node) in silent:
            continue
        silent |= {id(one) for one in ast.walk(node)}  # its own pieces
        for text in templates(node):
            # What another says before or behind is a sentence of its own.
            alone = _BEHIND.sub("", _BEFORE.sub("", text)).strip()
            if _is_sentence(alone):
                yield node.lineno, alone


def _is_sentence(text: str) -> bool:
    if "\n" in text or " " not in text or not _END.search(text):
        return False
    return _WORDS.search(_PLACEHOLDER.sub("", text)) is not None


def templates(node: ast.expr) -> list[str]:
    """A text of the source as texts with placeholders; none where it is no text."""
    if isinstance(node, ast.Constant):
        return [node.value] if isinstance(node.value, str) else []
    if not isinstance(node, ast.JoinedStr):
        return []
    names: dict[str, int] = {}
    parts = [_forms(part, names) for part in node.values]
    return ["".join(one) for one in itertools.islice(itertools.product(*parts), _MOST_FORMS)]


def _forms(part: ast.expr, names: dict[str, int]) -> list[str]:
    if isinstance(part, ast.Constant):
        return [str(part.value).replace("%", "%%")]
    assert isinstance(part, ast.FormattedValue)
    value = part.value
    if isinstance(value, ast.IfExp) and all(
        isinstance(one, ast.Constant) for one in (value.body, value.orelse)
    ):
        return [one for each in (value.body, value.orelse) for one in templates(each)]
    name = _name(value)
    names[name] = names.get(name, 0) + 1
    return [f"%({name}{names[name] if names[name] > 1 else ''})s"]


def _name(value: ast.expr) -> str:
    """What a placeholder is called: the last name that the source says."""
    found = re.findall(r"[A-Za-z_]\w*", re.sub(r"'[^']*'|\"[^\"]*\"", "", ast.unparse(value)))
    names = [one.strip("_").lower() for one in found if one not in ("if", "else", "or", "self")]
    return next(reversed([one for one in names if one]), "value")


def _silent(tree: ast.Module) -> Iterator[ast.AST]:
    for node in ast.walk(tree):
        is_docstring = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or (isinstance(node, ast.keyword) and node.arg in _SILENT):
            yield node
        elif isinstance(node, ast.Dict):
            yield from (
                value
                for key, value in zip(node.keys, node.values, strict=True)
                if isinstance(key, ast.Constant) and key.value in _SILENT
            )
        elif isinstance(node, ast.Call) and ast.unparse(node.func).startswith(_LOGS):
            yield node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from node.decorator_list
