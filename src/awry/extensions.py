"""What other packages add to awry, by entry points.

group                      an entry's name and value
awry.methods               a method's name: a subclass of `awry.methods.base.Method`
awry.datasets              a layout's name: an `awry.datasets.Layout`
awry.teachers.objects      a kind: `load(what, options)` gives an `ObjectDetector`
awry.teachers.flow         a kind: `load(what)` gives a `FlowTeacher`
awry.teachers.depth        a kind: `load(what)` gives a `DepthTeacher`
awry.teachers.classifier   a kind: `load(what, side, outputs)` gives a `Classifier`
awry.metrics               a figure's name: `metric(scores, labels)` gives a float

A teacher is then asked for as KIND:WHAT, like awry's own. A loader that has a network finds where
it should run, and how exactly it calculates, by `awry.devices.current()` while it is called. Its
teacher keeps that as `compute`, so that answers of other precisions are kept apart, and has the
same `key` on every device.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from awry.errors import ConfigError
from awry.foreign import reason_of

OURS = "awry"
_UNNAMED = "a package that is not named"


@cache
def declared(group: str) -> dict[str, list[EntryPoint]]:
    """Name -> the entry points of that name in a group, awry's own first."""
    points: dict[str, list[EntryPoint]] = {}
    every = sorted(
        entry_points(group=group),
        key=lambda point: (package_name(point) != OURS, package_name(point)),
    )
    for point in every:
        points.setdefault(point.name, []).append(point)
    return points


def package_name(point: EntryPoint) -> str:
    """The package that declares an entry point."""
    distribution = getattr(point, "dist", None)
    return _UNNAMED if distribution is None else str(distribution.name)


def extension(group: str, name: str, what: str, problem: Callable[[Any], str | None]) -> Any:
    """What a package adds under a name.

    Args:
        group, name: of its entry point, which must be declared.
        what: what it is to be, for messages, e.g. `layout`.
        problem: says of the loaded object why it is not that, a clause; None where it is.

    Raises:
        ConfigError: several packages have the name, or the package is broken; names the package.
    """
    point, *others = declared(group)[name]
    package = package_name(point)
    if others:
        packages = ", ".join([package, *(package_name(other) for other in others)])
        raise ConfigError(
            f"The {what} '{name}' is in several packages: {packages}. Uninstall all but one."
        )
    try:
        loaded = point.load()
        reason = problem(loaded)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever somebody's module does when it is imported
        reason = f"{type(error).__name__}: {reason_of(error)}"
        raise _unusable(what, name, package, reason) from error
    if reason is not None:
        raise _unusable(what, name, package, reason)
    return loaded


def no_function(loaded: Any) -> str | None:
    """For `extension`: why something is no function; None where it is one."""
    return None if callable(loaded) else f"it is no function but {loaded!r}"


def _unusable(what: str, name: str, package: str, reason: str) -> ConfigError:
    return ConfigError(
        f"The {what} '{name}' of the package {package} cannot be used: {reason}. "
        f"Mend, update or uninstall {package}."
    )
