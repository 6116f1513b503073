"""How a detector is fitted, whatever the method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from awry.datasets import as_dataset
from awry.datasets.base import Dataset
from awry.devices import Compute, current
from awry.errors import FootageError
from awry.methods.registry import method_class
from awry.scoring.budget import Budget
from awry.training.split import Exclusion, Split

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
        validation: share of the footage that choices are made on; None: as the method's preset
            says.
        calibration: share of the footage that the threshold is taken from, or other normal
            footage for that; None: as the method's preset says.
        exclude: frames that a person took out.
        cache: folder for resized frames; None: in the fit's working folder.
        cache_gib: most GiB that the cache may hold.
        resume: go on from the working folder's checkpoint.
        overwrite: replace another method's bundle, and throw away the checkpoint of a fit that
            was stopped.
        compute: where it is fitted, and how exactly networks calculate while they are trained;
            statistics, calibration and scores after that are in full precision.
        compile: networks are compiled while they are trained.
        processes: train together.
    """

    preset: str = "cpu"
    changes: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    per_scene: bool = False
    ignore: Sequence[str] = ()
    budget: Budget = Budget(2.0)  # noqa: RUF009 - frozen
    every: int = 1
    max_frames: int | None = None
    validation: float | None = None
    calibration: float | Dataset | None = None
    exclude: Sequence[Exclusion] = ()
    cache: Path | None = None
    cache_gib: float = 8.0
    resume: bool = False
    overwrite: bool = False
    compute: Compute = field(default_factory=current)
    compile: bool = False
    processes: int = 1

    def split(self, usual: Split | None = None) -> Split:
        """How the footage is split.

        Args:
            usual: where nothing is said, e.g. `usual_split`; default `Split()`.

        Raises:
            ConfigError: shares that cannot be.
        """
        split = usual or Split()
        if self.validation is not None:
            split = replace(split, validation=self.validation)
        if isinstance(self.calibration, Dataset):
            return replace(split, calibration=0)
        return split if self.calibration is None else replace(split, calibration=self.calibration)


def usual_split(method: str, preset: str) -> Split:
    """How a method's preset splits the footage where the options of a fit say nothing.

    Raises:
        ConfigError: an unknown method.
    """
    return method_class(method).splits.get(preset, Split())


def calibration_of(
    given: float | str | Path | Dataset | None,
    *,
    format: str | None = None,
    fps: float | None = None,
) -> float | Dataset | None:
    """What a person gives as `--calibration`: a share, or normal footage.

    Args:
        given: a number, also as text; else a folder, or an opened data set. A folder whose name
            is a number is given as `./0.1`.
        format, fps: how a folder is read, as the training footage is.

    Raises:
        ConfigError, DatasetError: as `open_dataset`.
        FootageError: there is no normal footage in it.
    """
    with suppress(ValueError):
        given = float(given) if isinstance(given, str) else given
    if given is None or isinstance(given, int | float):
        return given
    if isinstance(given, Dataset):
        format = fps = None  # it has its own
    opened = as_dataset(given, format=format, fps=fps)
    if not opened.train:
        raise FootageError(
            f"--calibration {opened.root or opened.name}: there is no normal footage in it. Name "
            "a folder of normal clips, or a data set with a training part."
        )
    return opened


def teacher_settings(
    detector: str | None, classifier: str | None, depth: str | None
) -> dict[str, str]:
    """The settings that name a method's teachers, whatever the method.

    >>> teacher_settings("foreground", None, None)
    {'detector': 'foreground'}
    """
    given = {"detector": detector, "classifier": classifier, "depth": depth}
    return {role: what for role, what in given.items() if what is not None}
