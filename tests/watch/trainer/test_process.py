"""The process of a trainer."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from awry.watch.clock import ManualClock
from awry.watch.messages import BundleState, Load, Stop
from awry.watch.site.model import Camera
from awry.watch.site.portions import TrainerSettings, revealed
from awry.watch.trainer import process
from awry.watch.trainer.process import Fit, Progress
from scorer_fakes import FakeContext

FITTING = BundleState("u", "gate", "bundles/gate/1", "knn", "fitting", 1.0)
SHADOW = BundleState("v", "gate", "bundles/gate/1", "knn", "shadow", 2.0)


class Database:
    """One that is opened and closed."""

    opened: list[tuple[Path, str | None]]
    closed = 0

    @contextmanager
    def reading(self) -> Iterator[None]:
        yield None

    def close(self) -> None:
        Database.closed += 1


class Always:
    """A supervisor that says nothing until it is told to."""

    def __init__(self) -> None:
        self.coming: list[Any] = []
        self.polls = 0

    def popleft(self) -> Callable[[], list[Any]]:
        self.polls += 1
        came, self.coming = self.coming, []
        return lambda: came


@pytest.fixture
def context(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeContext:
    monkeypatch.setattr(process, "read_database", lambda layout, url: Database())
    monkeypatch.setattr(process.os, "nice", lambda step: 19)
    monkeypatch.setattr(process.torch, "set_num_threads", lambda threads: None)
    settings = TrainerSettings(camera=Camera(name="gate", detect=SecretStr("")), store=tmp_path)
    made = FakeContext("gate", revealed(settings), ManualClock())
    made.supervisor = Always()  # type: ignore[assignment]
    return made


def trains(monkeypatch: pytest.MonkeyPatch, work: Callable[..., None]) -> None:
    monkeypatch.setattr(process, "train", work)


def test_it_tells_the_keeper_and_ends(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    def work(settings: Any, reading: Any, clock: Any, say: Any, reporter: Any, check: Any) -> None:
        assert settings.camera.name == "gate"
        with reading():
            say(FITTING)
        reporter.start("fitting", 10)
        reporter.advance()
        say(SHADOW)

    closed = Database.closed
    trains(monkeypatch, work)
    process.run(context)
    assert [one for one in context.keeper.sent if isinstance(one, BundleState)] == [FITTING, SHADOW]
    assert Database.closed == closed + 1


def test_a_stop_ends_it_at_the_next_step(
    context: FakeContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, stopped = threading.Event(), threading.Event()

    def work(settings: Any, reading: Any, clock: Any, say: Any, reporter: Any, check: Any) -> None:
        say(FITTING)
        begun.set()
        try:
            while True:
                reporter.advance()
        except KeyboardInterrupt:
            stopped.set()
            raise

    def stop() -> list[Any]:
        return [Stop()] if begun.wait(10) else []

    trains(monkeypatch, work)
    monkeypatch.setattr(context, "poll", stop)
    process.run(context)
    assert stopped.is_set()
    assert context.keeper.sent == [FITTING]


def test_what_breaks_it_is_a_crash(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*args: Any) -> None:
        raise RuntimeError("boom")

    trains(monkeypatch, work)
    with pytest.raises(RuntimeError, match="boom"):
        process.run(context)


def test_it_says_how_far_it_is(context: FakeContext, monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()

    def work(settings: Any, reading: Any, clock: Any, say: Any, reporter: Any, check: Any) -> None:
        reporter.start("fitting", 10, 2)
        reporter.advance()
        assert told.wait(10)

    def poll() -> list[Any]:
        context.clock.advance(1)
        if any(isinstance(one, Load) for one in context.keeper.sent):
            told.set()
        return []

    trains(monkeypatch, work)
    monkeypatch.setattr(context, "poll", poll)
    process.run(context)
    load = next(one for one in context.keeper.sent if isinstance(one, Load))
    assert (load.process, load.name) == ("trainer", "gate")


def test_progress_counts_the_task_that_began_last() -> None:
    progress = Progress(lambda: None)
    progress.start("reading", None)
    progress.advance()
    assert progress.figures() == {"steps": 1.0}
    progress.start("fitting", 10, 2)
    progress.advance({"loss": 1.0})
    assert progress.figures() == {"steps": 3.0, "of": 10.0}


def test_a_fit_that_is_stopped_raises_nothing() -> None:
    begun = threading.Event()

    def work(say: Any, reporter: Progress, check: Callable[[], None]) -> None:
        begun.set()
        while True:
            check()

    fit = Fit(work)
    assert begun.wait(10)
    fit.stop()
    fit.join(10)
    assert not fit.running
    assert fit.said() == []
