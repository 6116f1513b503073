"""Settings tried on held-back normal footage: successive halving that goes on where it stopped."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from awry.begun import differences
from awry.errors import ConfigError, FootageError
from awry.foreign import read_json
from awry.methods.base import Method, Setting
from awry.methods.search_space import SearchSpace
from awry.progress import Reporter
from awry.storage import write_json
from awry.training.blind import BlindScores, blind_figure
from awry.training.footage import Footage
from awry.training.history import best_validation
from awry.training.synthetic import Composition, compositions
from awry.video.pictures import working_size

MOST = 27
KEPT = 3
"""Of so many settings one goes on to the next round, with fits so many times as long."""
ROUNDS = 3
OBJECTS, EACH, SECONDS = 8, 3, 3.0
HEIGHT = 480


@dataclass(frozen=True, slots=True)
class Trial:
    """One setting, fitted for a share of its time and judged without labels.

    By synthetic anomalies the highest figure is best; by validation losses the lowest.

    Attributes:
        settings: what differs from the preset and from what was asked for.
        share: of a whole fit.
        figure: mean AUC of synthetic anomalies against their controls, or the sum of validation
            losses; None: nothing had a score, or was validated.
        low, high: its 90 % interval, by resampling the pasted objects; None for losses.
        kinds: the AUC of each kind, or each loss.
        seconds: fitting and judging took.
    """

    settings: Mapping[str, Any]
    share: float
    figure: float | None
    low: float | None
    high: float | None
    kinds: Mapping[str, float]
    seconds: float


def held_back(footage: Footage, seed: int) -> list[Composition]:
    """The compositions that all settings are judged on, from the validation part.

    Raises:
        FootageError: nothing moves there for long enough.
    """
    made = compositions(
        footage,
        count=OBJECTS,
        each=EACH,
        seconds=SECONDS,
        size=working_size(footage.frame_size(), HEIGHT),
        seed=seed,
    )
    if not made:
        raise FootageError(
            "In the held-back footage nothing moves for long enough to be pasted elsewhere, so "
            "settings cannot be told apart. Give longer footage, with people or vehicles in it."
        )
    return made


def judge(
    model: Method,
    made: Sequence[Composition],
    settings: Mapping[str, Any],
    share: float,
    started: float,
) -> Trial:
    """Score the compositions as a stream each."""
    scored = []
    for one in made:
        height, width = one.base.images.shape[1:3]
        setting = Setting(scene=one.base.scene, maps=False, fps=one.fps, frame_size=(height, width))
        rows = [s for s in model.scorer(setting).score(one.frames()) if s.score is not None]
        scored.append(([s.index for s in rows], np.array([[s.score] for s in rows], np.float64)))
    found = blind_figure(BlindScores.of(made, scored))
    seconds = round(time.monotonic() - started, 1)
    if found is None:
        return Trial(dict(settings), share, None, None, None, {}, seconds)
    return Trial(dict(settings), share, found.figure, found.low, found.high, found.kinds, seconds)


def judge_losses(
    history: Sequence[Mapping[str, Any]],
    losses: Sequence[str],
    settings: Mapping[str, Any],
    share: float,
    started: float,
) -> Trial:
    """Sum up the validation losses of a fit's kept epochs, each with the weight 1.

    Args:
        history: of the fit.
        losses: names of those that count.
        settings, share: of the trial.
        started: `time.monotonic` before the fit.
    """
    kept = best_validation({"*": history})
    found = {
        f"{phase} {name}": figures[name]
        for phase, figures in kept.items()
        for name in losses
        if name in figures
    }
    figure = sum(found.values()) if found else None
    seconds = round(time.monotonic() - started, 1)
    return Trial(dict(settings), share, figure, None, None, found, seconds)


class TrialLog:
    """What was tried so far, in a file that a stopped search goes on from.

    Args:
        file: its place.
        begun: all that the figures depend on.
        resume: take what is there; else it is forgotten.

    Raises:
        ConfigError: what is there was begun otherwise.
    """

    def __init__(self, file: Path, begun: Mapping[str, Any], resume: bool) -> None:
        self._file, self._begun = file, begun
        self.trials: list[Trial] = []
        if not resume or not file.is_file():
            return
        anew = "Start anew without --resume."
        before = read_json(file, "the trials of a search", ConfigError, anew)
        if different := differences(before["begun"], begun):
            raise ConfigError(
                f"--resume: the search in {file.parent} was begun otherwise: "
                f"{'; '.join(different)}. Give the same settings again, or start without --resume."
            )
        self.trials = [Trial(**row) for row in before["trials"]]

    @property
    def seconds(self) -> float:
        """All trials took."""
        return sum(trial.seconds for trial in self.trials)

    def find(self, settings: Mapping[str, Any], share: float) -> Trial | None:
        """The trial of these settings, where it was made."""
        for trial in self.trials:
            if trial.settings == settings and trial.share == share:
                return trial
        return None

    def add(self, trial: Trial) -> None:
        """Note a trial; it is safe once this returns."""
        self.trials.append(trial)
        rows = [asdict(trial) for trial in self.trials]
        write_json(self._file, {"begun": dict(self._begun), "trials": rows})


def worth(trial: Trial, space: SearchSpace) -> float:
    """The higher, the better a trial was."""
    if trial.figure is None:
        return -math.inf
    return -trial.figure if space.losses else trial.figure


def search(
    space: SearchSpace,
    log: TrialLog,
    attempt: Callable[[Mapping[str, Any], float], Trial],
    budget: float,
    seed: int,
    reporter: Reporter,
) -> Trial:
    """Successive halving: the best third of the settings goes on to longer fits.

    Each round may spend an equal share of the time; at least one setting is fitted in each, so
    that the last one, whose fits are whole, always has one.

    Args:
        space: what is tried.
        log: of what was tried before, and now.
        attempt: fits and judges settings for a share of a whole fit.
        budget: seconds.
        seed: of the order.
        reporter: is told of each trial.

    Returns:
        the best trial of the last round.
    """
    rounds = ROUNDS if space.lengths else 1
    measure = "losses" if space.losses else "blind"
    candidates = space.candidates(MOST, seed)
    for number in range(rounds):
        share = float(KEPT) ** (number + 1 - rounds)
        allowed = budget * (number + 1) / rounds
        title = f"settings, {share:.0%} of a fit"
        reporter.start(title, len(candidates), 0)
        done: list[Trial] = []
        for settings in candidates:
            trial = log.find(settings, share)
            if trial is None:
                if done and log.seconds >= allowed:
                    break
                trial = attempt(settings, share)
                log.add(trial)
            done.append(trial)
            reporter.advance({} if trial.figure is None else {measure: trial.figure}, title)
        reporter.end(title)
        done.sort(key=lambda trial: worth(trial, space), reverse=True)
        candidates = [dict(trial.settings) for trial in done[: -(-len(done) // KEPT)]]
    return done[0]
