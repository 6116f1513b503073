"""Processes of this machine: started, spoken to over pipes, listened to without waiting."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]

from awry.errors import InputError
from awry.watch.ipc import places
from awry.watch.ipc.codec import decode, encode
from awry.watch.ipc.wire import Outgoing, Parcels, parcel
from awry.watch.messages import Configure, Message
from awry.watch.site.secret_values import WITHHELD
from awry.watch.supervisor.portions import Key

_PIECE = 65536
_LONGEST_LINE = 65536
_MOST_UNREAD = 16 * 2**20
_ONE_THREAD = {
    **{"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"},
    "MALLOC_ARENA_MAX": "2",  # memory that goes back to the system
}
_NEEDED = {"HOME", "LANG", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "USER", "VIRTUAL_ENV"}
_SHORTEST = 4  # a shorter value stands in too many secrets by chance
_LOG = Callable[[str, str], None]


class Child:
    """A process that was started; see `unit.Process`.

    Args:
        command: what is run.
        settings: its first settings.
        environment: all of its environment.
        log: called with each line that it writes on standard error.
        kept: files that it shall inherit.

    Raises:
        OSError: it cannot be started.
    """

    def __init__(
        self,
        command: Sequence[str],
        settings: str,
        environment: Mapping[str, str],
        log: Callable[[str], None],
        kept: Iterable[int] = (),
    ) -> None:
        self._running = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(environment),
            pass_fds=tuple(kept),
            start_new_session=True,  # a terminal's Ctrl-C is the supervisor's affair
            bufsize=0,
        )
        assert self._running.stdin is not None
        assert self._running.stdout is not None
        assert self._running.stderr is not None
        self._stdin, self._stdout = self._running.stdin, self._running.stdout
        self._stderr = self._running.stderr
        for file in (self._stdin, self._stdout, self._stderr):
            os.set_blocking(file.fileno(), False)
        self._log, self._line = log, b""
        self._out, self._in = Outgoing(), Parcels()
        self._rubbish = self.closed = False
        self.send(Configure(settings))

    @property
    def pid(self) -> int:
        """Its number."""
        return self._running.pid

    @property
    def files(self) -> list[int]:
        """Files that can be read when it says something, or ends."""
        return [] if self.closed else [self._stdout.fileno(), self._stderr.fileno()]

    def send(self, message: Message) -> None:
        """Say something; never waits. One that reads nothing at all is ended."""
        self._out.add(parcel(encode(message)))
        self._flush()
        if self._out.size > _MOST_UNREAD:
            self.signal(signal.SIGKILL)

    def receive(self) -> Sequence[Message]:
        """What it said since; its log is read as well. One that says rubbish is ended."""
        self._flush()
        self._read_log()
        came: list[Message] = []
        try:
            for one in self._in.feed(_read(self._stdout.fileno())):
                came.append(decode(one))
        except InputError as error:
            if not self._rubbish:
                self._log(f"It said something that is no message: {error}")
                self._rubbish = True
                self.signal(signal.SIGKILL)
        return came

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        return self._running.poll()

    def wait(self, timeout_s: float) -> None:
        """Until it has ended.

        Raises:
            TimeoutExpired: it has not.
        """
        self._running.wait(timeout_s)

    def close(self) -> None:
        """It has ended: read what is left of its log, and close the pipes."""
        self._read_log()
        if self._line:
            self._log(self._line.decode(errors="replace"))
        for file in (self._stdin, self._stdout, self._stderr):
            with contextlib.suppress(OSError):
                file.close()
        self.closed = True

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens where it has ended."""
        self._running.send_signal(number)

    def rss(self) -> int:
        """Bytes of memory that it has; 0 where that cannot be told."""
        try:
            return int(psutil.Process(self.pid).memory_info().rss)
        except psutil.Error:
            return 0

    def _flush(self) -> None:
        try:
            while self._out.size:
                self._out.wrote(os.write(self._stdin.fileno(), self._out.first()))
        except BlockingIOError:
            return
        except OSError:  # it has ended, or is about to
            self._out = Outgoing()

    def _read_log(self) -> None:
        *lines, self._line = (self._line + _read(self._stderr.fileno())).split(b"\n")
        *rest, self._line = _cut(self._line)
        for piece in [piece for line in lines for piece in _cut(line)] + rest:
            self._log(piece.decode(errors="replace"))


def _cut(line: bytes) -> list[bytes]:
    """A line in pieces of at most `_LONGEST_LINE`; one at least."""
    starts = range(0, max(len(line), 1), _LONGEST_LINE)
    return [line[start : start + _LONGEST_LINE] for start in starts]


def _read(file: int) -> bytes:
    """What can be read now, up to a bound, so that nobody holds up the others."""
    data = b""
    with contextlib.suppress(BlockingIOError):
        while len(data) < 16 * _PIECE and (piece := os.read(file, _PIECE)):
            data += piece
    return data


class Spawner:
    """Starts the processes of a site; a `unit.Spawn`.

    Args:
        folder: of the site's sockets.
        log: called with a process (`ingest door`) and a line that it wrote.
        kept: files that every process inherits.
        module: what is run, with kind and name.
    """

    def __init__(
        self,
        folder: Path,
        log: _LOG,
        kept: Iterable[int] = (),
        module: str = "awry.watch.supervisor.child",
    ) -> None:
        self._folder, self._log, self._kept, self._module = folder, log, tuple(kept), module
        self.hidden: frozenset[str] = frozenset()
        """Secrets: variables of the environment that hold one are not inherited."""
        self.running: list[Child] = []

    def __call__(self, key: Key, settings: str) -> Child:
        """Start a process."""
        self.running = [one for one in self.running if not one.closed]
        child = Child(
            [sys.executable, "-m", self._module, key.kind, key.name],
            settings,
            self.environment(key),
            lambda line: self._log(str(key), line),
            self._kept,
        )
        self.running.append(child)
        return child

    def environment(self, key: Key) -> dict[str, str]:
        """What a process inherits of the environment, and what is added."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name in _NEEDED or not self._is_secret(value)
        }
        threads = {} if key.kind in ("scorer", "trainer") else _ONE_THREAD
        told = {places.FOLDER: str(self._folder), "PYTHONUNBUFFERED": "1"}
        if key.kind == "web":  # it reads the site's file, and must know which names are set
            told[WITHHELD] = " ".join(sorted(os.environ.keys() - kept.keys()))
        return {**kept, **threads, **told}

    def _is_secret(self, value: str) -> bool:
        return len(value) >= _SHORTEST and any(value in one for one in self.hidden)

    def kill(self) -> None:
        """End all that still run, at once."""
        left = [one for one in self.running if not one.closed]
        for child in left:
            child.signal(signal.SIGKILL)
        for child in left:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(5.0)
            child.close()
