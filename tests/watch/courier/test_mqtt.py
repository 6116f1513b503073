from __future__ import annotations

import json

import pytest

from awry.watch.courier.channels import UndeliveredError
from awry.watch.courier.mqtt import MqttBroker, MqttChannel
from awry.watch.courier.topics import Topics
from awry.watch.site.model import Mqtt
from watch_courier import FakeBroker, letter, row, stored

TOPICS = Topics("awry", "homeassistant")


def test_events_go_to_their_camera_and_are_not_retained() -> None:
    broker = FakeBroker()
    channel = MqttChannel(broker, TOPICS)
    channel.send(letter(events=[stored()]))
    channel.send(letter(row(2, "site", "disk", payload={"text": "Full."})))
    (first, payload, retain), (second, _, _) = broker.said
    assert (first, retain) == ("awry/cameras/front/events", False)
    assert json.loads(payload)["event"]["uid"] == "e1"
    assert second == "awry/site/messages"
    assert not channel.people


def test_a_broker_that_was_never_there_is_said_to_be_away() -> None:
    broker = MqttBroker(Mqtt(host="127.0.0.1", port=1), TOPICS)
    assert not broker.connected
    assert broker.turns == 0
    with pytest.raises(UndeliveredError, match="not connected"):
        broker.publish("a", b"b")
    broker.close()
