"""The process that tells others: loops over the courier, and over what stands on the broker."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from awry.errors import AwryError
from awry.watch.courier.board import Board
from awry.watch.courier.channels import Channel
from awry.watch.courier.core import Courier
from awry.watch.courier.facts import CameraNow
from awry.watch.courier.hands import Hands, ThreadHands
from awry.watch.courier.journal import Journal
from awry.watch.courier.mqtt import MqttBroker, MqttChannel
from awry.watch.courier.notify import Notify
from awry.watch.courier.standing import Standing
from awry.watch.courier.store_view import StoreView
from awry.watch.courier.topics import Topics
from awry.watch.courier.webhook import Webhook
from awry.watch.ipc.links import Context
from awry.watch.messages import Configure, Due, Load, Stop
from awry.watch.once import Once
from awry.watch.site.model import Mqtt, database_url
from awry.watch.site.portions import CourierSettings
from awry.watch.store.database import Database, read_database
from awry.watch.store.layout import Layout

JOURNAL = "courier.sent"
"""File of the journal, in the store."""

MQTT_TARGET = "broker"
"""Name of the broker among the receivers of the outbox, as the keeper writes it."""

STEP_S = 0.2
"""A receiver gets at most one message in so long."""

ENDING_S = 10.0
"""What is under way when the site stops may take so long; else it is sent again later."""

_LOAD_EVERY_S = 10.0
_log = logging.getLogger(__name__)


def run(context: Context) -> None:
    """Tell receivers what the outbox holds, until a `Stop` comes."""
    process = Process(context)
    try:
        while process.turn():
            pass
        process.finish()
    finally:
        process.close()


class Process:
    """What `run` loops over.

    Args:
        context: of the process.
        hands: makes who does the sending; one for events, one for states.
    """

    def __init__(self, context: Context, hands: Callable[[], Hands] = ThreadHands) -> None:
        self._context, self._clock = context, context.clock
        self._new_hands, self._hands = hands, hands()
        self._database: Database | None = None
        self._courier: Courier | None = None
        self._standing: Standing | None = None
        self._broker: MqttBroker | None = None
        self._load_at = 0.0
        self._stopped = self._again = False
        self._settings = _settings(context)
        self._waits, self._fails = Once(_log), Once(_log)

    def turn(self) -> bool:
        """Once around; False where the process should end."""
        if self._hear() or self._again:
            self._configure()
        if self._stopped:
            return False
        self._open()
        told = self._context.keeper.poll(STEP_S)
        if any(isinstance(one, Due) for one in told):
            self._look()
        if self._courier is not None:
            self._step()
        return True

    def _hear(self) -> bool:
        """Listen to the supervisor; whether there are new settings."""
        heard = self._context.poll()
        self._stopped = self._stopped or any(isinstance(one, Stop) for one in heard)
        return any(isinstance(one, Configure) for one in heard)

    def _step(self) -> None:
        assert self._courier is not None
        try:
            if self._standing is not None:
                self._standing.step()
            self._courier.step()
            self._fails.over()
        except AwryError as error:
            self._fails.say(logging.WARNING, str(error))
        except SQLAlchemyError as error:  # without its text, which may quote the address
            sentence = f"The database cannot be read ({type(error).__name__})."
            self._fails.say(logging.WARNING, sentence)
        self._say_load(self._courier)

    def _look(self) -> None:
        if self._courier is not None:
            self._courier.look()
        if self._standing is not None:
            self._standing.look()

    def _open(self) -> None:
        """Open what the keeper makes; it may not have done so yet."""
        if self._courier is not None:
            return
        settings = self._settings
        try:
            self._database = read_database(Layout(settings.store), database_url(settings))
        except AwryError as error:
            self._waits.say(logging.INFO, f"The courier waits for the database: {error}")
            return
        view = StoreView(self._database)
        self._open_broker(view)
        self._courier = Courier(
            view,
            self._channels(),
            self._context.keeper.send,
            self._clock,
            self._hands,
            Journal(settings.store / JOURNAL),
            site=settings.site,
            timezone=settings.timezone,
        )

    def _open_broker(self, view: StoreView) -> None:
        settings = self._settings
        if settings.mqtt is None:
            return
        topics = _topics(settings.mqtt)
        self._broker = MqttBroker(settings.mqtt, topics)
        self._broker.start()

        def cameras() -> Sequence[CameraNow]:
            return view.cameras(self._clock.now(), settings.timezone)

        board = Board(topics, settings.site, lambda path: _picture(settings.store / path))
        self._standing = Standing(
            self._broker, board, cameras, view.newest, self._clock, self._new_hands(), self._back
        )

    def _back(self) -> None:
        if self._courier is not None:
            self._courier.back("mqtt")

    def _channels(self) -> dict[tuple[str, str], Channel]:
        settings, now = self._settings, self._clock.now
        found: dict[tuple[str, str], Channel] = {}
        if self._broker is not None and settings.mqtt is not None:
            found["mqtt", MQTT_TARGET] = MqttChannel(self._broker, _topics(settings.mqtt))
        for one in settings.notify:
            address = one.to.get_secret_value()
            found["notify", one.name] = Notify(address, settings.store, snapshot=one.snapshot)
        for one in settings.webhooks:
            secret = one.secret.get_secret_value() if one.secret else None
            found["webhook", one.name] = Webhook(one.to.get_secret_value(), secret, now)
        return found

    def _configure(self) -> None:
        """Other settings: what is under way is finished, everything else is made anew."""
        self._again = False
        self.finish()
        self.close()
        self._settings = _settings(self._context)
        self._courier = self._standing = self._broker = self._database = None

    def _say_load(self, courier: Courier) -> None:
        monotonic = self._clock.monotonic()
        if monotonic < self._load_at:
            return
        self._load_at = monotonic + _LOAD_EVERY_S
        figures = {
            "sent": float(courier.sent),
            "failed": float(courier.failed),
            "dead": float(courier.dead),
            "connected": float(self._broker is not None and self._broker.connected),
        }
        load = Load("courier", self._context.name, self._clock.now(), figures)
        self._context.keeper.send(load, certain=False)

    def finish(self) -> None:
        """Let what is under way end, for a bounded time."""
        until = self._clock.monotonic() + ENDING_S
        while self._courier is not None:
            self._courier.settle()
            if not self._courier.under_way or self._clock.monotonic() >= until:
                break
            self._again = self._hear() or self._again
            self._context.keeper.poll(0.05)
        while self._context.keeper.waiting and self._clock.monotonic() < until:
            self._again = self._hear() or self._again
            self._context.keeper.poll(0.05)

    def close(self) -> None:
        """End connections."""
        if self._broker is not None:
            self._broker.close()
        if self._database is not None:
            self._database.close()


def _settings(context: Context) -> CourierSettings:
    return CourierSettings.model_validate_json(context.settings)


def _topics(settings: Mqtt) -> Topics:
    return Topics(settings.topic, settings.discovery)


def _picture(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
