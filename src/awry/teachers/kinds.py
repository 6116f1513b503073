"""Kinds of teachers that other packages add, see `awry.extensions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awry.extensions import declared, extension, no_function


def added_kinds(role: str) -> list[str]:
    """The kinds that other packages add to a role, e.g. `flow`."""
    return sorted(declared(f"awry.teachers.{role}"))


def added_loader(role: str, kind: str) -> Callable[..., Any] | None:
    """What loads a teacher of an added kind; None where no package adds it.

    Raises:
        ConfigError: the package is broken; names it.
    """
    if kind not in added_kinds(role):
        return None
    loader: Callable[..., Any] = extension(
        f"awry.teachers.{role}", kind, f"kind of teacher ({role})", no_function
    )
    return loader
