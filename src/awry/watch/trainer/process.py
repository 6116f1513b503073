"""The process of a trainer: one fit for one camera, at the lowest priority, and then it ends."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Mapping
from contextlib import closing, suppress

import torch

from awry.progress import NO_FIGURES, Silent
from awry.watch.ipc.links import Context
from awry.watch.messages import BundleState, Load, Stop
from awry.watch.site.model import database_url
from awry.watch.site.portions import TrainerSettings
from awry.watch.store.database import read_database
from awry.watch.store.layout import Layout
from awry.watch.trainer.core import train

IDLE_S = 0.2
REPORT_S = 5.0
LEAVE_S = 5.0
"""After a `Stop` a step that is under way has so long to end; a checkpoint keeps what was done."""


class Progress(Silent):
    """Counts the steps of the task that began last, and ends the work when it is told to.

    Args:
        check: called at each step; whatever it raises ends the work.
    """

    def __init__(self, check: Callable[[], None]) -> None:
        self._check = check
        self._total: int | None = None
        self._done = 0

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        """A task begins."""
        self._check()
        self._total, self._done = total, done

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        """One step is done."""
        self._check()
        self._done += 1

    def figures(self) -> dict[str, float]:
        """`steps` that are done of the task, and `of` how many where that is known."""
        of = {} if self._total is None else {"of": float(self._total)}
        return {"steps": float(self._done), **of}


class Fit:
    """A fit in a thread of its own, so that the process goes on answering.

    Args:
        work: does it; is given where to say states, a reporter, and what to call at each step.
    """

    def __init__(
        self, work: Callable[[Callable[[BundleState], None], Progress, Callable[[], None]], object]
    ) -> None:
        self.progress = Progress(self._check)
        self._said: queue.SimpleQueue[BundleState] = queue.SimpleQueue()
        self._stop = threading.Event()
        self._error: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def said(self) -> list[BundleState]:
        """What there is to say since."""
        found: list[BundleState] = []
        with suppress(queue.Empty):
            while True:
                found.append(self._said.get_nowait())
        return found

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def stop(self) -> None:
        """End at the next step."""
        self._stop.set()

    def join(self, seconds: float) -> None:
        """Wait for its end, but no longer than that.

        Raises:
            Exception: what ended it that was no `stop`.
        """
        self._thread.join(seconds)
        if self._error is not None and not self._stop.is_set():
            raise self._error

    def _check(self) -> None:
        if self._stop.is_set():
            raise KeyboardInterrupt("the trainer is to end")

    def _run(self) -> None:
        try:
            self._work(self._said.put, self.progress, self._check)
        except BaseException as error:
            self._error = error


def run(context: Context) -> None:
    """Fit a detector for a camera; a `Stop` ends it, and the next process goes on from there.

    Raises:
        ValidationError: settings that are none.
        InputError: the store has no database yet.
    """
    settings = TrainerSettings.model_validate_json(context.settings)
    _give_way()
    with closing(read_database(Layout(settings.store), database_url(settings))) as database:
        clock = context.clock
        fit = Fit(
            lambda say, reporter, check: train(
                settings, database.reading, clock, say, reporter, check
            )
        )
        _accompany(context, fit, settings.camera.name)


def _accompany(context: Context, fit: Fit, camera: str) -> None:
    told_at = context.clock.monotonic()
    running = True
    while running:
        running = fit.running
        if any(isinstance(message, Stop) for message in context.poll()):
            fit.stop()
            fit.join(LEAVE_S)
            running = False
        for state in fit.said():
            context.keeper.send(state)
        if context.clock.monotonic() - told_at >= REPORT_S:
            told_at = context.clock.monotonic()
            load = Load("trainer", camera, context.clock.now(), fit.progress.figures())
            context.keeper.send(load, certain=False)
        context.keeper.poll(IDLE_S if running else 0.0)
    fit.join(0.0)
    until = context.clock.monotonic() + LEAVE_S
    while context.keeper.waiting and context.clock.monotonic() < until:
        context.poll()
        context.keeper.poll(IDLE_S)


def _give_way() -> None:
    """Everything else on this machine goes before."""
    torch.set_num_threads(1)
    with suppress(OSError, AttributeError):
        os.nice(19)
