"""Workers that are processes of this machine, one for each task."""

from __future__ import annotations

import multiprocessing
import signal
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, cast

from awry.cluster.work import (
    UNSENDABLE,
    Failed,
    Lost,
    Work,
    answer_of,
    made,
    share_threads,
    unsendable,
)
from awry.interrupts import leave_ctrl_c
from awry.runtimes import threads


class Processes:
    """Does each task in a process of its own, so many at a time.

    A program that uses it must be importable: guard it by `if __name__ == "__main__"`.

    Args:
        work: of a module; it, its tasks and its answers must be picklable.
        workers: processes at a time; the threads of this one are shared out among them.
    """

    def __init__(self, work: Work[Any, Any], workers: int) -> None:
        self._work = work
        self._workers = workers
        self._share = max(1, threads() // workers)
        self._running: dict[Connection, tuple[int, BaseProcess]] = {}

    def free(self, owed: int) -> int:
        """As `Workers.free`."""
        return min(owed, self._workers - len(self._running))

    def start(self, ticket: int, task: Any) -> None:
        """As `Workers.start`."""
        context = multiprocessing.get_context("spawn")
        answers, end = context.Pipe(duplex=False)
        process = context.Process(target=_do, args=(end, self._work, task, self._share))
        try:
            process.start()
        except UNSENDABLE as error:
            raise unsendable(error) from error
        end.close()  # the process has its own: when that closes, nothing more will come
        self._running[answers] = ticket, process

    def ended(self, within: float) -> list[tuple[int, Any]]:
        """As `Workers.ended`."""
        found = []
        for answers in cast(list[Connection], wait(list(self._running), within)):
            ticket, process = self._running.pop(answers)
            found.append((ticket, _answer(answers, process)))
        return found

    def close(self) -> None:
        """As `Workers.close`."""
        for _, process in self._running.values():
            process.terminate()
        for _, process in self._running.values():
            process.join()
        self._running.clear()


def _do(end: Connection, work: Work[Any, Any], task: Any, share: int) -> None:
    """What runs in the process."""
    leave_ctrl_c()
    share_threads(share)
    try:
        answer = answer_of(lambda: made(work)(task))
        sent = answer_of(lambda: end.send(answer))
        if isinstance(sent, Failed):  # the answer cannot be pickled
            end.send(sent)
    except KeyboardInterrupt:  # it was told to end, and its checkpoint is written
        return


def _answer(answers: Connection, process: BaseProcess) -> Any:
    try:
        answer = answers.recv()
    except (EOFError, OSError):
        process.join()
        why = ", perhaps for want of memory" if process.exitcode == -signal.SIGKILL else ""
        return Lost(f"its process ended ({process.exitcode}){why}.")
    process.join()
    return answer
