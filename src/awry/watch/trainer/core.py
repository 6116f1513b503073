"""A camera's detector, learned from its own footage."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.detector import Detector, load
from awry.errors import AwryError
from awry.fitting import fit
from awry.foreign import reason_of
from awry.memory import is_shortage, shortage
from awry.progress import Reporter, Silent
from awry.scoring.budget import Budget
from awry.scoring.calibration import POOLED
from awry.training.bundle import MANIFEST
from awry.training.footage import is_begun, working_folder
from awry.watch.clock import Clock
from awry.watch.messages import BundleState, new_uid
from awry.watch.site.model import Camera
from awry.watch.site.portions import TrainerSettings
from awry.watch.store.layout import Layout
from awry.watch.store.models import BundleRow
from awry.watch.trainer.plan import (
    RATE,
    FitPlan,
    method_of,
    planned_fit,
    read_plan,
    write_plan,
)
from awry.watch.trainer.selection import (
    Selection,
    select_folder,
    select_footage,
    with_confirmed,
)
from awry.watch.trainer.trial import Trial, try_detector

_NUMBER = re.compile(r"\d{1,9}")
RETRY_S = 3600.0
"""A fit that failed is worth another try after so long, with more footage or other settings."""

Reading = Callable[[], AbstractContextManager[Session]]
State = Literal["fitting", "shadow", "failed"]


def train(
    settings: TrainerSettings,
    reading: Reading,
    clock: Clock,
    say: Callable[[BundleState], None],
    reporter: Reporter | None = None,
    check: Callable[[], None] = lambda: None,
) -> BundleState:
    """Fit a detector for a camera, and try it on footage that was held back.

    The footage is what was gathered in the store, or the camera's `learn.folder`; clips of events
    that a person called normal are added. Left out is what was tampered with, and what lies in
    events that were judged abnormal or not judged. A fit that was killed goes on where it was, with
    the same footage.

    Args:
        settings: the camera and the store.
        reading: opens the database to read.
        clock: for times.
        say: told of each state of the bundle, `fitting`, then `shadow` or `failed`.
        reporter: shows progress.
        check: called with every frame that is read; whatever it raises ends the work, which can be
            gone on with.

    Returns:
        the last state. Where that is `failed`, `detail` says why, and the fact `retry_s` after how
        many seconds another try is worth it. `shadow`: the bundle stands whole in its folder.

    Raises:
        KeyboardInterrupt: as `check` and `reporter` raise it.
    """
    work = _Work(settings, reading, clock, reporter or Silent(), check)
    number = 1
    try:
        number = work.next_number()
        number, plan, begun = work.plan(number)
        say(work.state(number, "fitting", _about(plan, begun)))
        detector = work.fitted(plan, number, begun)
        trial = work.tried(detector, plan)
    except Exception as error:  # a method of anybody's, a disk that is full: all become a sentence
        state = work.state(number, "failed", _sentence(error), {"retry_s": RETRY_S})
        work.forget(number)
    else:
        sentence = " ".join([trial.sentence, *plan.notes, *trial.failed])
        state = work.state(number, "shadow", sentence, _facts(plan, detector, trial))
    say(state)
    return state


@dataclass(frozen=True, slots=True)
class _Work:
    """A fit and its surroundings."""

    settings: TrainerSettings
    reading: Reading
    clock: Clock
    reporter: Reporter
    check: Callable[[], None]

    @property
    def camera(self) -> Camera:
        return self.settings.camera

    @property
    def layout(self) -> Layout:
        return Layout(self.settings.store)

    def place(self, number: int, ending: str = "") -> Path:
        return self.layout.bundles / self.camera.name / f"{number}{ending}"

    def next_number(self) -> int:
        """The number of the camera's next bundle: of none that ever scored."""
        names = [name for name, state in self._states().items() if state != "failed"]
        folder = self.layout.bundles / self.camera.name
        if folder.is_dir():
            names += [path.name for path in folder.iterdir() if (path / MANIFEST).is_file()]
        return 1 + max((int(name) for name in names if _NUMBER.fullmatch(name)), default=0)

    def plan(self, number: int) -> tuple[int, FitPlan, bool]:
        """The number of the bundle, what it is fitted on, and whether that was begun before."""
        states = self._states()
        for file in self._begun():
            plan, name = read_plan(file), file.name.partition(".")[0]
            going_on = states.get(name, "fitting") == "fitting"
            if going_on and plan is not None and plan.suits(self.camera):
                return int(name), plan, True
            self.forget(int(name))
        plan = planned_fit(self.selection(), self.camera)
        write_plan(self.place(number, ".plan.json"), plan)
        return number, plan, False

    def selection(self) -> Selection:
        """The footage of the camera's folder, or what was gathered, and what was called normal."""
        name, root, folder = self.camera.name, self.layout.root, self.camera.learn.folder
        with self.reading() as session:
            if folder is not None:
                found = select_folder(folder, RATE)
            else:
                found = select_footage(session, name, root, self.clock.now())
            return with_confirmed(found, session, name, root, self.clock.now())

    def _states(self) -> dict[str, str]:
        """Name of each of the camera's bundles -> what became of it."""
        wanted = select(BundleRow.path, BundleRow.state)
        with self.reading() as session:
            rows = session.execute(wanted.where(BundleRow.camera == self.camera.name))
            return {Path(path).name: state for path, state in rows}

    def _begun(self) -> Iterator[Path]:
        folder = self.layout.bundles / self.camera.name
        if folder.is_dir():
            yield from sorted(folder.glob("[0-9]*.plan.json"))

    def fitted(self, plan: FitPlan, number: int, begun: bool) -> Detector:
        """The bundle's detector; the bundle that a killed process has left whole is taken."""
        out = self.place(number)
        if begun and (out / MANIFEST).is_file():
            return load(out, device=self.settings.device)
        result = fit(
            plan.method,
            plan.dataset(self.camera.name, self.check),
            out=out,
            preset=plan.preset,
            changes=plan.options,
            ignore=plan.ignore,
            exclude=plan.exclusions,
            budget=plan.budget,
            resume=begun and is_begun(working_folder(out)),
            overwrite=True,
            device=self.settings.device,
            reporter=self.reporter,
        )
        return result.detector

    def tried(self, detector: Detector, plan: FitPlan) -> Trial:
        """What it does on the footage that was held back."""
        clips = plan.dataset(self.camera.name, self.check).test
        left_out = {clip.name: clip.left_out for clip in plan.clips}
        return try_detector(detector, clips, left_out, plan.rate, Budget.of(plan.budget))

    def forget(self, number: int) -> None:
        """What a fit leaves beside its bundle is removed; a whole bundle never is."""
        self.place(number, ".plan.json").unlink(missing_ok=True)
        shutil.rmtree(working_folder(self.place(number)), ignore_errors=True)

    def state(
        self, number: int, state: State, detail: str, facts: dict[str, Any] | None = None
    ) -> BundleState:
        path = f"{self.layout.bundles.name}/{self.camera.name}/{number}"
        return BundleState(
            new_uid(),
            self.camera.name,
            path,
            method_of(self.camera.learn),
            state,
            self.clock.now(),
            detail,
            json.dumps(facts or {}),
        )


def _about(plan: FitPlan, begun: bool) -> str:
    files = sum(not clip.held for clip in plan.clips)
    said = f"A detector {'goes on being' if begun else 'is'} fitted on {files} files."
    return " ".join((said, *plan.notes))


def _facts(plan: FitPlan, detector: Detector, trial: Trial) -> dict[str, Any]:
    calibration, fitted = detector.calibration.scene(POOLED), detector.facts
    light = {"light": plan.light} if plan.light else {}
    return light | {
        "rate": plan.rate,
        "size": list(plan.size),
        "preset": plan.preset,
        "fit_seconds": fitted.fit_seconds,
        "threshold": calibration.threshold,
        "calibration": calibration.how,
        "budget": plan.budget,
        "held_back_s": round(trial.seconds, 1),
        "alarms": trial.alarms,
        "allowed": round(trial.allowed, 4),
        "notes": [*plan.notes, *fitted.data.notes, *fitted.data.failed, *trial.failed],
    }


def _sentence(error: Exception) -> str:
    if is_shortage(error):
        return f"The fit failed: {shortage(error)}"
    return str(error) if isinstance(error, AwryError) else f"The fit failed: {reason_of(error)}."
