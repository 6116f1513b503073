"""Workers that are Ray's actors."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from awry.cluster import Pool, Prepared
from awry.errors import AwryError, BundleError, ConfigError
from awry.runtimes import threads


class Worker:
    """Answers with who it is and how often it was called; dies where it is told to."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, task: str) -> tuple[str, int, int, int]:
        self.calls += 1
        kind, _, rest = task.partition(":")
        if kind == "refused":
            raise ConfigError("No footage.")
        if kind == "fails":
            raise RuntimeError("a fault of others")
        if kind == "dies" or (kind == "once" and not _seen(Path(rest))):
            os.kill(os.getpid(), signal.SIGKILL)
        return task, os.getpid(), self.calls, threads()


def _seen(path: Path) -> bool:
    """Whether a worker was here before."""
    try:
        path.touch(exist_ok=False)
    except FileExistsError:
        return True
    return False


def test_each_worker_is_made_once_and_shares_the_threads(pool: Pool) -> None:
    found = dict(pool.run(Prepared(Worker), [f"t{n}" for n in range(6)]))
    answers = [answer for answer in found.values() if not isinstance(answer, AwryError)]
    assert sorted(answer[0] for answer in answers) == sorted(found)
    processes = {answer[1] for answer in answers}
    assert 1 <= len(processes) <= 2
    assert os.getpid() not in processes
    for process in processes:  # counted on, task by task
        calls = [answer[2] for answer in answers if answer[1] == process]
        assert sorted(calls) == list(range(1, len(calls) + 1))
    assert {answer[3] for answer in answers} == {max(1, threads() // 2)}


def where(_: int) -> str:
    """The folder from which a worker's paths count."""
    return str(Path.cwd())


def test_paths_count_from_where_the_command_runs(
    pool: Pool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert list(pool.run(where, [1])) == [(1, str(tmp_path))]


def test_killed_workers_are_replaced_and_their_tasks_done(pool: Pool, tmp_path: Path) -> None:
    tasks = ["a", f"once:{tmp_path / 'seen'}", "b", "dies", "refused", "fails", "c"]
    found = dict(pool.run(Prepared(Worker), tasks))
    assert {task for task, answer in found.items() if isinstance(answer, tuple)} == {
        "a",
        "b",
        "c",
        tasks[1],
    }
    assert type(found["dies"]) is AwryError
    assert "its worker ended" in str(found["dies"])
    assert "It was tried 2 times." in str(found["dies"])
    assert isinstance(found["refused"], ConfigError)
    assert str(found["fails"]) == "RuntimeError: a fault of others"


class Unready:
    """Work that cannot be made ready."""

    def __init__(self) -> None:
        raise BundleError("There is no bundle at /nowhere.")

    def __call__(self, task: int) -> int:
        return task


def test_work_that_cannot_be_made_ready_says_why(pool: Pool) -> None:
    with pytest.raises(BundleError, match="no bundle at /nowhere"):
        list(pool.run(Prepared(Unready), [1, 2, 3]))


def test_what_cannot_be_sent_is_refused(pool: Pool) -> None:
    lock = threading.Lock()

    def work(task: int) -> int:
        with lock:
            return task

    with pytest.raises(ConfigError, match="cannot be sent to another process"):
        list(pool.run(work, [1]))


def unsendable_answer(task: int) -> object:
    return threading.Lock()


def test_an_answer_that_cannot_be_sent_is_an_error(pool: Pool) -> None:
    ((_, answer),) = pool.run(unsendable_answer, [1])
    assert isinstance(answer, AwryError)
    assert "pickle" in str(answer)


def test_whoever_goes_away_leaves_no_worker(pool: Pool) -> None:
    answers = pool.run(Prepared(Worker), ["a", "b", "c"])
    _, answer = next(answers)
    assert isinstance(answer, tuple)
    answers.close()  # type: ignore[attr-defined]
    ((_, other),) = pool.run(Prepared(Worker), ["d"])
    assert isinstance(other, tuple)
    assert other[1] != answer[1]
    assert other[2] == 1


SCRIPT = """
import os
from awry.cluster import Pool

def work(task):
    return task if task == "a" else os._exit(3)

with Pool(1, retries=0) as pool:
    for task, answer in pool.run(work, ["a", "dies"]):
        print(task, answer)
"""


def test_ray_prints_nothing_of_its_own() -> None:
    """Standard output may be JSON, also where a worker dies."""
    words = [sys.executable, "-c", SCRIPT]
    said = subprocess.run(words, capture_output=True, text=True, check=True)
    assert said.stdout == "a a\ndies its worker ended (ActorDiedError).\n"
    assert said.stderr == ""
