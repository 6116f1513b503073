"""What to do where the memory does not suffice for a fit."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import BaseModel

from awry.devices import Compute


def smaller_fit(config: BaseModel, names: Sequence[str], compute: Compute) -> str:
    """Name the settings and options that need less memory.

    Args:
        config: of the method.
        names: of its settings that make a step's batch smaller.
        compute: where it is fitted, and how exactly.

    >>> class Config(BaseModel):
    ...     batch: int = 8
    >>> smaller_fit(Config(), ["batch"], Compute("cuda:0"))
    'Try a smaller batch (--set batch=4, now 8), --precision bf16 or --device cpu.'
    """
    ways = [_batch(name, getattr(config, name)) for name in names if hasattr(config, name)]
    ways = [way for way in ways if way]
    if not compute.rounds:
        ways.append("--precision bf16")
    if compute.kind != "cpu":
        ways.append("--device cpu")
    ways = ways or ["smaller pictures or another preset"]
    *others, last = ways
    return f"Try {', '.join(others)}{' or ' if others else ''}{last}."


def _batch(name: str, value: object) -> str:
    if value is None:
        return f"a smaller batch (--set {name}=...)"
    if not isinstance(value, int) or value < 2:
        return ""
    return f"a smaller batch (--set {name}={value // 2}, now {value})"
