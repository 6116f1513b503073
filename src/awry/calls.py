"""Calls from a program: options that nobody knows are refused with the nearest that is known."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from awry.errors import ConfigError, nearest

_Given = ParamSpec("_Given")
_Result = TypeVar("_Result")


def known_options(function: Callable[_Given, _Result]) -> Callable[_Given, _Result]:
    """The function, with a ConfigError for keywords that it does not have.

    >>> @known_options
    ... def opened(what, *, fps=None):
    ...     return what
    >>> opened("a.mp4", fsp=25)
    Traceback (most recent call last):
    awry.errors.ConfigError: opened has no option 'fsp': did you mean 'fps'? (known: fps, what).
    """
    known = [name for name in inspect.signature(function).parameters if name not in ("self", "cls")]

    @functools.wraps(function)
    def call(*args: _Given.args, **options: _Given.kwargs) -> _Result:
        for name in options:
            if name not in known:
                raise ConfigError(
                    f"{function.__name__} has no option '{name}': {nearest(name, known)}."
                )
        return function(*args, **options)

    return call
