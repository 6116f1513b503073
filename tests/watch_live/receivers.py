"""Real receivers on loopback: a broker that is stopped and started, a listener, a mail server."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from shutil import which
from typing import Any

import aiomqtt
import pytest


def until(true: Callable[[], Any], limit_s: float = 20.0) -> None:
    """Wait for something to become true."""
    end = time.monotonic() + limit_s
    while not true():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


class Mosquitto:
    """Debian's broker on loopback.

    Args:
        folder: for its settings.
        login: a name and a password that it asks for; None: it takes anybody.
    """

    def __init__(self, folder: Path, login: tuple[str, str] | None = None) -> None:
        program = which("mosquitto", path="/usr/sbin:/usr/bin:/usr/local/sbin")
        if program is None:
            pytest.skip("mosquitto is not installed")
        self.port = free_port()
        self._command = [program, "-c", str(folder / "mosquitto.conf")]
        self._process: subprocess.Popen[bytes] | None = None
        lines = [f"listener {self.port} 127.0.0.1", f"allow_anonymous {str(login is None).lower()}"]
        if login is not None:
            passwords = folder / "passwords"
            passwords.write_text("")
            subprocess.run(["mosquitto_passwd", "-b", passwords, *login], check=True)
            passwords.chmod(0o644)  # the broker gives up root's rights
            lines.append(f"password_file {passwords}")
        (folder / "mosquitto.conf").write_text("\n".join([*lines, "user root", ""]))

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self._process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
        until(self._listens)

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def stop(self) -> None:
        """Kill it; what it retained is gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def mosquitto(folder: Path, login: tuple[str, str] | None = None) -> Iterator[Mosquitto]:
    """A broker that runs."""
    broker = Mosquitto(folder, login)
    broker.start()
    try:
        yield broker
    finally:
        broker.stop()


class Listener:
    """Subscribes to everything; `came` holds topic, payload and whether it was retained."""

    def __init__(self, port: int, topic: str = "#") -> None:
        self.came: list[tuple[str, bytes, bool]] = []
        self._port, self._topic = port, topic
        self._ready = threading.Event()
        self._task: asyncio.Task[Any] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def __enter__(self) -> Listener:
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *error: object) -> None:
        assert self._loop is not None
        assert self._task is not None
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)

    def of(self, topic: str) -> list[bytes]:
        """Payloads of a topic."""
        return [payload for name, payload, _ in self.came if name == topic]

    def say(self, topic: str, payload: bytes) -> None:
        """Publish something oneself."""
        assert self._loop is not None
        sending = self._client.publish(topic, payload, qos=1)
        asyncio.run_coroutine_threadsafe(sending, self._loop).result(10)

    async def _run(self) -> None:
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()
        try:
            async with aiomqtt.Client("127.0.0.1", self._port) as self._client:
                await self._client.subscribe(self._topic, qos=1)
                self._ready.set()
                async for said in self._client.messages:
                    assert isinstance(said.payload, bytes)
                    self.came.append((str(said.topic), said.payload, said.retain))
        except (aiomqtt.MqttError, asyncio.CancelledError):
            return


class MailSink:
    """The least of a mail server; `came` holds what it took. Where `away`, it refuses."""

    def __init__(self) -> None:
        self.came: list[Message] = []
        self.away = False
        self._server: asyncio.Server | None = None
        self.port = free_port()

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        writer.write(b"421 away\r\n" if self.away else b"220 sink\r\n")
        body: list[bytes] | None = None
        while not self.away and (line := await reader.readline()):
            if body is not None:
                if line == b".\r\n":
                    self.came.append(message_from_bytes(b"".join(body)))
                    body = None
                    writer.write(b"250 taken\r\n")
                else:
                    body.append(line.removeprefix(b"."))
                continue
            verb = line[:4].upper()
            if verb == b"DATA":
                body = []
            writer.write({b"DATA": b"354 go\r\n", b"QUIT": b"221 bye\r\n"}.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                break
        writer.close()


@contextmanager
def mail_sink() -> Iterator[MailSink]:
    """A mail server on loopback."""
    sink, loop = MailSink(), asyncio.new_event_loop()
    server = loop.run_until_complete(asyncio.start_server(sink.talk, "127.0.0.1", sink.port))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
