"""Workers beside one another, who are given tasks as they become free."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from dataclasses import replace
from functools import partial
from types import TracebackType
from typing import Any

from awry.cluster.processes import Processes
from awry.cluster.work import Answer, Failed, Lost, Prepared, Task, Work, Workers
from awry.devices import Inheriting
from awry.errors import AwryError, ConfigError
from awry.progress import Reporter

PROCESSES = "processes"
"""Where tasks run that hold nothing between them: each in a new process of this machine."""

RETRIES = 2
"""So often a task is given to another worker when its worker is lost."""

_PATIENCE_S = 0.25


class Pool:
    """Workers beside one another: processes of this machine, a Ray of its own here, or a cluster.

    It is a context manager. What it started it ends again, also after Ctrl-C: a Ray that was there
    before is used and left running.

    Args:
        workers: how many; None: as many as the cores, or as the cluster has room for.
        on: `processes`; `ray`: the Ray that this program has started, else that of `RAY_ADDRESS`,
            else one on this machine alone, started for this; `auto`: the cluster that this machine
            belongs to; `ray://HOST:PORT` or `HOST:PORT`: that cluster.
        cpus: cores that each worker takes of a cluster; 0.5 lets two workers share one. On this
            machine the threads are shared out among the workers, whatever they take.
        gpus: graphics cards of each worker; 0.5 lets two workers share one. None: where networks
            run on CUDA (see `devices.using`) a card each, or on this machine as equal a share of
            its cards; elsewhere none. A worker sees its own cards alone, the first as `cuda:0`.
        retries: how often a task is given to another worker when its worker is lost.

    Attributes:
        workers: how many there are.
        notes: what a person should know, one sentence each.

    Raises:
        ConfigError: a number is out of range, or `on` is none of these.
        MissingError: Ray is not installed.
        AwryError: the cluster cannot be reached, or has no room for one worker.
    """

    def __init__(
        self,
        workers: int | None = None,
        on: str = "ray",
        *,
        cpus: float = 1,
        gpus: float | None = None,
        retries: int = RETRIES,
    ) -> None:
        _check("workers", workers, at_least=1)
        _check("cpus", cpus, at_least=0)
        _check("gpus", gpus, at_least=0)
        _check("retries", retries, at_least=0)
        self.notes: list[str] = []
        self._retries = retries
        self._opened = ExitStack()
        self._now: list[Workers] = []
        if on == PROCESSES:
            from awry.runtimes import threads

            count = workers or threads()
            self.workers = count
            self._begin: Callable[[Work[Any, Any]], Workers] = lambda work: Processes(work, count)
            return
        from awry.cluster.actors import Actors
        from awry.cluster.ray_place import ray_place

        place = self._opened.enter_context(ray_place(on, workers, cpus=cpus, gpus=gpus))
        self.workers = place.workers
        self.notes += place.notes
        self._begin = lambda work: Actors(work, place)

    def __enter__(self) -> Pool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """End what was started for this pool, and what runs in it."""
        for workers in self._now:
            workers.close()
        self._opened.close()

    def run(
        self,
        work: Work[Task, Answer],
        tasks: Iterable[Task],
        stop: Sequence[bool] = (),
        meanwhile: Callable[[], bool] = lambda: False,
    ) -> Iterator[tuple[Task, Answer | AwryError]]:
        """Do each task in one of the workers, and give each as it ends.

        Args:
            work: a function of a module, or `Prepared`; it, its tasks and its answers must be
                picklable.
            tasks: what to call it with.
            stop: filled, at any time, by whoever wants it to end: what runs then is ended and
                never given. See `awry.interrupts.interrupt_flag`.
            meanwhile: called again and again between answers, for some work of a moment; says
                whether there is more of it.

        Yields:
            The task, and its answer or the error by which it failed. Those whose worker was lost
            are done again elsewhere first.

        Raises:
            ConfigError: a task cannot be sent to another process.
            AwryError: there is no worker, and none can be had.
            KeyboardInterrupt: Ctrl-C; the tasks that ran were told to end, and have ended.
        """
        owed = _Owed(tasks)
        started: dict[int, tuple[Task, int]] = {}
        tickets = iter(range(2**63))
        workers = self._begin(work)
        self._now.append(workers)
        try:
            while not stop:
                for task, tries in owed.next(workers.free(owed.ahead(self.workers))):
                    ticket = next(tickets)
                    started[ticket] = task, tries
                    workers.start(ticket, task)
                if not started and not owed.ahead(1):
                    return
                for ticket, answer in workers.ended(0 if meanwhile() else _PATIENCE_S):
                    task, tries = started.pop(ticket)
                    if isinstance(answer, Lost) and tries < self._retries:
                        owed.again(task, tries + 1)
                    else:
                        yield task, _given(answer, tries)
        finally:
            workers.close()
            self._now.remove(workers)


_current: ContextVar[Pool | None] = ContextVar("pool of workers", default=None)


@contextmanager
def pool_opened(workers: int | None, on: str | None, reporter: Reporter) -> Iterator[None]:
    """What many clips take is shared out inside, as a user asks for by `--workers` and `--on`.

    Args:
        workers, on: as `Pool`; where both are None there is no pool.
        reporter: told what a person should know.

    Raises:
        As `Pool`.
    """
    if workers is None and on is None:
        yield
        return
    with Pool(workers, on or "ray") as pool:
        for note in pool.notes:
            reporter.message(note)
        token = _current.set(pool)
        try:
            yield
        finally:
            _current.reset(token)


def current_pool() -> Pool | None:
    """The pool of the surrounding `pool_opened`; None outside, and in workers themselves."""
    return _current.get()


def done(
    work: Prepared[Task, Answer], tasks: Iterable[Task]
) -> Iterator[tuple[Task, Answer | AwryError]]:
    """Each task's answer: by the workers of the surrounding `pool_opened`, as they come, or here.

    Workers run networks where this process would.

    Yields:
        The task, and its answer or the error by which it failed.

    Raises:
        As `Pool.run`.
    """
    if (pool := current_pool()) is not None:
        yield from pool.run(Prepared(partial(_made_there, Inheriting.of(work.make))), tasks)
        return
    call = work.make()
    for task in tasks:
        try:
            yield task, call(task)
        except AwryError as error:
            yield task, error


def _made_there(make: Inheriting) -> Callable[[Any], Any]:
    """What is made, which runs networks where it is made for."""
    return replace(make, function=make())


class _Owed:
    """Tasks that no worker has, with how often each was lost."""

    def __init__(self, tasks: Iterable[Any]) -> None:
        self._left = iter(tasks)
        self._seen: list[tuple[Any, int]] = []

    def ahead(self, most: int) -> int:
        """How many there are, as far as that matters."""
        while len(self._seen) < most:
            for task in self._left:
                self._seen.append((task, 0))
                break
            else:
                break
        return min(most, len(self._seen))

    def next(self, most: int) -> list[tuple[Any, int]]:
        """The next ones, which are owed no more."""
        taken, self._seen = self._seen[:most], self._seen[most:]
        return taken

    def again(self, task: Any, tries: int) -> None:
        """One that was lost; it comes first."""
        self._seen.insert(0, (task, tries))


def _given(answer: Any, tries: int) -> Any:
    if isinstance(answer, Lost):
        often = f" It was tried {tries + 1} times." if tries else ""
        return AwryError(answer.sentence + often)
    return answer.error() if isinstance(answer, Failed) else answer


def _check(name: str, value: float | None, at_least: int) -> None:
    if value is not None and not (math.isfinite(value) and value >= at_least):
        raise ConfigError(f"--{name} must be at least {at_least}, not {value}.")
