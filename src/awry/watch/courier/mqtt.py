"""The way to a broker: one connection, kept up in a thread of its own, and the channel over it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import ssl
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError
from concurrent.futures import TimeoutError as LateError
from typing import Any, Protocol

import aiomqtt

from awry.watch.courier.channels import Letter, UndeliveredError
from awry.watch.courier.payloads import as_text, message
from awry.watch.courier.topics import Topics
from awry.watch.once import Once
from awry.watch.site.model import Mqtt

LIMIT_S = 10.0
"""A broker that has not acknowledged after so long counts as gone."""

LONGEST_PAUSE_S = 60.0
"""Between two tries to connect; the first comes after a second, with jitter."""

_log = logging.getLogger(__name__)


class Broker(Protocol):
    """Where messages are published."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1, and wait until the broker has it.

        Raises:
            UndeliveredError: it is not connected, or did not acknowledge in time.
        """
        ...


class MqttBroker:
    """A connection that is made anew by itself, for ever.

    While it is up, `TOPIC/status` is retained as `online`; the last will makes it `offline`.

    Args:
        settings: of the broker.
        topics: of the site.
        wake: called from the thread whenever `turns` has changed.
    """

    def __init__(
        self, settings: Mqtt, topics: Topics, wake: Callable[[], None] | None = None
    ) -> None:
        self._settings, self._topics = settings, topics
        self._wake = wake or (lambda: None)
        self._client: aiomqtt.Client | None = None
        self._turns = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[Any] | None = None
        self._thread = threading.Thread(target=self._run, name="mqtt", daemon=True)

    def start(self) -> None:
        """Begin to connect."""
        self._thread.start()

    @property
    def connected(self) -> bool:
        """Whether the broker is there."""
        return self._client is not None

    @property
    def turns(self) -> int:
        """How often all had to be published anew: connections, and starts of Home Assistant."""
        return self._turns

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """Publish with QoS 1, and wait until the broker has it."""
        client, loop = self._client, self._loop
        if client is None or loop is None:
            raise UndeliveredError("The MQTT broker is not connected.")
        sending = client.publish(topic, payload, qos=1, retain=retain, timeout=LIMIT_S)
        future = asyncio.run_coroutine_threadsafe(sending, loop)
        try:
            future.result(LIMIT_S + 1)
        except (LateError, CancelledError):
            future.cancel()
            raise UndeliveredError(
                f"The MQTT broker did not answer within {LIMIT_S:g} s."
            ) from None
        except aiomqtt.MqttError:
            raise UndeliveredError("The connection to the MQTT broker was lost.") from None

    def close(self) -> None:
        """Say `offline`, and end the connection; takes at most a few seconds."""
        if not self._thread.is_alive() or self._loop is None:
            return
        with contextlib.suppress(UndeliveredError):
            self.publish(self._topics.status, b"offline", retain=True)
        self._loop.call_soon_threadsafe(self._cancel)
        self._thread.join(5.0)

    def _cancel(self) -> None:
        if self._task is not None:
            self._task.cancel()

    def _run(self) -> None:
        with asyncio.Runner() as runner, contextlib.suppress(asyncio.CancelledError):
            self._loop = runner.get_loop()
            runner.run(self._until_cancelled())

    async def _until_cancelled(self) -> None:
        self._task = asyncio.current_task()
        await self._keep_up()

    async def _keep_up(self) -> None:
        pause, unreachable = 1.0, Once(_log)
        while True:
            try:
                async with self._new_client() as client:
                    pause = 1.0
                    unreachable.over()
                    await self._serve(client)
            except (aiomqtt.MqttError, OSError, ValueError) as error:
                # The kind alone: what a library says may quote what it was given.
                kind = type(error).__name__
                unreachable.say(logging.WARNING, f"The MQTT broker cannot be reached ({kind}).")
            finally:
                self._client = None
            await asyncio.sleep(pause * random.uniform(0.8, 1.2))
            pause = min(2 * pause, LONGEST_PAUSE_S)

    def _new_client(self) -> aiomqtt.Client:
        settings = self._settings
        return aiomqtt.Client(
            settings.host,
            settings.port,
            username=settings.user,
            password=settings.password.get_secret_value() if settings.password else None,
            tls_context=ssl.create_default_context() if settings.tls else None,
            will=aiomqtt.Will(self._topics.status, b"offline", qos=1, retain=True),
            timeout=LIMIT_S,
            keepalive=20,
            logger=_quiet(),
        )

    async def _serve(self, client: aiomqtt.Client) -> None:
        """Until the connection is lost, which raises."""
        if self._topics.birth:
            await client.subscribe(self._topics.birth, qos=1)
        await client.publish(self._topics.status, b"online", qos=1, retain=True)
        self._client = client
        self._turn()
        async for said in client.messages:
            # A retained one is old: what was published on connecting has answered it.
            if said.payload == b"online" and not said.retain:
                self._turn()

    def _turn(self) -> None:
        self._turns += 1
        self._wake()


class MqttChannel:
    """Messages of the outbox over a broker, not retained.

    Args:
        broker: where to.
        topics: of the site.
    """

    people = False

    def __init__(self, broker: Broker, topics: Topics) -> None:
        self._broker, self._topics = broker, topics

    def send(self, letter: Letter) -> None:
        """Publish it on the camera's `events`, or the site's `messages`.

        Raises:
            UndeliveredError: the broker does not have it.
        """
        content = message(letter)
        camera = content["camera"]
        topic = self._topics.camera(camera, "events") if camera else self._topics.site
        self._broker.publish(topic, as_text(content).encode())


def _quiet() -> logging.Logger:
    """The library's own lines are not ours to show."""
    logger = logging.getLogger("awry.watch.courier.aiomqtt")
    logger.setLevel(logging.CRITICAL)
    return logger
