"""Where a fit writes, and what an earlier one left there."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awry.begun import differences
from awry.datasets import paths_of
from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.fitting.options import FitOptions
from awry.foreign import read_json
from awry.output.places import Place, check_places
from awry.progress import Reporter
from awry.storage import write_json
from awry.training.bundle import check_place, method_of
from awry.training.footage import Footage, is_begun


def check_fit_places(
    method: str, data: Dataset, out: Path, work: Path, options: FitOptions
) -> None:
    """Refuse a place that cannot be written, or where something would be lost.

    Raises:
        BundleError, ConfigError, WriteError: as `check_place` and `check_places`, or another
            method's bundle stands there.
    """
    check_place(out)
    places = [
        Place("--out", out, "bundle"),
        Place("the working folder", work, "folder"),
        Place("the working folder", work / "frames", "frames"),
    ]
    if options.cache is not None:
        places.append(Place("--cache", options.cache, "cache"))
    files = [what.partition(":")[2] for what in options.changes.values() if isinstance(what, str)]
    read: list[str | Path] = [file for file in files if file]
    read += paths_of(data, options.calibration)
    check_places(places, read, overwrite=options.overwrite)
    before = method_of(out)
    if before not in (None, method) and not options.overwrite:
        raise ConfigError(
            f"--out {out} holds a bundle of {before}. Choose another place, or add --overwrite to "
            f"replace it by one of {method}."
        )


def clear_checkpoint(work: Path, options: FitOptions, reporter: Reporter) -> None:
    """Remove an older fit's checkpoint, unless it is gone on with.

    Whoever starts anew must never go on from an older fit's checkpoint, nor lose it unasked.

    Raises:
        ConfigError: there is one, and the options say neither resume nor overwrite.
    """
    left = is_begun(work)
    if options.resume:
        if not left:
            reporter.message(
                f"--resume: there is nothing to go on from in {work}; starting afresh."
            )
        return
    if left and not options.overwrite:
        raise ConfigError(
            f"{work} holds the checkpoint of a fit that was stopped: --resume goes on from there, "
            "--overwrite throws it away and starts afresh."
        )
    shutil.rmtree(work / "fit", ignore_errors=True)


def remember_settings(
    work: Path, method: str, config: Mapping[str, Any], footage: Footage, options: FitOptions
) -> None:
    """Keep the settings: a checkpoint is gone on with only by the very fit that made it.

    It may go on elsewhere, on another device or in another number of processes, and says so.

    Raises:
        ConfigError: it was made with other settings or footage.
    """
    file = work / "fit.json"
    mine = {
        "method": method,
        "config": config,
        "seed": options.seed,
        "per_scene": options.per_scene,
        "ignore": list(footage.ignore.specs),
        "every": options.every,
        "max_frames": options.max_frames,
        "exclude": [f"{e.clip}:{e.first}-{e.last}" for e in options.exclude],
        "shares": [footage.split.validation, footage.split.calibration],
        "per_clip": footage.split.per_clip,
        "precision": options.compute.precision,
        "footage": footage.contents(),
    }
    how = {
        "device": options.compute.kind,
        "number of processes": options.processes,
        "compile": options.compile,
    }
    if options.resume and is_begun(work) and file.is_file():
        start_anew = "Start anew with --overwrite instead of --resume."
        before = read_json(file, "the settings of a fit", ConfigError, start_anew)
        if different := differences(before, mine):
            raise ConfigError(
                f"--resume: the fit in {work} was started otherwise: {'; '.join(different)}. Give "
                "the same settings and footage again, or start anew with --overwrite instead of "
                "--resume."
            )
        if different := differences(before, how):
            footage.reporter.message(
                f"The fit goes on with another {'; another '.join(different)}: the last digits "
                "may come out otherwise than in one go."
            )
    write_json(file, {**mine, **how})
