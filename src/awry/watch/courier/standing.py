"""Keeps what stands retained on the broker as the cameras are."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Protocol

from awry.watch.clock import Clock
from awry.watch.courier.board import Board, Publication
from awry.watch.courier.facts import CameraNow
from awry.watch.courier.hands import Hands
from awry.watch.courier.mqtt import Broker
from awry.watch.once import Once

LOOK_S, EVERY_S = 1.0, 5.0
"""So often is asked whether anything changed, and so often the cameras are read in any case."""

_log = logging.getLogger(__name__)


class TurningBroker(Broker, Protocol):
    """A broker that says when all has to be published anew."""

    @property
    def connected(self) -> bool:
        """Whether it is there."""
        ...

    @property
    def turns(self) -> int:
        """How often all had to be published anew."""
        ...


class Standing:
    """Publishes what changed; drive it by `step`.

    Args:
        broker: where to.
        board: what stands there.
        cameras: reads how they are now.
        newest: number of the newest change in the store.
        clock: the time.
        hands: who does the publishing, which may take long.
        back: called when the broker is there again, so that events go out at once.
    """

    def __init__(
        self,
        broker: TurningBroker,
        board: Board,
        cameras: Callable[[], Sequence[CameraNow]],
        newest: Callable[[], int],
        clock: Clock,
        hands: Hands,
        back: Callable[[], None],
    ) -> None:
        self._broker, self._board, self._cameras, self._newest = broker, board, cameras, newest
        self._clock, self._hands, self._back = clock, hands, back
        self._turns = 0
        self._busy = False
        self._look_at = self._read_at = 0.0
        self._change = -1
        self._waits = Once(_log)

    def look(self) -> None:
        """Something changed: look at the next step."""
        self._look_at = self._read_at = 0.0

    def step(self) -> None:
        """Publish what changed, unless that is under way."""
        for _, error in self._hands.finished():
            self._busy = False
            if error is not None:
                self._read_at = 0.0
                self._waits.say(logging.INFO, f"States wait for the broker: {error}")
            else:
                self._waits.over()
        monotonic = self._clock.monotonic()
        if self._busy or not self._broker.connected:
            return
        if self._broker.turns != self._turns:
            self._turns = self._broker.turns
            self._board.forget()
            self._back()
            self.look()
        if monotonic >= self._look_at:
            self._look_at = monotonic + LOOK_S
            self._look_again(monotonic)

    def _look_again(self, monotonic: float) -> None:
        newest = self._newest()
        if newest == self._change and monotonic < self._read_at:
            return
        self._change, self._read_at = newest, monotonic + EVERY_S
        self._publish(self._board.changes(self._cameras(), monotonic))

    def _publish(self, changes: Sequence[Publication]) -> None:
        if changes:
            self._busy = True
            self._hands.start("states", lambda: self._publish_all(changes))

    def _publish_all(self, changes: Sequence[Publication]) -> None:
        for change in changes:
            self._broker.publish(change.topic, change.payload, retain=True)
            self._board.published(change)
