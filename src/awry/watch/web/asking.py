"""Questions of many threads to the keeper, and its answers, over one link."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence

from awry.watch.clock import Clock
from awry.watch.messages import Answer, Request
from awry.watch.web.api import KeeperAwayError

PATIENCE_S = 10.0
"""How long a request waits for the keeper's answer."""
_MOST = 256


class Asking:
    """Requests on their way: threads ask, the process's loop carries.

    Args:
        clock: for the time to wait.
        patience_s: after so long the keeper counts as away.
    """

    def __init__(self, clock: Clock, patience_s: float = PATIENCE_S) -> None:
        self._clock, self._patience_s = clock, patience_s
        self._out: deque[tuple[Request, bool]] = deque()
        self._waiting: dict[str, threading.Event] = {}
        self._answers: dict[str, Answer] = {}
        self._lock = threading.Lock()

    def ask(self, request: Request) -> Answer:
        """Send a request, and wait for its answer; for threads beside the loop.

        Raises:
            KeeperAwayError: no answer came in time, or too many wait already.
        """
        came = threading.Event()
        with self._lock:
            if len(self._waiting) >= _MOST:
                raise KeeperAwayError
            self._waiting[request.uid] = came
            self._out.append((request, True))
        self._clock.wait(self._patience_s, came)
        with self._lock:
            del self._waiting[request.uid]
            answer = self._answers.pop(request.uid, None)
        if answer is None:
            raise KeeperAwayError
        return answer

    def tell(self, request: Request) -> None:
        """Send a request whose answer nobody waits for; it may be lost."""
        with self._lock:
            if len(self._out) < _MOST:
                self._out.append((request, False))

    def outgoing(self) -> Sequence[tuple[Request, bool]]:
        """For the loop: what is to be sent, each with whether it must arrive."""
        with self._lock:
            some = tuple(self._out)
            self._out.clear()
        return some

    def incoming(self, answer: Answer) -> None:
        """For the loop: an answer came; one that nobody waits for is left."""
        with self._lock:
            came = self._waiting.get(answer.uid)
            if came is not None:
                self._answers[answer.uid] = answer
                came.set()
