"""Workers that are processes, one for each task."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest

from awry.cluster import PROCESSES, Pool
from awry.errors import AwryError, ConfigError
from awry.runtimes import threads


def work(task: str) -> tuple[str, int, int]:
    if task == "refused":
        raise ConfigError("No footage.")
    if task == "dies":
        os._exit(9)
    if task == "fails":
        raise RuntimeError("a fault of others")
    return task * 2, os.getpid(), threads()


def test_answers_refusals_and_deaths_are_told_apart() -> None:
    with Pool(2, PROCESSES, retries=0) as pool:
        found = dict(pool.run(work, ["a", "refused", "dies", "fails"]))
    answer, process, share = found["a"]  # type: ignore[misc]
    assert (answer, share) == ("aa", max(1, threads() // 2))
    assert process != os.getpid()
    assert isinstance(found["refused"], ConfigError)
    assert str(found["refused"]) == "No footage."
    assert type(found["dies"]) is AwryError
    assert str(found["dies"]) == "its process ended (9)."
    assert str(found["fails"]) == "RuntimeError: a fault of others"


def write_or_read(task: tuple[str, Path]) -> int | None:
    """One says through a pipe who it is and waits for its end; the other passes it on."""
    what, pipe = task
    if what == "write":
        with pipe.open("w") as opened:
            opened.write(str(os.getpid()))
        signal.pause()
        return None
    return int(pipe.read_text())


def test_whoever_goes_away_leaves_no_process(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    tasks = [("write", tmp_path / "pipe"), ("read", tmp_path / "pipe")]
    with Pool(2, PROCESSES) as pool:
        answers = pool.run(write_or_read, tasks)
        _, process = next(answers)
        assert isinstance(process, int)
        os.kill(process, 0)  # it is there
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
