"""Takes what waits in the outbox to its receivers, each at its own pace."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from awry.watch.clock import Clock
from awry.watch.courier.batches import Batch, key_of
from awry.watch.courier.channels import Channel, Letter, UndeliveredError
from awry.watch.courier.delivery import Delivery
from awry.watch.courier.hands import Hands
from awry.watch.courier.journal import Journal
from awry.watch.messages import Delivered, new_uid
from awry.watch.store.results import OutboxEntry, StoredEvent

READ_ROWS = 200
"""Rows of a receiver that are looked at together; what else waits stays in the database."""

LOOK_S = 5.0
"""The outbox is read again after so long, though nobody said that rows are due."""

_log = logging.getLogger(__name__)


class Outbox(Protocol):
    """The part of the store that the courier reads."""

    def waiting(self, channel: str, target: str, limit: int) -> Sequence[OutboxEntry]:
        """Rows that wait for a receiver, in the order of their making."""
        ...

    def targets(self) -> Sequence[tuple[str, str]]:
        """Channel and target of all receivers for whom something waits."""
        ...

    def events(self, uids: Sequence[str]) -> dict[str, StoredEvent]:
        """Those of the events that the store has."""
        ...


class Courier:
    """Sends what waits; drive it by `step`.

    Each receiver has a `Delivery` of its own, with one batch under way, so that a slow one holds up
    nobody. The caller's rate of steps bounds what a receiver gets: one message a step.

    Args:
        outbox: what waits.
        channels: `(channel, target)` -> how that receiver is told.
        tell: takes `Delivered` messages for the keeper, certainly.
        clock: the time.
        hands: who does the sending.
        journal: what was delivered and is not in the store yet.
        site, timezone: of the letters.
    """

    def __init__(
        self,
        outbox: Outbox,
        channels: Mapping[tuple[str, str], Channel],
        tell: Callable[[Delivered], None],
        clock: Clock,
        hands: Hands,
        journal: Journal | None = None,
        *,
        site: str = "site",
        timezone: str = "UTC",
    ) -> None:
        self._outbox, self._tell, self._clock, self._hands = outbox, tell, clock, hands
        self._journal = journal if journal is not None else Journal()
        # Of an earlier process: whether the keeper was told of these is not known.
        self._untold = set(self._journal.keys)
        self._over: dict[str, set[str]] = {}  # given up, by receiver, until the store says so too
        self._site, self._timezone = site, timezone
        self._deliveries: dict[str, Delivery] = {}
        self._places: dict[str, tuple[str, str]] = {}
        self._look_at = 0.0
        self._looked: dict[str, float] = {}
        self.sent, self.failed, self.dead = 0, 0, 0
        self.use(channels)

    def use(self, channels: Mapping[tuple[str, str], Channel]) -> None:
        """Other receivers from now on; what is under way is finished first."""
        busy = {name: delivery for name, delivery in self._deliveries.items() if delivery.under_way}
        self._deliveries = {}
        for place, channel in channels.items():
            name = "/".join(place)
            delivery = busy.pop(name, None) or Delivery(channel)
            delivery.channel = channel
            self._deliveries[name], self._places[name] = delivery, place
        self._leaving = busy
        self.look()

    def look(self) -> None:
        """Rows are due: read the outbox at the next step."""
        self._look_at = 0.0
        self._looked.clear()

    def back(self, channel: str) -> None:
        """All receivers of a channel are known to be there again, e.g. the broker."""
        for name, delivery in self._deliveries.items():
            if self._places[name][0] == channel:
                delivery.back()
        self.look()

    @property
    def under_way(self) -> int:
        """Parcels that are being sent."""
        return sum(delivery.under_way is not None for delivery in self._all().values())

    def step(self) -> None:
        """Settle what ended, and send the next to each receiver that is free."""
        self.settle()
        monotonic = self._clock.monotonic()
        if monotonic >= self._look_at:
            self._look_at = monotonic + LOOK_S
            self._refuse_strangers()
        for name, delivery in self._deliveries.items():
            if delivery.is_free(monotonic) and monotonic >= self._looked.get(name, 0.0):
                self._send_next(name, delivery)

    def settle(self) -> None:
        """Tell the keeper what became of what was under way."""
        for name, error in self._hands.finished():
            delivery = self._all()[name]
            if error is None:
                self._arrived(delivery)
            else:
                self._not_arrived(delivery, error)
            self._leaving.pop(name, None)
            self._looked.pop(name, None)

    def _all(self) -> dict[str, Delivery]:
        return self._leaving | self._deliveries

    def _send_next(self, name: str, delivery: Delivery) -> None:
        rows = self._outbox.waiting(*self._places[name], READ_ROWS)
        self._forget(name, rows)
        over = self._over.get(name, set())
        left = [row for row in rows if key_of(row) not in over and key_of(row) not in self._journal]
        batch = delivery.next(left, self._clock.now(), self._clock.monotonic())
        if batch is None:
            self._looked[name] = self._clock.monotonic() + LOOK_S
            return
        letter = Letter(
            self._site,
            batch,
            self._outbox.events(batch.subjects),
            self._clock.now(),
            self._timezone,
        )
        channel = delivery.channel
        self._hands.start(name, lambda: self._deliver(channel, letter))

    def _deliver(self, channel: Channel, letter: Letter) -> None:
        """Send and note it at once: in between nothing must be able to go wrong."""
        channel.send(letter)
        try:
            self._journal.note(key_of(row) for row in letter.batch.rows)
        except OSError as error:
            _log.warning("What was sent cannot be noted (%s); it may come twice.", error.strerror)

    def _forget(self, name: str, rows: Sequence[OutboxEntry]) -> None:
        """What the store knows leaves the journal; what the keeper may not know is said again."""
        waiting = {key_of(row) for row in rows}
        if len(rows) < READ_ROWS:
            prefix = f"{name}/"
            gone = [k for k in self._journal.keys if k.startswith(prefix) and k not in waiting]
            self._journal.forget(gone)
            self._untold.difference_update(gone)
            self._over[name] = self._over.get(name, set()) & waiting
        for row in rows:
            if key_of(row) in self._untold:
                self._untold.discard(key_of(row))
                self._tell(Delivered(new_uid(), row.id, self._clock.now()))

    def _arrived(self, delivery: Delivery) -> None:
        batch = delivery.arrived(self._clock.monotonic())
        for row in batch.rows:
            self._tell(Delivered(new_uid(), row.id, self._clock.now()))
        self.sent += 1

    def _not_arrived(self, delivery: Delivery, error: Exception) -> None:
        known = error if isinstance(error, UndeliveredError) else _unknown(error)
        batch, again = delivery.failed(known, self._clock.now(), self._clock.monotonic())
        self._say_failed(batch, str(known), again)

    def _say_failed(self, batch: Batch, sentence: str, again: float | None) -> None:
        if again is None:
            name = f"{batch.last.channel}/{batch.last.target}"
            self._over.setdefault(name, set()).update(key_of(row) for row in batch.rows)
        for row in batch.rows:
            self._tell(Delivered(new_uid(), row.id, self._clock.now(), sentence, again))
        self.failed += 1
        self.dead += again is None

    def _refuse_strangers(self) -> None:
        """Rows of receivers that are no longer in the settings wait for nobody."""
        for place in self._outbox.targets():
            name = "/".join(place)
            if name in self._all():
                continue
            over = self._over.get(name, set())
            found = self._outbox.waiting(*place, READ_ROWS)
            rows = tuple(row for row in found if key_of(row) not in over)
            if rows:
                sentence = f"The settings have no receiver {place[1]!r} of {place[0]} any more."
                self._say_failed(Batch(rows), sentence, None)


def _unknown(error: Exception) -> UndeliveredError:
    """The text of a foreign error may hold an address, so its kind alone is told."""
    return UndeliveredError(f"It could not be sent: {type(error).__name__}.")
