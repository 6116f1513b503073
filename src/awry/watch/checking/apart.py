"""Work in a process of its own: with a time limit, and next to nothing of our environment.

What it needs is written to its standard input, never to its command line; what it finds comes back
as lines of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

_NEEDED = ("HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV", "XDG_CACHE_HOME")
_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
_LARGEST_LINE = 8 * 2**20


class ApartError(Exception):
    """The process gave no answer: it was ended for its time, or ended by itself."""


def work_apart(
    module: str,
    given: Mapping[str, Any],
    limit_s: float,
    heard: Callable[[dict[str, Any]], object] = lambda said: None,
) -> dict[str, Any]:
    """Run a module of ours, and wait for its last word.

    Args:
        module: what is run, e.g. `awry.watch.checking.trial`.
        given: is written to its standard input as JSON.
        limit_s: it is ended after so long.
        heard: called with each line that it says before the last.

    Returns:
        its last line.

    Raises:
        ApartError: there is none.
    """
    running = subprocess.Popen(
        [sys.executable, "-m", module],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment(),
        start_new_session=True,
    )
    assert running.stdin is not None
    assert running.stdout is not None
    late = threading.Timer(limit_s, running.kill)
    late.daemon = True
    late.start()
    try:
        _give(running.stdin, given)
        return _last(running.stdout, heard)
    finally:
        late.cancel()
        running.kill()
        running.stdout.close()
        running.wait()


def environment() -> dict[str, str]:
    """What such a process is given of the environment: where things are, and no secret."""
    kept = {name: os.environ[name] for name in _NEEDED if name in os.environ}
    return {**kept, **dict.fromkeys(_ONE_THREAD, "1")}


def limit_ourselves(seconds: int) -> None:
    """For such a process: end, whatever happens, even where nobody is left to end it."""
    import signal

    if hasattr(signal, "alarm"):
        signal.alarm(seconds)


def said(values: Mapping[str, Any]) -> None:
    """For such a process: say a line."""
    sys.stdout.write(json.dumps(values) + "\n")
    sys.stdout.flush()


def _give(stdin: Any, given: Mapping[str, Any]) -> None:
    # Where it has ended already, its last word says why, or nothing does.
    with suppress(OSError), stdin:
        stdin.write(json.dumps(given).encode())


def _last(lines: Any, heard: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    before: dict[str, Any] | None = None
    for one in _objects(iter(lambda: lines.readline(_LARGEST_LINE), b"")):
        if before is not None:
            heard(before)
        before = one
    if before is None:
        raise ApartError
    return before


def _objects(lines: Iterable[bytes]) -> Iterable[dict[str, Any]]:
    """What is JSON of the lines; a library may print something else."""
    for line in lines:
        try:
            one = json.loads(line)
        except ValueError:
            continue
        if isinstance(one, dict):
            yield one
