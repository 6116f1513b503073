"""The process that starts the others, watches them, and starts them again."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from awry.watch.supervisor.asking import processes, request
    from awry.watch.supervisor.run import run_site

__all__ = ["processes", "request", "run_site"]

# Children import this package, too, and need none of it.
_LAZY = {
    "processes": "awry.watch.supervisor.asking",
    "request": "awry.watch.supervisor.asking",
    "run_site": "awry.watch.supervisor.run",
}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
