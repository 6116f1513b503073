"""`awry` as a process of its own, which need not load PyTorch and the rest anew each time."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from multiprocessing.connection import Connection
from types import TracebackType

from awry.cli.app import main

# Processes are forked from one that has loaded these, and has no threads.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["torch", "av", "cv2", "awry.cli.app", "awry.score_run.run", "awry.methods.flow"]
)


def _run(words: list[str], out: Connection, err: Connection, prepare: Callable[[], None]) -> None:
    for number, end in ((1, out), (2, err)):
        os.dup2(end.fileno(), number)
        end.close()
    sys.stdout = os.fdopen(1, "w", encoding="utf-8", closefd=False)
    sys.stderr = os.fdopen(2, "w", 1, "utf-8", "backslashreplace", closefd=False)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)  # as a terminal has it, also under nohup
    prepare()
    sys.argv = ["awry", *words]
    main()


class Program:
    """A command in a process of its own; as `subprocess.Popen`, as far as tests need it.

    Args:
        words: what is typed after `awry`.
        prepare: called in the process before the command begins.
    """

    def __init__(self, *words: object, prepare: Callable[[], None] = int) -> None:
        ends = [_FORKS.Pipe(duplex=False) for _ in range(2)]
        (out, _), (err, _) = ends
        typed = [str(word) for word in words]
        self._process = _FORKS.Process(target=_run, args=(typed, ends[0][1], ends[1][1], prepare))
        self._process.start()
        for _, end in ends:
            end.close()
        self.stdout, self.stderr = (
            os.fdopen(os.dup(end.fileno()), encoding="utf-8") for end in (out, err)
        )
        out.close()
        err.close()

    def __enter__(self) -> Program:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.kill()
        self.wait()
        self.stdout.close()
        self.stderr.close()

    @property
    def returncode(self) -> int | None:
        """Below zero: the signal that ended it. None while it runs."""
        return self._process.exitcode

    def communicate(self, timeout: float) -> tuple[str, str]:
        """What it still says on standard output and standard error, once it has ended."""
        said = self.stdout.read(), self.stderr.read()
        self._process.join(timeout)
        return said

    def wait(self) -> None:
        """Until it has ended."""
        self._process.join()

    def send_signal(self, number: int) -> None:
        """Nothing where it has ended."""
        if self.returncode is None:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)
