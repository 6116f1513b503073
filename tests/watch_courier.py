"""What tests of the courier need: an outbox in memory, receivers that fail, letters."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from awry.watch.courier.batches import Batch
from awry.watch.courier.channels import Letter, UndeliveredError
from awry.watch.messages import Delivered
from awry.watch.store.results import OutboxEntry, StoredCamera, StoredEvent

NOW = 1_800_000_000.0


def row(
    number: int, subject: str = "e1", kind: str = "new", made: float = NOW, **more: Any
) -> OutboxEntry:
    """A row of the outbox that waits."""
    values = {"channel": "webhook", "target": "shop", "payload": {}, "due": made, **more}
    return OutboxEntry(
        id=number, subject=subject, kind=kind, made=made, attempts=0, state="waiting", **values
    )


def stored(uid: str = "e1", camera: str = "front", **more: Any) -> StoredEvent:
    """An event."""
    values: dict[str, Any] = {
        "start": NOW,
        "end": NOW + 4,
        "peak_at": NOW + 1,
        "score": 3.25,
        "threshold": 2.0,
        "bundle": "b",
        "state": "ended",
        "told": True,
        "reason": "It moves in an unusual way",
        **more,
    }
    return StoredEvent(uid=uid, camera=camera, **values)


def camera(name: str = "front", **more: Any) -> StoredCamera:
    """A camera that runs."""
    values: dict[str, Any] = {
        "added": NOW,
        "removed": None,
        "state": "running",
        "state_since": NOW,
        "state_reason": "",
        "armed": True,
        "last_frame": NOW,
        "last_score": 1.5,
        **more,
    }
    return StoredCamera(name=name, **values)


def letter(*rows: OutboxEntry, events: Sequence[StoredEvent] = (), timezone: str = "UTC") -> Letter:
    """Rows as a channel gets them."""
    known = {event.uid: event for event in events}
    return Letter("home", Batch(rows or (row(1),)), known, NOW, timezone)


class MemoryOutbox:
    """An outbox that does at once what a keeper would do, unless that is away."""

    def __init__(self) -> None:
        self.rows: dict[int, OutboxEntry] = {}
        self.stored: dict[str, StoredEvent] = {}
        self.told: list[Delivered] = []
        self.keeper_away = False

    def add(self, *rows: OutboxEntry) -> None:
        """Rows that wait from now on."""
        self.rows |= {one.id: one for one in rows}

    def waiting(self, channel: str, target: str, limit: int) -> Sequence[OutboxEntry]:
        """As `core.Outbox`."""
        found = [
            one
            for one in self.rows.values()
            if (one.channel, one.target, one.state) == (channel, target, "waiting")
        ]
        return found[:limit]

    def targets(self) -> Sequence[tuple[str, str]]:
        """As `core.Outbox`."""
        waiting = [one for one in self.rows.values() if one.state == "waiting"]
        return list({(one.channel, one.target): None for one in waiting})

    def events(self, uids: Sequence[str]) -> dict[str, StoredEvent]:
        """As `core.Outbox`."""
        return {uid: self.stored[uid] for uid in uids if uid in self.stored}

    def tell(self, said: Delivered) -> None:
        """What the courier says to the keeper."""
        self.told.append(said)
        if not self.keeper_away:
            self.do(said)

    def do(self, said: Delivered) -> None:
        """What the keeper makes of it."""
        old = self.rows[said.row]
        waits = bool(said.error) and said.retry_at is not None
        state = "waiting" if waits else ("dead" if said.error else "sent")
        self.rows[said.row] = replace(
            old,
            state=state,
            error=said.error,
            attempts=old.attempts + 1,
            due=said.retry_at if said.retry_at is not None else old.due,
        )

    def states(self) -> list[str]:
        """Of all rows, in order."""
        return [one.state for one in self.rows.values()]


@dataclass
class FakeReceiver:
    """Takes letters, or fails as told."""

    people: bool = False
    error: UndeliveredError | None = None
    got: list[list[tuple[str, str]]] = field(default_factory=list)
    tries: int = 0
    refused: frozenset[str] = frozenset()

    def send(self, letter: Letter) -> None:
        """As `channels.Channel`."""
        self.tries += 1
        if self.error is not None:
            raise self.error
        if letter.batch.last.subject in self.refused:
            raise UndeliveredError("The receiver answered 500.")
        self.got.append([(one.subject, one.kind) for one in letter.batch.rows])


class FakeBroker:
    """Keeps what is published."""

    def __init__(self) -> None:
        self.connected, self.turns = True, 1
        self.said: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        """As `mqtt.Broker`."""
        if not self.connected:
            raise UndeliveredError("The MQTT broker is not connected.")
        self.said.append((topic, payload, retain))


@dataclass
class Sink:
    """A loopback HTTP server, what came to it, and how it answers.

    Attributes:
        answers: status and headers of the next answers; 200 after them.
    """

    url: str
    came: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)


@contextmanager
def http_sink() -> Iterator[Sink]:
    """A receiver of POSTs on loopback."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            sink.came.append((self.path, dict(self.headers), body))
            status, headers = sink.answers.pop(0) if sink.answers else (200, {})
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink = Sink(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
