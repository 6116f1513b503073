"""Processes of this machine, told and heard over pipes."""

from __future__ import annotations

import os
import select
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from awry.watch.ipc.codec import encode
from awry.watch.ipc.wire import parcel
from awry.watch.messages import Beat, Message, Train
from awry.watch.site.secret_values import WITHHELD
from awry.watch.supervisor.portions import Key
from awry.watch.supervisor.spawn import Child, Spawner

ECHO = "import os\nwhile data := os.read(0, 65536): os.write(1, data)"


class Bench:
    def __init__(self, code: str) -> None:
        self.lines: list[str] = []
        self.child = Child(
            [sys.executable, "-S", "-c", code], '"s"', dict(os.environ), self.lines.append
        )
        self.came: list[Message] = []

    def until(self, true: Callable[[], object]) -> None:
        for _ in range(400):
            self.came += self.child.receive()
            if true():
                return
            select.select(self.child.files, [], [], 0.05)
        raise AssertionError((self.came, self.lines))

    def end(self) -> int | None:
        self.child.wait(20)
        self.came += self.child.receive()
        self.child.close()
        return self.child.ended()


def test_messages_go_and_come() -> None:
    bench = Bench(ECHO)
    bench.child.send(Train("door"))
    bench.until(lambda: len(bench.came) == 2)
    assert bench.came[1] == Train("door")
    assert bench.child.rss() > 0
    bench.child.signal(signal.SIGKILL)
    assert bench.end() == -9
    assert bench.child.rss() == 0
    assert bench.child.files == []


def test_what_it_wrote_last_is_heard() -> None:
    said = parcel(encode(Beat()))
    bench = Bench(
        f"import sys; sys.stdout.buffer.write({said!r}); sys.stderr.write('a\\nb'); sys.exit(3)"
    )
    assert bench.end() == 3
    assert bench.came == [Beat()]
    assert bench.lines == ["a", "b"]


def test_one_that_says_rubbish_is_ended() -> None:
    bench = Bench("import time; print('x' * 100, flush=True); time.sleep(60)")
    bench.until(lambda: bench.lines)
    assert bench.end() == -9
    assert "no message" in bench.lines[0]


def test_one_that_reads_nothing_holds_up_nobody() -> None:
    bench = Bench("import time; time.sleep(60)")
    for _ in range(40):
        bench.child.send(Train("x" * 1_000_000))
    assert bench.end() == -9


def test_a_very_long_line_is_cut() -> None:
    bench = Bench("import sys; sys.stderr.write('x' * 300_000 + '\\n\\nend')")
    bench.until(lambda: len("".join(bench.lines)) >= 200_000)
    bench.end()
    *pieces, empty, last = bench.lines
    assert "".join(pieces) == "x" * 300_000
    assert max(map(len, pieces)) <= 65536
    assert (empty, last) == ("", "end")


def test_secrets_are_not_inherited(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DOOR_PASSWORD", "open-sesame")
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv("OTHER", "harmless")
    spawner = Spawner(tmp_path, lambda process, line: None)
    spawner.hidden = frozenset({"rtsp://me:open-sesame@h/1", "sqlite:////home/me/x"})
    environment = spawner.environment(Key("web"))
    assert "DOOR_PASSWORD" not in environment
    assert environment["HOME"] == "/home/me"
    assert environment["OTHER"] == "harmless"
    assert environment["OMP_NUM_THREADS"] == "1"
    assert environment["AWRY_WATCH_FOLDER"] == str(tmp_path)
    assert "DOOR_PASSWORD" in environment[WITHHELD].split()
    assert "OTHER" not in environment[WITHHELD].split()
    assert WITHHELD not in spawner.environment(Key("ingest", "door"))


def test_a_spawner_ends_what_it_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "sleeper.py").write_text(
        "import sys, time; print(sys.argv[1:], file=sys.stderr); time.sleep(60)"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    lines: list[tuple[str, str]] = []
    spawner = Spawner(tmp_path, lambda *said: lines.append(said), module="sleeper")
    child = spawner(Key("ingest", "door"), "{}")
    while not lines:
        child.receive()
        select.select(child.files, [], [], 0.05)
    spawner.kill()
    assert child.ended() == -9
    assert lines[0] == ("ingest door", "['ingest', 'door']")
