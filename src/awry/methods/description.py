"""What a method is and what can be set, for people: its text, presets, and every setting."""

from __future__ import annotations

import inspect
import json
import sys
import types
import typing
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from awry.methods.base import Method
from awry.results import FigureCard, Listing

BOUNDS = (("ge", "at least"), ("gt", "above"), ("le", "at most"), ("lt", "below"))
_NAMES = {"NoneType": "none", "str": "text", "bool": "true or false", "int": "whole number"}


@dataclass(frozen=True, slots=True)
class SettingDescription:
    """One setting.

    Attributes:
        name: as `--set NAME=VALUE` takes it.
        kind: what values it takes, in words, with its bounds.
        default: as JSON can hold it; None also where there is none, see `required`.
        required: whether it must be given.
        about: what it means; may be empty.
        presets: preset -> value, of the presets that do not take the default.
    """

    name: str
    kind: str
    default: Any
    required: bool
    about: str
    presets: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MethodDescription(Listing):
    """A method and all that can be set.

    Attributes:
        name: as `awry fit NAME` takes it.
        text: its class's docstring, whose first line says what it is, then its module's, where
            the paper and its origin stand.
        presets: their names.
        levels: parts of its score that are whole scores by themselves.
        settings: all of them, in the order in which they are declared.
        package: that the method comes from.
    """

    name: str
    text: str
    presets: tuple[str, ...]
    levels: tuple[str, ...]
    settings: tuple[SettingDescription, ...]
    package: str = ""

    def to_dict(self) -> dict[str, Any]:
        """All attributes, the settings as mappings."""
        return {
            "name": self.name,
            "text": self.text,
            "presets": list(self.presets),
            "levels": list(self.levels),
            "settings": self.rows(),
            "package": self.package,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each setting."""
        return [asdict(setting) for setting in self.settings]

    def cards(self) -> list[FigureCard]:
        """What it is, and its presets."""
        what = self.text.partition("\n")[0]
        return [
            FigureCard(self.name, what, f"of the package {self.package}"),
            FigureCard("presets", ", ".join(self.presets), f"{len(self.settings)} settings"),
        ]


def describe(kind: type[Method], package: str = "") -> MethodDescription:
    """Describe a method; one that says little of itself is described with little."""
    return MethodDescription(
        name=kind.name,
        text=_text(kind),
        presets=tuple(str(preset) for preset in kind.presets),
        levels=tuple(kind.levels),
        settings=tuple(_setting(kind, *item) for item in kind.Config.model_fields.items()),
        package=package,
    )


def _text(kind: type[Method]) -> str:
    about = [kind.__doc__, getattr(sys.modules.get(kind.__module__), "__doc__", None)]
    paragraphs = [
        inspect.cleandoc(text) for text in about if isinstance(text, str) and text.strip()
    ]
    return "\n\n".join(paragraphs) or "(not described)"


def plain_default(info: FieldInfo) -> Any:
    """A setting's default as JSON can hold it; None where there is none."""
    if info.is_required():
        return None
    try:
        return _plain(info.get_default(call_default_factory=True, validated_data={}))
    except Exception as error:  # of somebody's default factory
        return repr(error)


def kind_in_words(annotation: Any) -> str:
    """A type as people say it.

    >>> kind_in_words(int | None), kind_in_words(Literal["a", "b"])
    ('whole number or none', 'a or b')
    >>> kind_in_words(tuple[float, float])
    'list of number, number'
    """
    origin, parts = get_origin(annotation), get_args(annotation)
    if origin is Literal:
        return " or ".join(map(str, parts))
    if origin in (Union, types.UnionType):
        return " or ".join(map(kind_in_words, parts))
    if origin is typing.Annotated:
        return kind_in_words(parts[0])
    if origin in (tuple, list, set, frozenset):
        inner = [kind_in_words(part) for part in parts if part is not Ellipsis]
        return f"list of {', '.join(inner)}" if inner else "list"
    if origin is dict or annotation is dict:
        return "KEY: VALUE pairs"
    name = getattr(annotation, "__name__", str(annotation))
    return "number" if name == "float" else _NAMES.get(name, name)


def _setting(kind: type[Method], name: str, info: FieldInfo) -> SettingDescription:
    bounds = [
        f"{words} {getattr(rule, bound):g}"
        for rule in info.metadata
        for bound, words in BOUNDS
        if isinstance(getattr(rule, bound, None), int | float)
    ]
    own = {
        str(preset): _plain(values[name])
        for preset, values in kind.presets.items()
        if name in values
    }
    return SettingDescription(
        name=name,
        kind=", ".join([kind_in_words(info.annotation), *bounds]),
        default=plain_default(info),
        required=info.is_required(),
        about=info.description or "",
        presets=own,
    )


def _plain(value: Any) -> Any:
    """A value as JSON can hold it; in Python's words where it cannot."""
    try:
        return json.loads(json.dumps(to_jsonable_python(value, fallback=repr), allow_nan=False))
    except ValueError:  # NaN
        return repr(value)
