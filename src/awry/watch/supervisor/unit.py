"""One process of a site through its lives: started, listened to, ended, and started again.

It has no loop and never waits: `step` does what is due by the clock.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from awry.watch.clock import Clock
from awry.watch.messages import Beat, Configure, Message, Stop
from awry.watch.supervisor.portions import Key

CRASHES, CRASHES_S = 5, 600.0
"""So many crashes within so many seconds, and a process is quarantined."""
LONGEST_PAUSE_S = 60.0
QUARANTINE_S = 300.0
STEADY_S = 60.0
"""A process that lived so long has recovered; a crash sooner after new settings is theirs."""
KILL_S = 5.0
MEMORY_S = 10.0


class Process(Protocol):
    """A running process, as `spawn` gives it."""

    @property
    def pid(self) -> int:
        """Its number."""
        ...

    def send(self, message: Message) -> None:
        """Say something; never waits."""
        ...

    def receive(self) -> Sequence[Message]:
        """What it said since; never waits."""
        ...

    def ended(self) -> int | None:
        """Its exit code, negative for a signal; None while it runs."""
        ...

    def signal(self, number: int) -> None:
        """Send it a signal; nothing happens where it has ended."""
        ...

    def close(self) -> None:
        """It has ended, and nothing more will be asked of it."""
        ...

    def rss(self) -> int:
        """Bytes of memory that it has; 0 where that cannot be told."""
        ...


Spawn = Callable[[Key, str], Process]
"""Starts a process with its first settings; raises OSError where the machine cannot."""


@dataclass(frozen=True, slots=True)
class Rules:
    """What a process is allowed.

    Attributes:
        silent_s: seconds without a beat before it is ended.
        start_s: likewise until its first.
        stop_s: after `Stop`, until it is ended by a signal.
        rss_bytes: memory above which it is drained and started again.
        once: it ends by itself when its work is done.
    """

    silent_s: float = 30.0
    start_s: float = 120.0
    stop_s: float = 15.0
    rss_bytes: int = 1 << 30
    once: bool = False


RULES = {
    "keeper": Rules(start_s=900.0, stop_s=20.0),
    "courier": Rules(),
    "web": Rules(),
    "ingest": Rules(rss_bytes=3 << 29),
    "scorer": Rules(silent_s=60.0, rss_bytes=6 << 30),
    "trainer": Rules(silent_s=900.0, rss_bytes=16 << 30, once=True),
}
"""By kind. A scorer loads networks, a trainer fits in one go, and a keeper may first have to change
a large database to a newer schema, so they may be silent longer."""

What = Literal["started", "said", "crashed", "quarantined", "recovered", "ended", "rolled back"]


@dataclass(frozen=True, slots=True)
class Happened:
    """Something that became of a process: `reason` in words, or the `message` that it said."""

    what: What
    reason: str = ""
    message: Message | None = None


class Unit:
    """One process that should run until `stop`.

    Args:
        key: which one.
        settings: its first settings.
        clock: the time.
        spawn: starts it.
        rules: what it is allowed.
    """

    def __init__(self, key: Key, settings: str, clock: Clock, spawn: Spawn, rules: Rules) -> None:
        self.key, self.settings = key, settings
        self._clock, self._spawn, self._rules = clock, spawn, rules
        self.process: Process | None = None
        self.wanted, self.quarantined, self.restarts = True, False, 0
        self.beaten = False
        self._crashes: deque[float] = deque()
        self._in_row = 0
        self._start_at = clock.monotonic()
        self._started = self._beat_at = self._memory_at = 0.0
        self._until: float | None = None  # when an end that was asked for is enforced
        self._ending = ""  # why it is being ended, where that is a fault
        self._anew = self._warned = False
        self._previous: tuple[str, float, int] | None = None  # settings, until, crashes

    @property
    def gone(self) -> bool:
        """Whether it is wanted no more, and has ended."""
        return not self.wanted and self.process is None

    def configure(self, settings: str) -> None:
        """Give it other settings; those of before are kept for a while, should it crash."""
        self._previous = (self.settings, self._clock.monotonic() + STEADY_S, 0)
        self.settings = settings
        if self.process is not None:
            self.process.send(Configure(settings))

    def stop(self) -> None:
        """Ask it to end, and do not start it again."""
        if self.wanted:
            self.wanted = False
            self._ask()

    def revive(self, settings: str) -> None:
        """It is wanted again after `stop`: started as soon as it has ended."""
        self.wanted, self.settings, self._anew = True, settings, True
        self._start_at = self._clock.monotonic()

    def restart(self, reason: str = "") -> None:
        """Ask it to end, and start it again at once; a `reason` makes that a fault."""
        if self.process is None:
            self._start_at = self._clock.monotonic()
        elif self._until is None:
            self._anew, self._ending = True, reason
            self._ask()

    def step(self) -> list[Happened]:
        """Do what is due."""
        now = self._clock.monotonic()
        if self.process is None:
            return self._start(now) if self.wanted and now >= self._start_at else []
        happened = self._listen(self.process, now)
        code = self.process.ended()
        if code is not None:
            # What it said last came after the first look.
            happened += self._listen(self.process, now)
            self.process.close()
            self.process = None
            return happened + self._ended(code, now)
        if self._until is not None:
            self._enforce(now)
        else:
            happened += self._watch(self.process, now)
        return happened

    def _ask(self) -> None:
        if self.process is not None and self._until is None:
            self.process.send(Stop())
            self._until = self._clock.monotonic() + self._rules.stop_s

    def _enforce(self, now: float) -> None:
        """The next harder way to end it, where the time for the last is over."""
        assert self.process is not None
        assert self._until is not None
        if now >= self._until:
            # The first signal lets it end in order; the second cannot be refused.
            self.process.signal(signal.SIGKILL if self._warned else signal.SIGTERM)
            self._warned = True
            self._until = now + KILL_S

    def _start(self, now: float) -> list[Happened]:
        self._until, self._ending, self._anew, self._warned = None, "", False, False
        self.beaten = False
        self._started = self._beat_at = self._memory_at = now
        try:
            self.process = self._spawn(self.key, self.settings)
        except OSError as error:
            return self._crashed(f"It cannot be started: {error.strerror or error}.", now)
        return [Happened("started")]

    def _listen(self, process: Process, now: float) -> list[Happened]:
        happened = []
        for message in process.receive():
            self._beat_at, self.beaten = now, True
            if not isinstance(message, Beat):
                happened.append(Happened("said", message=message))
        return happened

    def _watch(self, process: Process, now: float) -> list[Happened]:
        allowed = self._rules.silent_s if self.beaten else self._rules.start_s
        if now - self._beat_at > allowed:
            self._ending = f"It was silent for {allowed:.0f} s."
            self._until = now
            self._enforce(now)
        elif now - self._memory_at >= MEMORY_S:
            self._memory_at = now
            if (rss := process.rss()) > self._rules.rss_bytes:
                limit = self._rules.rss_bytes >> 20
                self.restart(f"Its memory grew to {rss >> 20} MiB; {limit} are allowed.")
        if self.quarantined and self.beaten and now - self._started >= STEADY_S:
            self.quarantined = False
            self._crashes.clear()
            return [Happened("recovered")]
        return []

    def _ended(self, code: int, now: float) -> list[Happened]:
        if not self.wanted:
            return [Happened("ended")]
        if self._anew and not self._ending:
            self._start_at = now
            return [Happened("ended")]
        if self._rules.once and code == 0 and not self._ending:
            self.wanted = False
            return [Happened("ended")]
        return self._crashed(self._ending or _words(code), now)

    def _crashed(self, reason: str, now: float) -> list[Happened]:
        self._crashes.append(now)
        while self._crashes[0] < now - CRASHES_S:
            self._crashes.popleft()
        self._in_row = 1 if now - self._started >= STEADY_S else self._in_row + 1
        self.restarts += 1
        self._start_at = now + min(LONGEST_PAUSE_S, 2.0 ** min(self._in_row - 1, 10))
        happened = [Happened("crashed", reason), *self._roll_back(now)]
        if self.quarantined or len(self._crashes) >= CRASHES:
            if not self.quarantined:
                happened.append(Happened("quarantined", reason))
            self.quarantined = True
            self._start_at = now + QUARANTINE_S
        return happened

    def _roll_back(self, now: float) -> list[Happened]:
        """After two crashes soon after new settings: the settings of before."""
        if self._previous is None:
            return []
        settings, until, crashes = self._previous
        if now > until:
            self._previous = None
        elif crashes == 0:
            self._previous = (settings, until, 1)
        else:
            self.settings, self._previous = settings, None
            return [Happened("rolled back", "It crashed twice after its settings changed.")]
        return []


def _words(code: int) -> str:
    """How a process ended, for people.

    >>> _words(-9), _words(3)
    ('It was ended by SIGKILL.', 'It ended with exit code 3.')
    """
    if code < 0:
        try:
            return f"It was ended by {signal.Signals(-code).name}."
        except ValueError:
            return f"It was ended by signal {-code}."
    return f"It ended with exit code {code}."
