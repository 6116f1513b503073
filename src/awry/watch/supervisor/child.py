"""`python -m awry.watch.supervisor.child KIND NAME`: a process of a site.

Standard input and output are the pipe to the supervisor, whose first word is `Configure`. What is
logged or printed goes to standard error, a line of JSON each.
"""

from __future__ import annotations

import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from types import FrameType

from awry.watch.ipc import places
from awry.watch.ipc.context import Pipe, ProcessContext
from awry.watch.ipc.links import Context
from awry.watch.messages import Configure, Stop
from awry.watch.supervisor.logs import JsonFormatter
from awry.watch.supervisor.scrub import Scrubber, secrets_in

ORPHAN_S = 10.0
"""A process whose supervisor is gone has so long to end; then it is ended."""
DRAIN_S = 5.0
_FIRST_WORD_S = 60.0
_DONE, _CRASHED, _ORPHANED, _NEVER_TOLD = 0, 1, 3, 4
_log = logging.getLogger(__name__)


def main(arguments: Sequence[str], run: Callable[[Context], None] | None = None) -> int:
    """Be a process until it ends; returns its exit code.

    Args:
        arguments: kind and name.
        run: what it does; None: `run` of its kind's package.
    """
    kind, name = arguments
    pipe = Pipe(*_pipes(), _orphaned)
    _signals(pipe)
    settings = _first_settings(pipe)
    if settings is None:
        return _NEVER_TOLD
    _logging(f"{kind} {name}".strip(), Scrubber(secrets_in(settings)))
    if kind == "trainer":
        os.nice(19)
    context = ProcessContext(kind, name, pipe, Path(os.environ[places.FOLDER]), settings)
    try:
        run = run or import_module(f"awry.watch.{kind}.process").run
        run(context)
    except Exception:
        _log.exception("It crashed.")
        context.drain(0.5)
        return _CRASHED
    context.drain(DRAIN_S)
    return _DONE


def _pipes() -> tuple[int, int]:
    """The two files of the pipe; from then on prints go to standard error."""
    reading, writing = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return reading, writing


def _first_settings(pipe: Pipe) -> str | None:
    first: str | None = None
    for message in pipe.receive(_FIRST_WORD_S):
        if first is None and isinstance(message, Configure):
            first = message.settings
        else:
            pipe.tell(message)
    return first


def _signals(pipe: Pipe) -> None:
    """SIGTERM asks for an orderly end, a second one ends at once; a terminal's signals do not."""
    asked: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        if asked:
            os._exit(128 + number)
        asked.append(number)
        pipe.tell(Stop())

    signal.signal(signal.SIGTERM, stop)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)


def _orphaned() -> None:
    """The supervisor is gone, and `Stop` is queued: see that it is heeded."""

    def end() -> None:
        time.sleep(ORPHAN_S)
        os._exit(_ORPHANED)

    threading.Thread(target=end, name="orphan", daemon=True).start()


def _logging(process: str, scrub: Scrubber) -> None:
    faulthandler.enable(sys.stderr, all_threads=True)
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(process, scrub))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("awry").setLevel(logging.INFO)
    logging.captureWarnings(True)


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    sys.stderr.flush()
    # Threads of libraries that still wait for something hold up nothing.
    os._exit(code)
