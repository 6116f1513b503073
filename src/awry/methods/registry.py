"""Methods by name. Ours and third parties' join alike: by an entry point of `awry.methods`.

Somebody else's package may be broken. It is loaded when its method is asked for, and then named as
the culprit; nothing else fails for it.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import EntryPoint
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from awry.errors import ConfigError, nearest
from awry.extensions import OURS, declared, package_name
from awry.foreign import reason_of

if TYPE_CHECKING:
    from awry.methods.base import Method

GROUP = "awry.methods"

_NONE: Mapping[str, Any] = MappingProxyType({})
_registered: ContextVar[Mapping[str, Any]] = ContextVar("methods of this program", default=_NONE)


@dataclass(frozen=True, slots=True)
class BrokenMethod:
    """An entry point that gives no method.

    Attributes:
        name: of the method.
        package: that declares it.
        reason: why it cannot be used, a clause.
    """

    name: str
    package: str
    reason: str

    def __str__(self) -> str:
        return (
            f"The method '{self.name}' of the package {self.package} cannot be used: "
            f"{self.reason}. Mend, update or uninstall {self.package}."
        )


def _found() -> dict[str, EntryPoint]:
    """Name -> its entry point, where one package alone has it, or awry itself."""
    return {
        name: points[0]
        for name, points in declared(GROUP).items()
        if len(points) == 1 or package_name(points[0]) == OURS
    }


def _clashes() -> list[BrokenMethod]:
    """What shares its name with another package's method."""
    clashing = []
    for name, points in declared(GROUP).items():
        packages = [package_name(point) for point in points]
        for place, package in enumerate(packages):
            others = [*packages[:place], *packages[place + 1 :]]
            if others and not (place == 0 and package == OURS):
                reason = f"a method of the same name is in {', '.join(others)}"
                clashing.append(BrokenMethod(name, package, reason))
    return clashing


def method_names() -> list[str]:
    """The names of all methods that are installed, sorted; some may turn out to be broken."""
    return sorted({*_found(), *_registered.get()})


def package_of(name: str) -> str:
    """The package that a method comes from."""
    point = _found().get(name)
    return "this program" if point is None else package_name(point)


def broken_methods() -> list[BrokenMethod]:
    """The installed methods that cannot be used. Loads every method."""
    broken = _clashes()
    for name in method_names():
        try:
            _load(name)
        except _UnusableError as error:
            broken.append(error.broken)
    return sorted(broken, key=lambda one: (one.name, one.package))


def method_class(name: str) -> type[Method]:
    """The class of a method.

    Raises:
        ConfigError: no method has that name (suggests the nearest), several packages have one, or
            its package is broken; names the package.
    """
    if name in method_names():
        return _load(name)
    for broken in _clashes():
        if broken.name == name:
            raise ConfigError(str(broken))
    raise ConfigError(f"There is no method '{name}': {nearest(name, method_names())}.")


@contextmanager
def registered(*kinds: type[Method]) -> Iterator[None]:
    """Methods that belong to no package are found by their names inside, as installed ones are.

    >>> from awry.methods.flow import Flow
    >>> class Mine(Flow):
    ...     name = "mine"
    >>> with registered(Mine):
    ...     method_class("mine").name
    'mine'
    """
    token = _registered.set({**_registered.get(), **{kind.name: kind for kind in kinds}})
    try:
        yield
    finally:
        _registered.reset(token)


class _UnusableError(ConfigError):
    def __init__(self, broken: BrokenMethod) -> None:
        super().__init__(str(broken))
        self.broken = broken


def _load(name: str) -> type[Method]:
    given = _registered.get().get(name)
    try:
        kind: Any = given or _found()[name].load()
        problem = _problem(kind, name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # whatever somebody's module does when it is imported
        said = f"{type(error).__name__}: {reason_of(error)}"
        raise _UnusableError(BrokenMethod(name, package_of(name), said)) from error
    if problem is not None:
        raise _UnusableError(BrokenMethod(name, package_of(name), problem))
    loaded: type[Method] = kind
    return loaded


def _problem(kind: Any, name: str) -> str | None:
    """What makes something no method, a clause; None where it is one."""
    from awry.methods.base import Method, MethodConfig

    if not (inspect.isclass(kind) and issubclass(kind, Method)):
        return f"it is no subclass of awry.methods.base.Method but {kind!r}"
    if inspect.isabstract(kind):
        return f"its class lacks {', '.join(sorted(kind.__abstractmethods__))}"
    if getattr(kind, "name", None) != name:
        return f"its class calls itself {getattr(kind, 'name', None)!r}"
    config = getattr(kind, "Config", None)
    if not (inspect.isclass(config) and issubclass(config, MethodConfig)):
        return "its Config is no subclass of awry.methods.base.MethodConfig"
    presets = getattr(kind, "presets", None)
    if not isinstance(presets, Mapping) or not presets:
        return "it has no presets"
    if not all(isinstance(preset, Mapping) for preset in presets.values()):
        return "its presets are no settings by name"
    return None
