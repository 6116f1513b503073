from __future__ import annotations

import pytest

from awry.watch.courier.channels import UndeliveredError
from awry.watch.simulation.receivers import FakeBroker, FakeReceiver
from watch_courier import letter, row


def test_a_receiver_counts_what_it_was_told() -> None:
    one = FakeReceiver()
    one.send(letter(row(1), row(2, kind="end")))
    one.send(letter(row(3, "front", "budget")))
    assert dict(one.told) == {("e1", "new"): 1, ("e1", "end"): 1}
    assert one.messages == 2
    one.away = True
    with pytest.raises(UndeliveredError):
        one.send(letter())


def test_a_broker_that_comes_back_turns() -> None:
    broker = FakeBroker()
    broker.publish("a", b"xy", retain=True)
    broker.away = True
    assert not broker.connected
    with pytest.raises(UndeliveredError):
        broker.publish("a", b"b")
    broker.away = False
    broker.away = False
    assert (broker.turns, broker.topics) == (2, {"a": 2})
