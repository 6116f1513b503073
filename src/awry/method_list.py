"""`awry.list_methods` and `awry.describe_method`: what is installed, and what can be set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from awry.calls import checked
from awry.extensions import OURS
from awry.methods.description import MethodDescription, describe, plain_default
from awry.methods.registry import broken_methods, method_class, method_names, package_of
from awry.results import FigureCard, Listing


@dataclass(frozen=True, slots=True)
class ListedMethod:
    """An installed method.

    Attributes:
        name: as `awry.fit` takes it.
        what: a line that says what it is.
        presets: their names.
        settings: name -> its `default`, and in `about` what it means.
        package: that it comes from.
        error: why it cannot be used; None where nothing is wrong.
    """

    name: str
    what: str
    presets: tuple[str, ...] = ()
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    package: str = OURS
    error: str | None = None


@dataclass(frozen=True, slots=True)
class MethodList(Listing):
    """The installed methods, by name, and those that are broken.

    Attributes:
        methods: one entry each.
    """

    methods: tuple[ListedMethod, ...]

    def __iter__(self) -> Iterator[ListedMethod]:
        return iter(self.methods)

    def __len__(self) -> int:
        return len(self.methods)

    def rows(self) -> list[dict[str, Any]]:
        """One row for each method."""
        return [asdict(method) | {"presets": list(method.presets)} for method in self.methods]

    def cards(self) -> list[FigureCard]:
        """Each method's name, and what it is."""
        return [FigureCard(m.name, m.what, m.error or m.package) for m in self.methods]


@checked
def list_methods() -> MethodList:
    """The installed methods with their presets and settings, and those that are broken."""
    broken = broken_methods()
    usable = [name for name in method_names() if all(name != method.name for method in broken)]
    ours = [name for name in method_names() if name not in usable and package_of(name) == OURS]
    methods = [_listed(name) for name in (*usable, *ours)]
    methods += [
        ListedMethod(method.name, "cannot be used", package=method.package, error=str(method))
        for method in broken
    ]
    return MethodList(tuple(sorted(methods, key=lambda m: (m.name, m.error is not None))))


@checked
def describe_method(name: str) -> MethodDescription:
    """One method: what it is, its presets, and every setting in full.

    Raises:
        ConfigError: there is no such method (suggests the nearest), or it is broken.
    """
    return describe(method_class(name), package_of(name))


def _listed(name: str) -> ListedMethod:
    kind = method_class(name)
    lines = (kind.__doc__ or "").strip().splitlines() or ["(not described)"]
    return ListedMethod(
        name=name,
        what=lines[0],
        presets=tuple(str(preset) for preset in kind.presets),
        settings={
            key: {"default": plain_default(info), "about": info.description or ""}
            for key, info in kind.Config.model_fields.items()
        },
        package=package_of(name),
    )
