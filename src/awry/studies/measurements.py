"""Studies of many measurements: each is kept in a file of its own, and never made twice."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import numpy as np

from awry.begun import differences
from awry.datasets.base import Clip, Dataset
from awry.detector import Detector
from awry.devices import Compute, current
from awry.errors import ConfigError, DatasetError
from awry.evaluation.clip_scoring import SCORES_ALONE, Scored, score_clips
from awry.fitting import FitOptions, fit_and_save
from awry.foreign import read_json
from awry.progress import NO_FIGURES, Reporter, Silent
from awry.storage import write_text
from awry.training.environment import hardware
from awry.training.footage import working_folder

Measurement = dict[str, Any]


class Measurements:
    """The finished measurements of one study, one JSON file each under `OUT/cells`.

    Args:
        out: the study's folder.
        settings: all that the figures depend on, beside a measurement's own name; plain values.

    What `devices.current` rounds to is one of the settings; where it runs is not.

    Raises:
        ConfigError: the folder holds measurements of other settings.
        WriteError: it cannot be written.
    """

    def __init__(self, out: Path, settings: Mapping[str, Any]) -> None:
        settings = {**settings, **rounded(current())}
        text = json.dumps(settings, indent=2, sort_keys=True)
        self._out = out
        self._key = hashlib.sha256(text.encode()).hexdigest()
        file = out / "settings.json"
        begun = any((out / "cells").glob("*.json")) or (out / "fits").is_dir()
        if begun and file.is_file():
            self._compare(_read(file), json.loads(text))
        else:
            write_text(file, text + "\n")

    def _compare(self, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
        if before != now:
            different = differences(before, now) or sorted(before.keys() ^ now.keys())
            raise ConfigError(
                f"{self._out} holds cells of other settings: {'; '.join(different)}. Give the same "
                "settings again, another --out, or remove the folder."
            )

    def get(self, name: str, measure: Callable[[], Measurement]) -> Measurement:
        """A measurement's values: as they were kept, or measured now and kept.

        Raises:
            ConfigError: what was kept is damaged or of other settings.
        """
        file = self._out / "cells" / f"{name}.json"
        if not self.has(name):
            write_text(
                file, json.dumps({"settings": self._key, **measure()}, indent=2, allow_nan=False)
            )
        values = _read(file)
        if values.pop("settings", None) != self._key:
            raise ConfigError(f"{file} is of other settings than its run; remove that file.")
        return values

    def has(self, name: str) -> bool:
        """Whether a measurement is finished; one that lacks clips is made again."""
        file = self._out / "cells" / f"{name}.json"
        return file.is_file() and not _read(file).get("failed")


def _read(file: Path) -> dict[str, Any]:
    return read_json(file, "what this command writes", ConfigError, "Remove that file.")


def rounded(compute: Compute) -> dict[str, str]:
    """The precision, where it is another than 32: figures then depend on it."""
    return {} if compute.precision == "32" else {"precision": compute.precision}


def measured_on(compute: Compute) -> dict[str, str]:
    """`hardware`, `device` and `precision` of a measurement, as it is stored beside its figures."""
    return {
        "hardware": hardware(compute),
        "device": compute.device,
        "precision": compute.precision,
    }


class _WithoutMessages(Silent):
    """Passes progress on, and keeps words back: of many conditions they would be many."""

    def __init__(self, reporter: Reporter) -> None:
        self._reporter = reporter

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """Pass it on."""
        self._reporter.start(title, total, done)

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """Pass it on."""
        self._reporter.advance(figures, title)

    def end(self, title: str) -> None:
        """Pass it on."""
        self._reporter.end(title)


def score_labelled(
    detector: Detector,
    clips: Sequence[Clip],
    parts: Sequence[str],
    reporter: Reporter,
    *,
    regions: bool = False,
) -> Scored:
    """Scores and parts of labelled clips alone: no pictures, and no maps or regions unless wanted.

    Args:
        detector: with its own thinning, which sources are scored with.
        clips: labelled clips.
        parts: extra parts that are wanted.
        reporter: told of each clip.
        regions: keep what regions are measured by, with the true tracks.

    Raises:
        DatasetError: no clip can be read.
        ConfigError: an unknown part.
    """
    options = replace(SCORES_ALONE, parts=parts, dropped=True, maps=regions, regions=regions)
    return score_clips(detector, clips, options, _WithoutMessages(reporter))


def fitted(
    method: str,
    data: Dataset,
    bundle: Path,
    frames: Path,
    options: FitOptions,
    reporter: Reporter,
) -> Detector:
    """A study's detector: its bundle where there is one, else fitted, gone on with if begun.

    Args:
        method: a method's name.
        data: with training clips.
        bundle: where the detector is, or will be, saved.
        frames: cache of resized frames that the study's fits share.
        options: how to fit; cache and resume are set here. The detector runs where it was fitted,
            in the precision of the fit.
        reporter: shows progress.

    Raises:
        AwryError: as `awry.fit`.
    """
    if (bundle / "manifest.json").is_file():
        return Detector.load(bundle).on(options.compute)
    begun = (working_folder(bundle) / "fit").is_dir()
    options = replace(options, cache=frames, resume=begun)
    return fit_and_save(method, data, bundle, options, reporter).detector.on(options.compute)


def labelled(data: Dataset) -> list[Clip]:
    """The test clips that have labels."""
    return [clip for clip in data.test if clip.labels is not None]


def labelled_clips(data: Dataset, wanted: str | None) -> list[Clip]:
    """The labelled test clips of a data set, or some of them.

    Args:
        data: the data set.
        wanted: a number for so many from the first, or a pattern of names such as `Test00*`.

    Raises:
        DatasetError: there is none.
    """
    every = labelled(data)
    chosen = every
    if wanted is not None and wanted.isdigit():
        chosen = every[: int(wanted)]
    elif wanted is not None:
        chosen = [clip for clip in every if fnmatchcase(clip.name, wanted)]
    if not chosen:
        among = f" match --clips {wanted}" if every else " have labels"
        raise DatasetError(
            f"None of the {len(data.test)} test clips of {data.root or data.name}{among}; "
            "robustness is measured on labelled test clips."
        )
    return chosen


def data_key(clips: Sequence[Clip]) -> str:
    """SHA-256 over names and labels of clips."""
    digest = hashlib.sha256()
    for clip in clips:
        digest.update(clip.name.encode())
        digest.update(b"" if clip.labels is None else np.asarray(clip.labels(), np.uint8).tobytes())
    return digest.hexdigest()


def stopped(done: int, planned: int) -> str:
    """What is said after Ctrl-C."""
    return f"stopped with {done} of {planned} cells done; the same command goes on from there."
