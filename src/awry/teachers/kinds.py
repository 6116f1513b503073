"""Kinds of teachers that other packages add, see `awry.extensions`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from awry.devices import Compute, using
from awry.extensions import declared, extension, no_function

ROLES = ("objects", "flow", "depth", "classifier")
OURS_WITH_WEIGHTS = ("torchvision", "hf", "onnx", "openvino", "darknet", "pip")


def has_weights(what: object) -> bool:
    """Whether a setting's value names a ready-made network, `KIND:WHAT`.

    >>> has_weights("onnx:yolov3.onnx"), has_weights("dis:fast"), has_weights("random:resnet18")
    (True, False, False)
    """
    kind, sign, name = what.partition(":") if isinstance(what, str) else ("", "", "")
    if not sign or not name:
        return False
    return kind in OURS_WITH_WEIGHTS or any(kind in added_kinds(role) for role in ROLES)


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


def added_teacher(role: str, kind: str, compute: Compute, *asked: Any) -> Any | None:
    """A teacher of an added kind; None where no package adds it.

    Args:
        role: as `added_kinds`.
        kind: what stands before the colon.
        compute: where it should run; its loader finds that by `awry.devices.current()`.
        asked: what its loader is given.

    Raises:
        ConfigError: the package is broken; names it.
    """
    loader = added_loader(role, kind)
    if loader is None:
        return None
    with using(compute):
        return loader(*asked)
