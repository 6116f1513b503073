"""Methods by name. Ours and third parties' join alike: by an entry point of `awry.methods`."""

from __future__ import annotations

from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import TYPE_CHECKING

from awry.errors import ConfigError, nearest

if TYPE_CHECKING:
    from awry.methods.base import Method


@cache
def _found() -> dict[str, EntryPoint]:
    return {point.name: point for point in entry_points(group="awry.methods")}


def method_names() -> list[str]:
    """The names of all methods that are installed, sorted."""
    return sorted(_found())


def method_class(name: str) -> type[Method]:
    """The class of a method.

    Raises:
        ConfigError: no method has that name; suggests the nearest.
    """
    if name not in _found():
        raise ConfigError(f"There is no method '{name}': {nearest(name, method_names())}.")
    loaded: type[Method] = _found()[name].load()
    return loaded
