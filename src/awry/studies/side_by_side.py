"""Long tasks in processes beside one another, each with its share of the threads."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pickle import PicklingError
from typing import TypeVar, cast

from awry.errors import AwryError, ConfigError
from awry.runtimes import threads

Task = TypeVar("Task")
Answer = TypeVar("Answer")


def side_by_side(
    work: Callable[[Task], Answer], tasks: Iterable[Task], jobs: int
) -> Iterator[tuple[Task, Answer | AwryError]]:
    """Do each task in a process of its own, so many at a time, and give each as it ends.

    A program that calls this must be importable: guard it by `if __name__ == "__main__"`.

    Args:
        work: a function of a module; it, its tasks and its answers must be picklable.
        tasks: what to call it with.
        jobs: processes at a time; the threads of this one are shared out among them.

    Yields:
        The task, and its answer or the error by which it failed.

    Raises:
        ConfigError: a task cannot be sent to another process.
        KeyboardInterrupt: Ctrl-C; the tasks that ran were told to end, and have ended.
    """
    share = max(1, threads() // jobs)
    left = iter(tasks)
    running: dict[Connection, tuple[Task, BaseProcess]] = {}
    try:
        while True:
            for task in islice(left, jobs - len(running)):
                answers, process = _start(work, task, share)
                running[answers] = task, process
            if not running:
                return
            for answers in cast(list[Connection], wait(list(running))):
                task, process = running.pop(answers)
                yield task, _answer(answers, process)
    finally:
        for _, process in running.values():
            process.terminate()
        for _, process in running.values():
            process.join()


def _start(
    work: Callable[[Task], Answer], task: Task, share: int
) -> tuple[Connection, BaseProcess]:
    context = multiprocessing.get_context("spawn")
    answers, end = context.Pipe(duplex=False)
    process = context.Process(target=_do, args=(end, work, task, share))
    try:
        process.start()
    except (AttributeError, PicklingError, TypeError) as error:
        raise ConfigError(
            f"This work cannot be sent to another process ({error}): read its data from files, or "
            "do one thing at a time."
        ) from error
    end.close()  # the process has its own: when that closes, nothing more will come
    return answers, process


def _do(end: Connection, work: Callable[[Task], Answer], task: Task, share: int) -> None:
    """What runs in the process."""
    import torch

    # Whoever started it decides. Blocked and not ignored: a fit sets a handler of its own.
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    else:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    torch.set_num_threads(share)
    try:
        end.send(work(task))
    except AwryError as error:
        end.send(_Failed(str(error)))
    except KeyboardInterrupt:  # it was told to end, and its checkpoint is written
        return
    except Exception as error:  # of a method of others, say; this process has nobody to tell
        end.send(_Failed(f"{type(error).__name__}: {error}"))


class _Failed(str):
    """A sentence: not every error survives the way between processes."""


def _answer(answers: Connection, process: BaseProcess) -> Answer | AwryError:
    try:
        answer = answers.recv()
    except (EOFError, OSError):
        process.join()
        why = ", perhaps for want of memory" if process.exitcode == -signal.SIGKILL else ""
        return AwryError(f"its process ended ({process.exitcode}){why}.")
    process.join()
    return AwryError(str(answer)) if isinstance(answer, _Failed) else answer
