"""What a bundle's manifest tells of its fit, checked before anything relies on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

_OPEN = ConfigDict(extra="allow", strict=True)
_Span = Annotated[list[Any], Field(min_length=3, max_length=3)]


class _Data(BaseModel):
    model_config = _OPEN

    layout: str
    variant: str
    fps: float | None
    fingerprint: str
    scenes: list[str]
    parts: dict[str, list[_Span]]
    every: int = Field(ge=1)
    notes: list[str]
    failed: list[str]


class _Export(BaseModel):
    model_config = _OPEN

    runtime: str
    precision: str
    networks: dict[str, dict[str, str]]


class _Facts(BaseModel):
    model_config = _OPEN

    preset: str
    seed: int
    data: _Data
    history: dict[str, list[dict[str, Any]]]
    fit_seconds: float
    versions: dict[str, str]
    export: _Export | None = None


def check_facts(facts: Mapping[str, Any]) -> None:
    """Hold the part of a manifest that `fit` wrote to its form; other keys may stand beside it.

    Raises:
        ValidationError: a value is missing or of another type; to be raised inside of `reading`.
    """
    _Facts.model_validate(dict(facts))
