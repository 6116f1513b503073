"""What `run.json` holds, checked before anything relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

_OPEN = ConfigDict(extra="allow", strict=True)


class _Clip(BaseModel):
    model_config = _OPEN

    name: str
    scene: str
    fps: float | None
    frames: int = Field(ge=1)
    lost: int
    notes: list[str]


class _About(BaseModel):
    """Where the clips come from; a data set or videos, and nothing where a program gave them."""

    model_config = _OPEN

    sources: list[str] = []
    data: str | None = None
    format: str = ""
    scene: str | None = None
    fps: float | None = None


class _Facts(BaseModel):
    model_config = _OPEN

    format: int
    generation: int = Field(0, ge=0)
    preset: str
    seed: int
    config: dict[str, Any]
    ignore: list[str]
    every: int = Field(ge=1)
    precision: Literal["32", "tf32", "bf16", "16"] = "32"
    about: _About
    seconds: float
    notes: list[str]
    failed: list[str]
    versions: dict[str, str]
    clips: list[_Clip] = Field(min_length=1)


def check_facts(facts: Mapping[str, Any]) -> None:
    """Hold a run's facts to their form; other keys may stand beside them.

    Raises:
        ValidationError: a value is missing or of another type; to be raised inside of `reading`.
    """
    _Facts.model_validate(dict(facts))
