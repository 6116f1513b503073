"""How a detector is fitted, whatever the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from awry.scoring.budget import Budget
from awry.training.split import Exclusion

GIB = 2**30


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a detector is fitted, whatever the method.

    Attributes:
        preset: name of the method's preset.
        changes: settings that differ from the preset's.
        seed: every random choice follows from it.
        per_scene: one model for each scene instead of one for all.
        ignore: regions whose pixels never count, in addition to the data set's own.
        budget: false alarms that are allowed.
        every, max_frames: thin the footage out.
        validation, calibration: shares of the footage.
        exclude: frames that a person took out.
        cache: folder for resized frames; None: in the fit's working folder.
        cache_gib: most GiB that the cache may hold.
        resume: go on from the working folder's checkpoint.
        overwrite: replace another method's bundle, and throw away the checkpoint of a fit that
            was stopped.
    """

    preset: str = "cpu"
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    per_scene: bool = False
    ignore: Sequence[str] = ()
    budget: Budget = Budget(2.0)  # noqa: RUF009 - frozen
    every: int = 1
    max_frames: int | None = None
    validation: float = 0.1
    calibration: float = 0.1
    exclude: Sequence[Exclusion] = ()
    cache: Path | None = None
    cache_gib: float = 8.0
    resume: bool = False
    overwrite: bool = False


def teacher_settings(
    detector: str | None, classifier: str | None, depth: str | None
) -> dict[str, str]:
    """The settings that name a method's teachers, whatever the method.

    >>> teacher_settings("foreground", None, None)
    {'detector': 'foreground'}
    """
    given = {"detector": detector, "classifier": classifier, "depth": depth}
    return {role: what for role, what in given.items() if what is not None}
