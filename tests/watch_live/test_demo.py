"""`awry watch demo` as a visitor runs it: what it says, its first alarm, its end."""

from __future__ import annotations

import re
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pytest

from watch_live.running import ENVIRONMENT, LIMIT_S, words_of

pytestmark = pytest.mark.live


def test_an_alarm_comes_by_itself(tmp_path: Path) -> None:
    folder, said = tmp_path / "demo", tmp_path / "said"
    words = ("watch", "demo", "--out", folder, "--past", "1m", "--port", 0)
    with said.open("wb") as out:
        process = subprocess.Popen(words_of(*words), stdout=out, stderr=out, env=ENVIRONMENT)

    def wait(true: Callable[[], Any]) -> Any:
        end = time.monotonic() + LIMIT_S
        while not (found := true()):
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < end, said.read_text()
            time.sleep(0.1)
        return found

    try:
        address = wait(lambda: re.search(r"Open (http://127\S+) and log in", said.read_text()))[1]
        opened = time.time()
        wait(lambda: alarms(folder / "store" / "awry.db", opened))
        with urlopen(f"{address}/login") as answer:
            assert b"<form" in answer.read()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
    assert f"awry watch run {folder / 'site.yaml'}" in said.read_text().replace("\n", " ")


def alarms(file: Path, since: float) -> list[Any]:
    """Cameras that alarmed since a moment."""
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=10)) as database:
        query = "select camera from event where told = 1 and start > ?"
        return database.execute(query, (since,)).fetchall()
