"""YAML of a person to plain values, each with its line; nothing in it can make an object.

Only what settings need is read: mappings, lists, text, numbers, true, false and null, as YAML 1.2
says. Tags of programs, anchors and aliases are refused: a short file of aliases can stand for
gigabytes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.composer import Composer
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from awry.foreign import quoted
from awry.watch.site.problems import Place, Problem

LARGEST_BYTES = 256 * 1024
DEEPEST = 20
_CORE = "tag:yaml.org,2002:"
_COLLECTIONS = (f"{_CORE}map", f"{_CORE}seq")
_TEXT = ("str", "timestamp")
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0o[0-7_]+|0x[0-9a-fA-F_]+|[0-9][0-9_]*)")


@dataclass(slots=True)
class Document:
    """What was read.

    Attributes:
        values: dicts, lists, text, ints, floats, bools and None; None where nothing could be read.
        lines: place -> its line, from 1.
        problems: what was refused; such values are left out.
    """

    values: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    def line(self, place: Place) -> int | None:
        """The line of a place, or of the nearest one around it; None without any."""
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place)

    def refuse(self, place: Place, sentence: str, line: int | None = None) -> None:
        """Note a problem."""
        self.problems.append(Problem(place, line or self.line(place), sentence))


def read_yaml(data: bytes) -> Document:
    """Read a file's bytes; whatever is wrong with them becomes a problem."""
    document = Document()
    if len(data) > LARGEST_BYTES:
        document.refuse(
            (), f"the file has {len(data)} bytes; settings may have at most {LARGEST_BYTES}"
        )
        return document
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        document.refuse((), "the text is not UTF-8; save the file with that encoding", line)
        return document
    _compose(text, document)
    return document


class _Shallow(Composer):
    """Gives up before deep nesting takes long."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """As the library's."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise RecursionError
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node


def _compose(text: str, document: Document) -> None:
    yaml = YAML(typ="safe", pure=True)
    yaml.Composer = _Shallow
    try:
        node = yaml.compose(text)
        if node is not None:
            document.lines[()] = 1
            document.values = _plain(node, (), document)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = quoted(_harmless(str(error.problem or error.context)), 120)
        document.refuse((), f"this is no YAML: {problem}", mark.line + 1 if mark else None)
    except RecursionError:
        document.refuse((), "it is nested too deeply")
    except (YAMLError, ValueError) as error:
        problem = str(error).splitlines()[0] if str(error) else type(error).__name__
        document.refuse((), f"this is no YAML: {quoted(problem, 120)}")


def _harmless(problem: str) -> str:
    """A parser's complaint without what it quotes of the file beyond single signs."""
    return re.sub(r"'[^']{3,}'", "'...'", problem)


def _plain(node: Node, place: Place, document: Document) -> Any:
    if node.anchor is not None:
        sentence = (
            "anchors and aliases (& and *) are not read; `defaults` is for what cameras share"
        )
        document.refuse(place, sentence, node.start_mark.line + 1)
        return None
    if isinstance(node, MappingNode | SequenceNode) and node.tag not in _COLLECTIONS:
        sentence = f"the tag {quoted(str(node.tag), 40)} is not read; write the plain value"
        document.refuse(place, sentence, node.start_mark.line + 1)
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, place, document)
    if isinstance(node, SequenceNode):
        values = []
        for number, item in enumerate(node.value):
            document.lines[(*place, number)] = item.start_mark.line + 1
            values.append(_plain(item, (*place, number), document))
        return values
    return _scalar(node, place, document)


def _mapping(node: MappingNode, place: Place, document: Document) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = str(key_node.value) if isinstance(key_node, ScalarNode) else ""
        if not key or key_node.tag.endswith(":merge") or "://" in key:  # which may hold a password
            document.refuse(place, "a key is a plain name, e.g. `store`", line)
            continue
        if key in values:
            first = document.lines[(*place, key)]
            document.refuse((*place, _short(key)), f"the key stands in line {first} already", line)
            continue
        document.lines[(*place, key)] = line
        values[key] = _plain(value_node, (*place, key), document)
    return values


def _short(key: str) -> str:
    return quoted(key, 40)


def _scalar(node: Node, place: Place, document: Document) -> Any:
    tag, text = str(node.tag), str(node.value)
    kind = tag.removeprefix(_CORE)
    if kind in _TEXT:
        return text
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() in ("true", "yes", "on", "y")
    line = node.start_mark.line + 1
    try:
        if kind == "int":
            return _integer(text)
        if kind == "float":
            return _finite(text)
    except ValueError as error:
        document.refuse(place, str(error), line)
        return None
    document.refuse(place, f"the tag {quoted(tag, 40)} is not read; write the plain value", line)
    return None


def _integer(text: str) -> int | str:
    if not _INTEGER.fullmatch(text):
        return text
    if len(text) > 20:
        raise ValueError("the number is too large")
    digits = text.replace("_", "").lower()
    plain = digits.lstrip("+-")
    value = int(plain, 0) if plain.startswith(("0b", "0o", "0x")) else int(plain)
    return -value if digits.startswith("-") else value


def _finite(text: str) -> float:
    try:
        value = float(text.replace("_", ""))
    except ValueError:
        value = math.nan  # .inf and .nan
    if not math.isfinite(value):
        raise ValueError("the number is not finite")
    return value
