"""Processes that do what a test says."""

from __future__ import annotations

import json
import signal
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from awry.watch.messages import Beat, Message, Stop
from awry.watch.site.model import Camera, Site, Web
from awry.watch.supervisor.portions import Key


class FakeProcess:
    """Beats at each look, ends at once when it is asked to, unless a test says otherwise."""

    def __init__(self, key: Key, settings: str, pid: int) -> None:
        self.key, self.pid = key, pid
        self.settings: Any = json.loads(settings)
        self.told: list[Message] = []
        self.said: list[Message] = []
        self.signals: list[int] = []
        self.beats, self.obeys, self.code = True, True, None
        self.memory, self.closed = 0, False

    code: int | None

    def send(self, message: Message) -> None:
        self.told.append(message)
        if isinstance(message, Stop) and self.obeys:
            self.code = 0

    def receive(self) -> Sequence[Message]:
        said, self.said = self.said, []
        return [*said, Beat()] if self.beats and self.code is None else said

    def ended(self) -> int | None:
        return self.code

    def signal(self, number: int) -> None:
        self.signals.append(number)
        if number == signal.SIGKILL:
            self.code = -number

    def close(self) -> None:
        self.closed = True

    def rss(self) -> int:
        return self.memory


class FakeSpawn:
    """Remembers what was started; `fails` lets the next starts fail."""

    def __init__(self) -> None:
        self.started: list[FakeProcess] = []
        self.fails = 0

    def __call__(self, key: Key, settings: str) -> FakeProcess:
        if self.fails:
            self.fails -= 1
            raise OSError(12, "Cannot allocate memory")
        self.started.append(FakeProcess(key, settings, 100 + len(self.started)))
        return self.started[-1]

    def last(self, kind: str, name: str = "") -> FakeProcess:
        return [one for one in self.started if one.key == Key(kind, name)][-1]

    def count(self, kind: str, name: str = "") -> int:
        return sum(one.key == Key(kind, name) for one in self.started)


def camera(name: str, **more: Any) -> Camera:
    return Camera(name=name, detect=SecretStr(f"rtsp://u:pass-{name}@host/{name}"), **more)


def site(store: Path, *cameras: Camera, **more: Any) -> Site:
    named = {one.name: one for one in cameras}
    return Site(store=store, cameras=named, **{"web": Web(enabled=False), **more})
