"""The courier with a real broker, a webhook's receiver and a mail server, all on loopback."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from awry.watch.clock import ManualClock
from awry.watch.courier.board import Board
from awry.watch.courier.channels import Channel, UndeliveredError
from awry.watch.courier.core import Courier
from awry.watch.courier.facts import CameraNow
from awry.watch.courier.hands import OwnHands
from awry.watch.courier.mqtt import MqttBroker, MqttChannel
from awry.watch.courier.notify import Notify
from awry.watch.courier.standing import Standing
from awry.watch.courier.topics import Topics
from awry.watch.courier.webhook import Webhook, is_genuine
from awry.watch.site.model import Mqtt
from watch_courier import NOW, MemoryOutbox, camera, http_sink, letter, row, stored
from watch_live.receivers import Listener, free_port, mail_sink, mosquitto, until

pytestmark = [
    pytest.mark.live,
    pytest.mark.filterwarnings("ignore:'imghdr':DeprecationWarning"),
]
TOPICS = Topics("awry", "homeassistant")
HOUR = 3600


@contextmanager
def connection(settings: Mqtt) -> Iterator[MqttBroker]:
    broker = MqttBroker(settings, TOPICS)
    broker.start()
    try:
        yield broker
    finally:
        broker.close()


def an_hour(outbox: MemoryOutbox, place: tuple[str, str], step: Callable[[float], None]) -> None:
    """Sixty events of two rows each, one a minute."""
    for minute in range(60):
        for half, kind in enumerate(("new", "end")):
            number = 2 * minute + half + 1
            made = NOW + 60 * minute + 30 * half
            subject = f"e{minute}"
            outbox.stored[subject] = stored(subject)
            outbox.add(row(number, subject, kind, made, channel=place[0], target=place[1]))
            step(30)


def all_kinds(messages: list[bytes]) -> list[tuple[str, str]]:
    """Event and kind of all news, joined ones as well."""
    said = [json.loads(message) for message in messages]
    return [(one["event"]["uid"], kind) for one in said for kind in (*one["joined"], one["kind"])]


EXPECTED = sorted((f"e{minute}", kind) for minute in range(60) for kind in ("new", "end"))


def test_states_discovery_events_birth_and_goodbye(tmp_path: Path) -> None:
    with mosquitto(tmp_path, ("me", "p:@/#%")) as server:
        login = Mqtt(host="127.0.0.1", port=server.port, user="me", password=SecretStr("p:@/#%"))
        with connection(login) as broker:
            until(lambda: broker.connected)
            clock, backs = ManualClock(NOW), []
            board = Board(TOPICS, "home", lambda path: b"JPEG")
            now = [CameraNow(camera(), True, None, stored(picture="p.jpg"))]
            standing = Standing(
                broker, board, lambda: now, lambda: 0, clock, OwnHands(), lambda: backs.append(1)
            )
            standing.step()
            MqttChannel(broker, TOPICS).send(letter(events=[stored()]))
            turns = broker.turns
            broker.publish("homeassistant/status", b"online")
            until(lambda: broker.turns == turns + 1)
            standing.step()
            assert len(backs) == 2
        # Whoever comes later finds what is retained.
        with pytest.raises(UndeliveredError, match="not connected"):
            broker.publish("a", b"b")


def test_what_is_retained_and_what_the_will_says(tmp_path: Path) -> None:
    with mosquitto(tmp_path) as server, Listener(server.port) as before:
        code = (
            "import sys, time\n"
            "from awry.watch.courier.mqtt import MqttBroker\n"
            "from awry.watch.courier.topics import Topics\n"
            "from awry.watch.site.model import Mqtt\n"
            "settings = Mqtt(host='127.0.0.1', port=int(sys.argv[1]))\n"
            "broker = MqttBroker(settings, Topics('awry', None))\n"
            "broker.start()\n"
            "while not broker.connected: time.sleep(0.02)\n"
            "broker.publish('awry/cameras/front/state', b'{}', retain=True)\n"
            "time.sleep(60)\n"
        )
        process = subprocess.Popen([sys.executable, "-c", code, str(server.port)])
        until(lambda: before.of("awry/cameras/front/state"))
        assert before.of("awry/status") == [b"online"]
        process.kill()
        process.wait()
        until(lambda: len(before.of("awry/status")) == 2)
        assert before.of("awry/status")[1] == b"offline", "the last will"
        with Listener(server.port) as later:
            until(lambda: len(later.came) == 2)
            assert {(topic, kept) for topic, _, kept in later.came} == {
                ("awry/status", True),
                ("awry/cameras/front/state", True),
            }


def test_a_broker_that_is_down_for_an_hour(tmp_path: Path) -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    with ExitStack() as stack:
        server = stack.enter_context(mosquitto(tmp_path))
        broker = stack.enter_context(connection(Mqtt(host="127.0.0.1", port=server.port)))
        until(lambda: broker.connected)
        channels: dict[tuple[str, str], Channel] = {("mqtt", "broker"): MqttChannel(broker, TOPICS)}
        courier = Courier(outbox, channels, outbox.tell, clock, OwnHands())

        def step(seconds: float) -> None:
            courier.step()
            clock.advance(seconds)

        server.stop()
        until(lambda: not broker.connected)
        an_hour(outbox, ("mqtt", "broker"), step)
        assert outbox.states() == ["waiting"] * 120
        server.start()
        with Listener(server.port) as listener:
            until(lambda: broker.connected)
            courier.back("mqtt")
            for _ in range(200):
                step(1)
            assert outbox.states() == ["sent"] * 120
            until(lambda: len(listener.of("awry/cameras/front/events")) >= 60)
            events = listener.of("awry/cameras/front/events")
    assert sorted(all_kinds(events)) == EXPECTED
    assert len(events) <= 61


def test_a_webhook_that_is_down_for_an_hour() -> None:
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    with http_sink() as sink:
        hook = Webhook(sink.url, "key", clock.now)
        courier = Courier(outbox, {("webhook", "shop"): hook}, outbox.tell, clock, OwnHands())

        def step(seconds: float) -> None:
            sink.answers[:] = [(503, {})]
            courier.step()
            clock.advance(seconds)

        an_hour(outbox, ("webhook", "shop"), step)
        tries = len(sink.came)
        assert tries < 20
        sink.answers.clear()
        sink.came.clear()
        for _ in range(900):
            courier.step()
            clock.advance(1)
        assert outbox.states() == ["sent"] * 120
    assert sorted(all_kinds([body for _, _, body in sink.came])) == EXPECTED
    for _, headers, body in sink.came:
        stamp = headers["X-Awry-Timestamp"]
        assert is_genuine("key", stamp, body, headers["X-Awry-Signature"], float(stamp))


def test_mail_that_is_down_for_an_hour(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"JPEG")
    outbox, clock = MemoryOutbox(), ManualClock(NOW)
    with mail_sink() as sink:
        address = f"mailto://127.0.0.1:{sink.port}?from=awry@example.org&to=me@example.org"
        channels: dict[tuple[str, str], Channel] = {("notify", "me"): Notify(address, tmp_path)}
        courier = Courier(outbox, channels, outbox.tell, clock, OwnHands())

        def step(seconds: float) -> None:
            courier.step()
            clock.advance(seconds)

        sink.away = True
        an_hour(outbox, ("notify", "me"), step)
        assert not sink.came
        sink.away = False
        for _ in range(140):
            step(5)
        assert outbox.states() == ["sent"] * 120
        outbox.stored["late"] = stored("late", annotated="a.jpg")
        outbox.add(row(999, "late", made=clock.now(), channel="notify", target="me"))
        step(5)
        step(5)
    digest, single = sink.came
    assert "60 events while you could not be reached" in str(digest["Subject"])
    names = [part.get_filename() for part in single.walk() if part.get_filename()]
    assert names == ["a.jpg"]


def test_a_broker_that_was_never_there() -> None:
    settings = Mqtt(host="127.0.0.1", port=free_port())
    with connection(settings) as broker, pytest.raises(UndeliveredError, match="not connected"):
        broker.publish("a", b"b")
