"""A site that runs in a process of its own, and the command line as a person types it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parents[2] / "src"
LIMIT_S = 240.0


def words_of(*words: object) -> list[str]:
    code = "import sys; from awry.cli.app import main; sys.exit(main())"
    return [sys.executable, "-c", code, *map(str, words)]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(SOURCE), "OMP_NUM_THREADS": "1"}


def asked(*words: object) -> Any:
    """What a command of `awry watch` says as JSON; it must succeed."""
    said = command("watch", *words, "--json")
    assert said.returncode == 0, said.stdout + said.stderr
    return json.loads(said.stdout)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    """A command as a person types it."""
    return subprocess.run(words_of(*words), capture_output=True, text=True, env=ENVIRONMENT)


class Site:
    """A site that runs in a process of its own."""

    def __init__(self, file: Path) -> None:
        self.file, self.store, self.log = file, file.parent / "store", file.parent / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                words_of("watch", "run", file), stdout=log, stderr=log, env=ENVIRONMENT
            )

    def rows(self, query: str, *values: object) -> list[Any]:
        try:
            place = f"file:{self.store / 'awry.db'}?mode=ro"
            with closing(sqlite3.connect(place, uri=True, timeout=10)) as database:
                return database.execute(query, values).fetchall()
        except sqlite3.OperationalError:  # it is being made
            return []

    def wait(self, true: Callable[[], Any], limit_s: float = LIMIT_S) -> Any:
        end = time.monotonic() + limit_s
        while not (found := true()):
            assert self.process.poll() is None, self.log.read_text()[-5000:]
            states = self.rows("select name, state, state_reason from camera")
            assert time.monotonic() < end, f"{states} {self.log.read_text()[-3000:]}"
            time.sleep(0.1)
        return found

    def end(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)
