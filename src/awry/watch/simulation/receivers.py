"""Receivers that are made up, and remember what they were told."""

from __future__ import annotations

from collections import Counter

from awry.watch.courier.batches import EVENT_KINDS
from awry.watch.courier.channels import Letter, UndeliveredError


class FakeReceiver:
    """Takes letters unless it is `away`.

    Args:
        people: whether it gets digests.

    Attributes:
        told: how often it was told of an event's beginning or end: `(uid, kind)` -> times.
        messages: how many it got.
    """

    def __init__(self, *, people: bool = False) -> None:
        self.people = people
        self.away = False
        self.told: Counter[tuple[str, str]] = Counter()
        self.messages = 0

    def send(self, letter: Letter) -> None:
        """As `courier.channels.Channel`."""
        if self.away:
            raise UndeliveredError("The receiver is away.")
        self.messages += 1
        rows = letter.batch.rows
        self.told.update((row.subject, row.kind) for row in rows if row.kind in EVENT_KINDS)


class FakeBroker:
    """A broker that counts what is retained there.

    Attributes:
        away: whether it is down; `turns` grows when it comes back.
    """

    def __init__(self) -> None:
        self._away = False
        self.turns = 1
        self.topics: dict[str, int] = {}

    @property
    def away(self) -> bool:
        """Whether it is down."""
        return self._away

    @away.setter
    def away(self, away: bool) -> None:
        self.turns += self._away and not away
        self._away = away

    @property
    def connected(self) -> bool:
        """Whether it is up."""
        return not self._away

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """As `courier.mqtt.Broker`."""
        if self._away:
            raise UndeliveredError("The MQTT broker is not connected.")
        self.topics[topic] = len(payload)
