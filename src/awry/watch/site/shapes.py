"""What a setting may hold, by its annotation in the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from awry.watch.site.model import Camera, Part

_WORDS: Mapping[Any, str] = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    Path: "a path",
    SecretStr: "text",
}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a value may be.

    Attributes:
        kind: `part`, `list`, `mapping`, `secret`, `path`, `plain` or `any`.
        of: the class of a part, or of a plain value; the choices of a literal.
        inner: of a list's items or a mapping's values.
        optional: whether null is allowed.
    """

    kind: str
    of: Any = None
    inner: Shape | None = None
    optional: bool = False

    @property
    def words(self) -> str:
        """For people, e.g. `a whole number`."""
        if self.kind == "part" or self.kind == "mapping":
            return "a mapping of keys to values"
        if self.kind == "list":
            return "a list"
        if get_origin(self.of) is Literal:
            *first, last = (f"`{choice}`" for choice in get_args(self.of))
            return f"{', '.join(first)} or {last}"
        return _WORDS.get(self.of, "another value")


def shape_of(annotation: Any) -> Shape:
    """The shape that an annotation of `site.model` stands for."""
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return shape_of(arguments[0])
    if origin in (Union, UnionType):
        (kind,) = (one for one in arguments if one is not NoneType)
        inner = shape_of(kind)
        return Shape(inner.kind, inner.of, inner.inner, optional=True)
    if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
        return Shape("list", inner=shape_of(arguments[0]))
    if origin is tuple:
        return Shape("any")
    if origin is dict:
        return Shape("mapping", inner=shape_of(arguments[1]))
    if isinstance(annotation, type) and issubclass(annotation, Part):
        return Shape("part", annotation)
    if annotation is SecretStr:
        return Shape("secret", annotation)
    if annotation is Path:
        return Shape("path", annotation)
    return Shape("any" if annotation is Any else "plain", annotation)


def fields_of(part: type[Part]) -> dict[str, FieldInfo]:
    """Name -> field of a part, as they stand in a file: a camera's name is its key."""
    return {
        name: field
        for name, field in part.model_fields.items()
        if not (part is Camera and name == "name")
    }
