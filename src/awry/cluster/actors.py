"""Workers that are Ray's actors: each is made ready once, and does one task at a time."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from awry.cluster.ray_place import RayPlace
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
from awry.errors import AwryError
from awry.foreign import reason_of

_START_S = 300.0
_MOST_DEATHS = 3


class Actor:
    """What runs in a worker.

    Args:
        share: threads that it may use.
        folder: from which paths count, where its machine has it: a Ray may have been started in
            another one.
    """

    def __init__(self, share: int, folder: str) -> None:
        with suppress(OSError):
            os.chdir(folder)
        share_threads(share)
        self._call: Any = None

    def prepare(self, work: bytes) -> Failed | None:
        """Make ready what the tasks need; why that cannot be, if it cannot."""
        from ray import cloudpickle

        def ready() -> None:
            self._call = made(cloudpickle.loads(work))

        return answer_of(ready)

    def do(self, task: bytes) -> bytes:
        """A task's answer, or the error by which it fails."""
        from ray import cloudpickle

        answer = answer_of(lambda: self._call(cloudpickle.loads(task)))
        sent = answer_of(lambda: cloudpickle.dumps(answer))
        return cloudpickle.dumps(sent) if isinstance(sent, Failed) else sent


class Actors:
    """Does tasks on a Ray.

    An actor that is lost is replaced. One that cannot be made ready is not, nor those that are
    lost again and again before they are; the reason is said where no other is left.

    Args:
        work: what they do.
        place: where.

    Raises:
        ConfigError: the work cannot be sent to another process.
    """

    def __init__(self, work: Work[Any, Any], place: RayPlace) -> None:
        import ray

        self._ray = ray
        self._place = place
        self._work = _packed(work)
        self._kind = ray.remote(Actor).options(
            num_cpus=place.cpus, num_gpus=place.gpus, max_restarts=0, max_task_retries=0
        )
        self._idle: list[Any] = []
        self._waiting: dict[Any, tuple[Any, int | None]] = {}
        self._refused = 0
        self._deaths = 0
        self._reason: AwryError | None = None
        self._since = time.monotonic()

    def free(self, owed: int) -> int:
        """As `Workers.free`; begins further actors where there is use for them."""
        starting = sum(ticket is None for _, ticket in self._waiting.values())
        room = self._place.workers - self._refused - len(self._idle) - len(self._waiting)
        for _ in range(min(room, owed - len(self._idle) - starting)):
            actor = self._kind.remote(self._place.share, str(Path.cwd()))
            self._waiting[actor.prepare.remote(self._work)] = actor, None
        return min(owed, len(self._idle))

    def start(self, ticket: int, task: Any) -> None:
        """As `Workers.start`."""
        packed = _packed(task)
        actor = self._idle.pop()
        self._waiting[actor.do.remote(packed)] = actor, ticket

    def ended(self, within: float) -> list[tuple[int, Any]]:
        """As `Workers.ended`."""
        self._check_any()
        if not self._waiting:
            return []
        ready, _ = self._ray.wait(list(self._waiting), num_returns=1, timeout=within)
        found = []
        for reference in ready:
            actor, ticket = self._waiting.pop(reference)
            answer = self._answer(reference)
            if not isinstance(answer, Lost):
                self._since = time.monotonic()
            if ticket is None:
                self._prepared(actor, answer)
                continue
            if not isinstance(answer, Lost):
                self._idle.append(actor)
            found.append((ticket, answer))
        return found

    def close(self) -> None:
        """As `Workers.close`."""
        every = [*self._idle, *(actor for actor, _ in self._waiting.values())]
        self._idle.clear()
        self._waiting.clear()
        if not self._ray.is_initialized():
            return
        for actor in every:
            self._ray.kill(actor)

    def _prepared(self, actor: Any, answer: Any) -> None:
        if isinstance(answer, Failed):
            self._refused += 1
            self._reason = answer.error()
            self._ray.kill(actor)
        elif isinstance(answer, Lost):
            self._deaths += 1
            self._reason = AwryError(f"No worker could be made ready: {answer.sentence}")
            if self._deaths > _MOST_DEATHS:
                self._refused += 1
        else:
            self._idle.append(actor)

    def _check_any(self) -> None:
        """Refuse to wait for nobody.

        Raises:
            AwryError: no worker can be made ready, or none has been for long.
        """
        if self._refused >= self._place.workers:
            raise self._reason or AwryError("No worker could be made ready.")
        working = self._idle or any(ticket is not None for _, ticket in self._waiting.values())
        if working:
            self._since = time.monotonic()
        elif time.monotonic() - self._since > _START_S:
            raise AwryError(
                f"No worker was ready within {_START_S:.0f} s: the Ray there is full, or its "
                "machines are slow to start one."
            )

    def _answer(self, reference: Any) -> Any:
        """What an actor's call gave, or how the actor ended."""
        from ray import cloudpickle, exceptions

        try:
            given = self._ray.get(reference)
            return cloudpickle.loads(given) if isinstance(given, bytes) else given
        except exceptions.RayTaskError as error:  # outside of its work: awry is not there, say
            return Failed(f"A worker cannot work: {reason_of(error.cause or error)}.")
        except exceptions.RayError as error:
            return Lost(_end_of(error))


def _end_of(error: Exception) -> str:
    """How a worker ended; of unknown ends Ray lists all common causes, memory among them."""
    kind = type(error).__name__
    text = str(error).lower()
    if kind == "OutOfMemoryError" or "low on memory" in text:
        return "its worker ended for want of memory."
    if kind == "NodeDiedError" or "node died" in text or "node has died" in text:
        return "its worker's machine was lost."
    return f"its worker ended ({kind})."


def _packed(value: Any) -> bytes:
    from ray import cloudpickle

    try:
        return bytes(cloudpickle.dumps(value))
    except (*UNSENDABLE, ValueError) as error:
        raise unsendable(error) from error
