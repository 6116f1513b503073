"""`awry.tune`: choose a method's settings on held-back normal footage, without any label."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from awry.calls import checked
from awry.datasets import open_dataset
from awry.datasets.base import Dataset
from awry.devices import on_device
from awry.errors import ConfigError, FootageError
from awry.fitting.checkpoint import check_fit_places
from awry.fitting.detector import open_footage
from awry.fitting.options import FitOptions, teacher_settings, usual_split
from awry.fitting.run import fit_and_save
from awry.fitting.search_result import TuneResult
from awry.fitting.trials import Trial, TrialLog, held_back, judge, judge_losses, search
from awry.memory import enough_memory
from awry.methods.base import Method
from awry.methods.registry import method_class
from awry.methods.search_space import SearchSpace
from awry.progress import Reporter, Silent
from awry.teachers.outputs import keep_outputs
from awry.training.footage import Footage, working_folder
from awry.training.loop import FitContext
from awry.training.split import Exclusion, Split
from awry.training.synthetic import Composition
from awry.video.ignore import IgnoreRegions

TuneBy = Literal["synthetic", "losses"]
VALIDATION = 0.2
"""More is held back than in a plain fit, since settings are chosen on it."""
BY_LOSSES = (
    "Settings were judged by the sum of the validation losses on held-back normal footage, each "
    "with the weight 1, at the epoch that was kept. No label was looked at."
)
NOT_VALIDATED = (
    "Nothing of the held-back footage could be validated, so settings cannot be told apart. Give "
    "longer footage."
)
_UNITS = {"s": 1, "min": 60, "h": 3600}


@checked
@on_device
def tune(
    method: str,
    data: str | Path | Dataset,
    *,
    out: Path,
    budget: str = "1h",
    by: TuneBy = "synthetic",
    format: str | None = None,
    preset: str = "cpu",
    changes: Mapping[str, Any] | None = None,
    detector: str | None = None,
    classifier: str | None = None,
    depth: str | None = None,
    seed: int = 0,
    resume: bool = False,
    ignore: Sequence[str] = (),
    exclude: Sequence[str | Exclusion] = (),
    every: Annotated[int, Field(ge=1)] = 1,
    max_frames: Annotated[int, Field(ge=1)] | None = None,
    cache: Path | None = None,
    cache_size: Annotated[float, Field(ge=0.001)] = 8.0,
    overwrite: bool = False,
    fps: float | None = None,
    device: str | None = None,
    precision: str | None = None,
    reporter: Reporter | None = None,
) -> TuneResult:
    """Try settings of a method on held-back normal footage alone; write the best one's bundle.

    Settings are judged by how well they tell synthetic anomalies, objects of held-back footage
    pasted elsewhere and altered, from the same objects as they are; or as the method's paper did,
    by losses on held-back footage. No test clip is looked at.

    Args:
        method: a registered method's name that declares a search space, e.g. `daml`.
        data: a folder in a layout that `awry datasets` lists, or an opened data set. A fifth of
            its normal footage is held back to judge settings and a tenth for the threshold,
            whatever the preset holds back; by `losses`, what the preset holds back.
        out: the bundle's folder. The trials stand beside it until it is whole, in `OUT.work`.
        budget: time for the trials, `2h`, `30min` or `90s`; what is being fitted is finished.
        by: `synthetic` anomalies; or `losses` of validation, for what the paper chose by them.
        format: the layout's name, where it should not be guessed.
        preset: name of the method's preset.
        changes: settings that differ from the preset's; these are not tried otherwise.
        detector, classifier, depth: as `awry.fit`.
        seed: every random choice follows from it.
        resume: go on where a search of the same settings was stopped.
        ignore, exclude, every, max_frames: as `awry.fit`.
        cache, cache_size: as `awry.fit`.
        overwrite: replace another method's bundle, and a search that was left.
        fps: frames per second of picture folders.
        device, precision: where networks run and how exactly they calculate, as `awry.load` takes
            them; of trials and of the fit.
        reporter: told of progress; None: nobody is.

    Returns:
        the best settings, all trials, and the detector.

    Raises:
        ConfigError: the method declares nothing to try, or a value that cannot be.
        FootageError: in the held-back footage nothing moves for long enough.
        AwryError: as `awry.fit`.
        KeyboardInterrupt: Ctrl-C; `resume=True` goes on from there.
    """
    reporter = reporter or Silent()
    seconds = _seconds_of(budget)
    options = FitOptions(
        preset=preset,
        changes={**(changes or {}), **teacher_settings(detector, classifier, depth)},
        seed=seed,
        ignore=tuple(IgnoreRegions.parse(ignore).specs),
        every=every,
        max_frames=max_frames,
        validation=VALIDATION if by == "synthetic" else None,
        calibration=Split().calibration if by == "synthetic" else None,
        exclude=tuple(map(Exclusion.of, exclude)),
        cache=cache,
        cache_gib=cache_size,
        resume=resume,
        overwrite=overwrite,
    )
    space = _space_of(method_class(method), options.changes, by)
    opened = data if isinstance(data, Dataset) else open_dataset(data, format=format, fps=fps)
    return _Search(method, space, opened, out, options, reporter).run(seconds)


def _seconds_of(budget: str) -> float:
    match = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*(s|min|h)\s*", budget)
    if match is None or float(match[1]) <= 0:
        raise ConfigError(f"Cannot read the budget '{budget}': expected a time, e.g. 2h or 30min.")
    return float(match[1]) * _UNITS[match[2]]


def _space_of(method: type[Method], changes: Mapping[str, Any], by: str) -> SearchSpace:
    """The method's space without what was settled by hand."""
    space = method.loss_space() if by == "losses" else method.search_space()
    left = {name: values for name, values in space.values.items() if name not in changes}
    if not left:
        among = " for --by losses" if by == "losses" else ""
        why = "all of them were given" if space.values else f"it declares none{among}"
        raise ConfigError(f"{method.name} has no settings to try: {why}. Use awry fit instead.")
    lengths = tuple(name for name in space.lengths if name not in changes)
    return replace(space, values=left, lengths=lengths)


class _Search:
    """One call of `tune`."""

    def __init__(
        self,
        method: str,
        space: SearchSpace,
        data: Dataset,
        out: Path,
        options: FitOptions,
        reporter: Reporter,
    ) -> None:
        self._method, self._space, self._data = method, space, data
        self._out, self._options, self._reporter = out, options, reporter
        self._work = working_folder(out)

    def run(self, seconds: float) -> TuneResult:
        """Search, fit the best settings for the bundle, remove what was kept on the way."""
        options, trials = self._options, self._work / "trials"
        self._configured({}, 1)
        check_fit_places(self._method, self._data, self._out, self._work, options)
        log_file = self._work / "trials.json"
        if log_file.is_file() and not (options.resume or options.overwrite):
            raise ConfigError(
                f"{self._work} holds a search that was stopped: --resume goes on from there, "
                "--overwrite throws it away."
            )
        usual = usual_split(self._method, options.preset)
        footage = open_footage(self._data, self._work, options, self._reporter, usual)
        log = TrialLog(log_file, self._begun(footage), options.resume)
        if not log.trials:
            shutil.rmtree(trials, ignore_errors=True)
        with keep_outputs(options.cache or self._work / "frames"):
            made = [] if self._space.losses else held_back(footage, options.seed)

            def attempt(settings: Mapping[str, Any], share: float) -> Trial:
                return self._attempt(settings, share, footage, made, trials / str(len(log.trials)))

            best = search(self._space, log, attempt, seconds, options.seed, self._reporter)
        if self._space.losses and best.figure is None:
            raise FootageError(NOT_VALIDATED)
        changes = {**options.changes, **best.settings}
        final = replace(options, changes=changes, resume=False, overwrite=True)
        fit = fit_and_save(self._method, self._data, self._out, final, self._reporter)
        shutil.rmtree(self._work, ignore_errors=True)
        by, note = ("losses", BY_LOSSES) if self._space.losses else ("synthetic", _notes(made))
        return TuneResult(self._method, best, tuple(log.trials), fit, (note,), by)

    def _attempt(
        self,
        settings: Mapping[str, Any],
        share: float,
        footage: Footage,
        made: Sequence[Composition],
        folder: Path,
    ) -> Trial:
        """Fit for a share of the time; a fit that was stopped goes on from its checkpoint."""
        started = time.monotonic()
        try:
            model = self._configured(settings, share)
        except ConfigError as error:  # settings that do not go with those given by hand
            self._reporter.message(f"{settings} is left out: {error}")
            return Trial(dict(settings), share, None, None, None, {}, 0.0)
        context = FitContext(
            folder, self._options.seed, True, self._reporter, compute=self._options.compute
        )
        with enough_memory(model.smaller_fit(context.compute)):
            model.fit(footage, context)
        if losses := self._space.losses:
            trial = judge_losses(context.history, losses, settings, share, started)
        else:
            trial = judge(model, made, settings, share, started)
        shutil.rmtree(folder, ignore_errors=True)
        return trial

    def _configured(self, settings: Mapping[str, Any], share: float) -> Method:
        kind, variant = method_class(self._method), self._data.variant
        changes = {**self._options.changes, **settings}
        config = kind.configure(self._options.preset, changes, variant)
        if share < 1:
            shorter = self._space.shortened(config.model_dump(), share)
            config = kind.configure(self._options.preset, {**changes, **shorter}, variant)
        return kind(config)

    def _begun(self, footage: Footage) -> dict[str, Any]:
        """All that the trials' figures depend on."""
        options = self._options
        return {
            "method": self._method,
            "preset": options.preset,
            "changes": dict(options.changes),
            "space": {name: list(values) for name, values in self._space.values.items()},
            **({"losses": list(self._space.losses)} if self._space.losses else {}),
            "seed": options.seed,
            "ignore": list(footage.ignore.specs),
            "every": options.every,
            "max_frames": options.max_frames,
            "exclude": [f"{e.clip}:{e.first}-{e.last}" for e in options.exclude],
            "footage": footage.contents(),
        }


def _notes(made: Sequence[Composition]) -> str:
    objects = len({one.donor for one in made})
    few = "; so few say little" if objects < 4 else ""
    return (
        f"Settings were judged on {len(made)} short compositions with {objects} different objects "
        f"of held-back normal footage{few}. No label was looked at."
    )
