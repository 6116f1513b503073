"""Plain values of a file, made ready for the model: units, secrets, paths, unknown keys."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from awry.errors import nearest
from awry.foreign import quoted
from awry.watch.site.model import Learning, Part
from awry.watch.site.problems import Place
from awry.watch.site.secret_values import expanded, is_withheld, resolved, stand_in
from awry.watch.site.shapes import Shape, fields_of, shape_of
from awry.watch.site.units import measured, unit_of
from awry.watch.site.yaml_text import Document

_LEFT_OUT = object()
_Part = TypeVar("_Part", bound=Part)
_FOLDER = "from "


@dataclass(frozen=True, slots=True)
class Preparation:
    """How values of a file become values of the model.

    Attributes:
        document: where they come from, and where problems are noted.
        environment: name -> value, for `${NAME}`.
        folder: where relative paths start.
    """

    document: Document
    environment: Mapping[str, str]
    folder: Path

    def part(self, values: Any, kind: type[Part], place: Place) -> dict[str, Any]:
        """A part's keys made ready; whatever is wrong is noted and left out."""
        values = {} if values is None else values
        if not isinstance(values, dict):
            self.document.refuse(place, "expected a mapping of keys to values")
            return {}
        known, ready = fields_of(kind), {}
        for key, value in values.items():
            if key not in known:
                sentence = f"unknown key; {_near(key, known)}"
                self.document.refuse((*place, quoted(key, 40)), sentence, self._line(place, key))
                continue
            made = self._value(value, shape_of(known[key].annotation), (*place, key))
            if made is not _LEFT_OUT:
                ready[key] = made
        return ready

    def checked(
        self, kind: type[_Part], ready: Mapping[str, Any], place: Place, instead: Mapping[str, Any]
    ) -> _Part:
        """A part of the model, of what is right; whatever is wrong is noted and left out.

        Args:
            kind: its class.
            ready: its values.
            place: where it stands.
            instead: values for required keys that are wrong or missing.
        """
        known = [problem.place for problem in self.document.problems]
        wrong = {one[len(place)] for one in known if _around(place, one) and len(one) > len(place)}
        try:
            return kind.model_validate(dict(ready))
        except ValidationError as error:
            for one in error.errors(include_input=False, include_url=False):
                there = (*place, *(key for key in one["loc"] if key != "[key]"))
                wrong.add(one["loc"][0])
                if not any(_around(before, there) for before in known if before != place):
                    self.document.refuse(there, _sentence(one, kind))
        right = {key: value for key, value in ready.items() if key not in wrong}
        return kind.model_validate({**instead, **right})

    def _line(self, place: Place, key: str) -> int | None:
        return self.document.line((*place, key))

    def _value(self, value: Any, shape: Shape, place: Place) -> Any:
        if value is None:
            return _LEFT_OUT if not shape.optional else None
        if shape.kind == "part":
            return self._part(value, shape.of, place)
        if shape.kind == "list":
            return self._list(value, shape, place)
        if shape.kind == "mapping":
            return self._mapping(value, shape, place)
        try:
            return self._plain(value, shape, place)
        except ValueError as error:
            self.document.refuse(place, str(error))
            return _LEFT_OUT

    def _part(self, value: Any, kind: type[Part], place: Place) -> Any:
        if kind is Learning and not isinstance(value, dict):
            value = _learning(value)
        return self.part(value, kind, place)

    def _list(self, value: Any, shape: Shape, place: Place) -> Any:
        if not isinstance(value, list):
            if shape.inner is not None and shape.inner.kind == "plain" and isinstance(value, str):
                value = [value]  # a list of one
            else:
                self.document.refuse(place, f"expected {shape.words}")
                return _LEFT_OUT
        assert shape.inner is not None
        made = [self._value(one, shape.inner, (*place, at)) for at, one in enumerate(value)]
        return [one for one in made if one is not _LEFT_OUT]

    def _mapping(self, value: Any, shape: Shape, place: Place) -> Any:
        if not isinstance(value, dict):
            self.document.refuse(place, f"expected {shape.words}")
            return _LEFT_OUT
        assert shape.inner is not None
        made = {key: self._value(one, shape.inner, (*place, key)) for key, one in value.items()}
        return {key: one for key, one in made.items() if one is not _LEFT_OUT}

    def _plain(self, value: Any, shape: Shape, place: Place) -> Any:
        if shape.kind == "secret":
            instead = stand_in(str(place[-1]), value, self.environment)
            return instead or resolved(value, self.environment, self.folder)
        if shape.kind == "any":
            return value
        if isinstance(value, dict | list):
            raise ValueError(f"expected {shape.words}")
        if shape.of is str and is_withheld(value, self.environment):
            return value
        if isinstance(value, str):
            value = expanded(value, self.environment)
            if shape.of is float and unit_of(str(place[-1])) is not None:
                return measured(str(place[-1]), value)
        if shape.kind == "path":
            if "://" in str(value):  # it may hold a password, and paths are shown
                raise ValueError("expected a path, not an address")
            return (self.folder / Path(str(value)).expanduser()).absolute()
        if shape.of is str and isinstance(value, int | float) and not isinstance(value, bool):
            return str(value)  # a name of digits
        if isinstance(value, bool) and shape.of in (int, float):
            raise ValueError(f"expected {shape.words}")
        return value


def _learning(value: Any) -> Any:
    """`24h` and `from FOLDER` as the mapping that they stand for."""
    if isinstance(value, str) and value.startswith(_FOLDER):
        return {"folder": value.removeprefix(_FOLDER).strip()}
    return {"seconds": value} if isinstance(value, str | int | float) else value


def _around(place: Place, inner: Place) -> bool:
    return inner[: len(place)] == place


def _sentence(problem: Any, kind: type[Part]) -> str:
    """What pydantic complains of, without the value."""
    code, context = str(problem["type"]), problem.get("ctx", {})
    if code == "missing":
        return "the key is missing"
    if code == "string_pattern_mismatch":
        return (
            "expected a name of small letters, digits, - and _, at most 40, which begins with a "
            "letter or digit"
        )
    if code == "too_short":
        return f"expected {context['min_length']} or more, not {context['actual_length']}"
    shape = _shape_at(kind, problem["loc"])
    if shape is not None and code.endswith(("_type", "_parsing", "_error", "int_from_float")):
        return f"expected {shape.words}"
    message = str(problem["msg"]).replace("Input should be", "expected a value")
    return message[:1].lower() + message[1:]


def _near(key: str, known: Iterable[str]) -> str:
    """The nearest key, or all where none is near."""
    hint = nearest(quoted(key, 40), known)
    return hint.partition(" (known")[0] if hint.startswith("did you mean") else hint


def _shape_at(kind: type[Part], place: Place) -> Shape | None:
    """The shape of what stands at a place within a part; None where no field says it."""
    shape = Shape("part", kind)
    for key in place:
        if shape.kind == "part" and key in shape.of.model_fields:
            shape = shape_of(shape.of.model_fields[key].annotation)
        elif shape.kind in ("list", "mapping") and shape.inner is not None:
            shape = shape.inner
        else:
            return None
    return shape
