"""How a detector holds out: on spoiled frames, or fitted anew with fewer or impure ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from awry.calls import checked
from awry.cluster import pool_opened
from awry.datasets import as_dataset, paths_of
from awry.datasets.base import Dataset
from awry.detector import Detector, load
from awry.devices import on_device
from awry.errors import ConfigError
from awry.output.places import check_folder
from awry.progress import Reporter, Silent
from awry.scoring.budget import Budget
from awry.studies.choices import names, whole_numbers
from awry.studies.corruption_conditions import (
    CorruptionOptions,
    RobustnessResult,
    measure_corruptions,
)
from awry.studies.corruptions import CORRUPTIONS, choose
from awry.studies.training_conditions import (
    CONTAMINATE,
    SUBSAMPLE,
    RefitResult,
    TrainingOptions,
    measure_training,
)

FILES = {"robustness.json": "json", "settings.json": "json", "frames": "frames"} | {
    f"robustness{what}.{ending}": "picture"
    for what in ("", "-false-alarms", "-threshold")
    for ending in ("png", "svg")
}
"""What a study puts into its folder."""
SEVERITIES = (1, 3, 5)


@checked
@on_device
def robustness(
    bundle: str | Path | Detector | None = None,
    *,
    data: str | Path | Dataset,
    out: str | Path,
    corruptions: str | Sequence[str] | None = None,
    severities: int | str | Sequence[int] | None = None,
    refit: str | None = None,
    subsample: int | str | Sequence[int] | None = None,
    contaminate: int | str | Sequence[int] | None = None,
    preset: str | None = None,
    changes: Mapping[str, Any] | None = None,
    parts: str | Sequence[str] = "all",
    clips: str | int | None = None,
    seed: int = 0,
    budget: str | Budget | None = None,
    threshold: float | None = None,
    overwrite: bool = False,
    format: str | None = None,
    fps: float | None = None,
    workers: Annotated[int, Field(ge=1)] | None = None,
    on: str | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> RobustnessResult | RefitResult:
    """Measure a bundle in bad weather, or a method with fewer or impure frames; resumable.

    With a bundle, its test clips are scored clean and under each corruption at each severity. With
    `refit`, a method is fitted once for each amount of `subsample` or `contaminate`. What an
    earlier study with the same settings finished is not done again.

    Args:
        bundle: a fitted bundle's folder, or a detector.
        data: a data set's folder, or an opened one, with labelled test clips.
        out: folder for measurements, `robustness.json` and plots.
        corruptions: which, one by one or with commas between; all if None.
        severities: of 1 to 5; 1, 3 and 5 if None.
        refit: the method that is fitted anew, in place of a bundle.
        subsample: keep every n-th frame of training and test footage; each n is one fit.
        contaminate: so many abnormal test frames in the training footage; each is one fit.
        preset: of the fits; `tiny` if None.
        changes: settings of the fits that differ from the preset's.
        parts: extra parts to measure; `all` for every one.
        clips: so many test clips from the first, or a pattern of names such as `Test00*`.
        seed: every random choice follows from it.
        budget, threshold: other thresholds than the bundle's own, as `awry.load` takes them.
        overwrite: replace what stands at `out`, whoever wrote it.
        format, fps: as `awry.open_dataset` takes them.
        workers, on: score several clips at a time, as `awry.evaluate` takes them.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of fits and of scoring alike.
        reporter: shows progress.

    Returns:
        a `RobustnessResult` of a bundle, a `RefitResult` of a method.

    Raises:
        ConfigError: options that do not belong together, unknown names, too many frames asked
            for, or measurements of other settings in `out`.
        DatasetError: no labelled test clip, or none that can be read.
        KeyboardInterrupt: Ctrl-C; says how to go on.
    """
    fitting = {"--subsample": subsample, "--contaminate": contaminate}
    _check_belonging(
        bundle,
        refit,
        of_bundle={
            "--corruptions": corruptions,
            "--severities": severities,
            "--budget": budget,
            "--threshold": threshold is not None,
        },
        of_refit={**fitting, "--preset": preset, "--set": changes},
        amounts=fitting,
    )
    folder, reporter = Path(out), reporter or Silent()
    check_folder("--out", folder, FILES, paths_of(data, bundle), overwrite=overwrite)
    wanted = None if clips is None else str(clips)
    if bundle is not None:
        options = CorruptionOptions(
            tuple(CORRUPTIONS.values()) if corruptions is None else choose(names(corruptions)),
            _severities(severities),
            names(parts),
            wanted,
            seed,
        )
        detector = load(
            bundle, budget=budget, threshold=threshold, device=device, precision=precision
        )
        footage = as_dataset(data, format=format, fps=fps)
        with pool_opened(workers, on, reporter):
            return measure_corruptions(detector, footage, folder, options, reporter)
    assert refit is not None
    kind, numbers = _amounts(subsample, contaminate)
    training = TrainingOptions(
        refit, kind, numbers, preset or "tiny", changes or {}, names(parts), wanted, seed
    )
    footage = as_dataset(data, format=format, fps=fps)
    with pool_opened(workers, on, reporter):
        return measure_training(footage, folder, training, reporter)


def _severities(given: int | str | Sequence[int] | None) -> Sequence[int]:
    if given is None:
        return SEVERITIES
    return whole_numbers(given, "--severities", lowest=1, highest=5)


def _amounts(
    subsample: int | str | Sequence[int] | None, contaminate: int | str | Sequence[int] | None
) -> tuple[str, list[int]]:
    """The kind of condition and its amounts, of which one is given."""
    if subsample is not None:
        return SUBSAMPLE, whole_numbers(subsample, "--subsample", lowest=1)
    assert contaminate is not None
    return CONTAMINATE, whole_numbers(contaminate, "--contaminate", lowest=0)


def _check_belonging(
    bundle: object,
    refit: str | None,
    *,
    of_bundle: Mapping[str, Any],
    of_refit: Mapping[str, Any],
    amounts: Mapping[str, Any],
) -> None:
    """Refuse options that do not belong together.

    Args:
        bundle, refit: one of the two must be given.
        of_bundle: options that go with a bundle only.
        of_refit: options that go with a refit only.
        amounts: options of which a refit needs one.

    Raises:
        ConfigError: they do not belong together.
    """
    if (bundle is None) == (refit is None):
        raise ConfigError(
            "Give either a BUNDLE, which is measured on spoiled frames, or --refit METHOD, which "
            "is fitted anew for each amount; not both."
        )
    others = of_bundle if bundle is None else of_refit
    foreign = [name for name, value in others.items() if value]
    if foreign:
        other = "a BUNDLE" if bundle is None else "--refit METHOD"
        raise ConfigError(f"{foreign[0]} goes with {other} only; leave it out.")
    if refit is not None and sum(value is not None for value in amounts.values()) != 1:
        raise ConfigError(f"--refit needs one of {' and '.join(amounts)}, and not both.")
