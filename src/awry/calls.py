"""Calls from a program: each argument is checked and coerced before anything is computed."""

from __future__ import annotations

import functools
import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import NoneType, UnionType
from typing import (
    TYPE_CHECKING,
    Annotated,
    Any,
    Literal,
    ParamSpec,
    TypeVar,
    Union,
    get_args,
    get_origin,
)

from awry.errors import ConfigError, nearest

if TYPE_CHECKING:
    from pydantic import TypeAdapter

_Given = ParamSpec("_Given")
_Returned = TypeVar("_Returned")

_IN_WORDS: dict[Any, str] = {
    str: "text",
    Path: "a path",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    NoneType: "None",
}
# Problems that say no more than what was expected; others are limits, as `Field(ge=1)` sets them.
_ANOTHER_TYPE = ("_type", "_parsing", "is_instance_of", "int_from_float", "value_error")
_CONTAINERS = (list, tuple, set, frozenset, dict, Sequence, Mapping)


def checked(function: Callable[_Given, _Returned]) -> Callable[_Given, _Returned]:
    """The function, whose arguments are validated by their annotations before it runs.

    Text becomes a `Path` where one is expected, a list a tuple, a number of numpy's a number; other
    classes are taken as they are. The annotations are evaluated at the first call; names that
    stand under `TYPE_CHECKING` alone are looked up in `awry`. Defaults are not validated.

    Raises:
        ConfigError: at a call, for a keyword that the function does not have (with the nearest one
            that it has), or a value of another type.

    >>> @checked
    ... def opened(what: Path, *, fps: float | None = None):
    ...     return what, fps
    >>> opened("a.mp4", fps="25")
    (PosixPath('a.mp4'), 25.0)
    >>> opened("a.mp4", fsp=25)
    Traceback (most recent call last):
    awry.errors.ConfigError: opened has no option 'fsp': did you mean 'fps'? (known: fps, what).
    >>> opened("a.mp4", fps="fast")
    Traceback (most recent call last):
    awry.errors.ConfigError: The option 'fps' of opened is 'fast': expected a number or None.
    """
    signature = inspect.signature(function)
    parameters = signature.parameters.values()
    takes_any = any(p.kind is p.VAR_KEYWORD for p in parameters)
    known = [p.name for p in parameters if p.name not in ("self", "cls")]

    @functools.cache
    def checks() -> dict[str, _Check]:
        return _checks_of(function, signature)

    @functools.wraps(function)
    def call(*args: _Given.args, **options: _Given.kwargs) -> _Returned:
        for name in options:
            if name not in known and not takes_any:
                raise ConfigError(
                    f"{function.__name__} has no option '{name}': {nearest(name, known)}."
                )
        bound = signature.bind(*args, **options)
        for name, check in checks().items():
            if name in bound.arguments:
                bound.arguments[name] = check(bound.arguments[name])
        return function(*bound.args, **bound.kwargs)

    call.__dict__["checks"] = checks
    return call


def is_checked(function: Any) -> bool:
    """Whether `checked` made it."""
    return hasattr(function, "checks")


class _Check:
    """One argument's annotation, as a check of its values."""

    def __init__(self, function: str, argument: str, annotation: Any) -> None:
        from pydantic import ConfigDict, TypeAdapter

        self._about = f"The option '{argument}' of {function}"
        self._expected = _in_words(annotation)
        config = ConfigDict(arbitrary_types_allowed=True)
        self._adapter: TypeAdapter[Any] = TypeAdapter(_lenient(annotation), config=config)

    def __call__(self, value: Any) -> Any:
        """The value as the annotation wants it.

        Raises:
            ConfigError: it cannot be had so.
        """
        from pydantic import ValidationError

        try:
            return self._adapter.validate_python(value)
        except ValidationError as error:
            raise ConfigError(
                f"{self._about} is {_shown(value)}: {self._problem(error, value)}."
            ) from error

    def _problem(self, error: Any, value: Any) -> str:
        """What is wrong; a limit by itself, anything else by what was expected."""
        if isinstance(value, str) and self._expected.startswith("a list"):
            return f"expected a list: [{value!r:.60}]"
        for problem in error.errors():
            if not problem["type"].endswith(_ANOTHER_TYPE):
                return str(problem["msg"]).replace("Input", "it", 1)
        return f"expected {self._expected}"


def _checks_of(function: Callable[..., Any], signature: inspect.Signature) -> dict[str, _Check]:
    hints = inspect.get_annotations(function, locals=_Names(function.__globals__), eval_str=True)
    return {
        name: _Check(function.__name__, name, hints[name])
        for name, parameter in signature.parameters.items()
        if name in hints and parameter.kind not in (parameter.VAR_KEYWORD, parameter.VAR_POSITIONAL)
    }


class _Names(dict[str, Any]):
    """Names of an annotation that its module imports for type checkers alone, from `awry`."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        super().__init__()
        self._known = known

    def __missing__(self, name: str) -> Any:
        import builtins

        flat = sys.modules[__name__.partition(".")[0]]  # imported before any module in it
        if name in self._known or hasattr(builtins, name) or name not in flat.__all__:
            raise KeyError(name)  # to be looked for among the globals
        return getattr(flat, name)


def _lenient(annotation: Any) -> Any:
    """An annotation as pydantic is to read it.

    Classes of ours are dataclasses, which pydantic would also make out of mappings: here only
    their instances count.
    """
    from pydantic import BeforeValidator, InstanceOf, Strict

    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return Annotated[(_lenient(arguments[0]), *arguments[1:])]
    if origin in (Union, UnionType):
        return Union[tuple(_lenient(kind) for kind in arguments)]  # noqa: UP007 - made of parts
    if origin in _CONTAINERS and arguments:
        return origin[tuple(_lenient(kind) for kind in arguments)]
    if annotation is str:
        return Annotated[str, Strict()]
    if annotation in (int, float, bool):
        before = BeforeValidator(_number if annotation is bool else _no_flag)
        return Annotated[annotation, before]
    kind = origin or annotation
    if isinstance(kind, type) and kind not in (*_CONTAINERS, Path, NoneType, object, Any):
        return InstanceOf.__class_getitem__(kind)
    return annotation


def _number(value: Any) -> Any:
    """A number of numpy's as one of Python's."""
    return value.item() if getattr(value, "shape", None) == () else value


def _no_flag(value: Any) -> Any:
    """As `_number`; True and False are no numbers.

    Raises:
        ValueError: it is one of them.
    """
    if isinstance(value := _number(value), bool):
        raise ValueError(value)
    return value


def _in_words(annotation: Any) -> str:
    """What an annotation asks for, for messages.

    >>> _in_words(str | Path | None)
    'text, a path or None'
    >>> _in_words(Sequence[str])
    'a list of text'
    """
    origin, arguments = get_origin(annotation), get_args(annotation)
    if annotation in _IN_WORDS:
        return _IN_WORDS[annotation]
    if origin is Annotated:
        return _in_words(arguments[0])
    if origin in (Union, UnionType):
        *kinds, last = dict.fromkeys(map(_in_words, arguments))
        return f"{', '.join(kinds)} or {last}" if kinds else last
    if origin is Literal:
        return f"one of {', '.join(map(repr, arguments))}"
    kind = origin or annotation
    if kind is dict or kind is Mapping:
        return "a mapping"
    if kind in _CONTAINERS:
        return f"a list of {_in_words(arguments[0])}" if arguments else "a list"
    name = getattr(kind, "__name__", str(kind)).replace("ndarray", "array")
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"


def _shown(value: Any) -> str:
    """A value of which at most 60 signs are of interest."""
    if isinstance(value, str | int | float | Path | NoneType | list | tuple | dict):
        text = repr(value)
        return text if len(text) <= 60 else f"{text[:57]}..."
    return f"of type {type(value).__name__}"
