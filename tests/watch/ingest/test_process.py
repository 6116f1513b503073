from __future__ import annotations

import stat
import subprocess
import sys
from collections import deque
from pathlib import Path

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest import core, process
from awry.watch.messages import Configure, Message, StateChanged, Stop
from awry.watch.site.portions import IngestSettings, revealed
from ingest_fakes import Box, FakeCamera, Told, walk


class FakeContext:
    """A supervisor and a keeper who say what they are told to, one thing a turn."""

    def __init__(self, store: Path, says: list[Message | None]) -> None:
        camera = {"name": "door", "detect": "rtsp://x"}
        self.values = IngestSettings.model_validate({"camera": camera, "store": store})
        self.name, self.settings = "door", revealed(self.values)
        self.clock = ManualClock()
        self.keeper = self
        self.says = deque(says)
        self.told = Told()
        self.box = Box()
        self.place: Path | None = None
        self.waiting = 1
        self.heard = 0

    def send(self, message: Message, *, certain: bool = True) -> None:
        self.told(message, certain=certain)

    def poll(self, timeout_s: float | None = None) -> list[Message]:
        if timeout_s is not None:
            self.waiting, self.heard = 0, self.heard + 1
            return []
        said = self.says.popleft() if self.says else Stop()
        return [] if said is None else [said]

    def live_place(self, camera: str) -> Path | None:
        return self.place

    def frames_out(self, camera: str) -> Box:
        assert camera == "door"
        return self.box


def test_it_runs_until_it_is_stopped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    context = FakeContext(tmp_path, [None] * 40)
    context.place = tmp_path / "l-door"
    context.says.append(Configure(context.settings))
    camera = FakeCamera(context.clock, walk())
    made = core.Ingest
    monkeypatch.setattr(process, "Ingest", lambda *args, **more: made(*args, opener=camera, **more))
    process.run(context)
    assert context.clock.monotonic() > 1000
    assert context.told.of(StateChanged)[0].state == "connecting"
    assert context.heard == 1  # what waits for the keeper is sent
    assert camera.feed.closed
    assert stat.S_ISSOCK((tmp_path / "l-door").stat().st_mode)  # where live pictures were served


def test_what_a_process_takes() -> None:
    figures = process.usage()
    assert figures["rss_bytes"] > 10**6
    assert figures["cpu_s"] > 0


def test_it_loads_no_torch() -> None:
    code = (
        "import sys, awry.watch.ingest.process\n"
        "print([name for name in ('torch', 'sqlalchemy', 'sklearn') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
