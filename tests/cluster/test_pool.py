"""Workers, what they are given, and which of it is given again."""

from __future__ import annotations

from typing import Any

import pytest

from awry.cluster import PROCESSES, Pool, Prepared
from awry.cluster.work import Failed, Lost
from awry.errors import AwryError, ConfigError, WriteError


class Scripted:
    """Workers that answer at once, as they are told to."""

    def __init__(self, answers: dict[str, list[Any]], workers: int = 2) -> None:
        self._answers = answers
        self._workers = workers
        self._now: list[tuple[int, str]] = []
        self.most = 0
        self.closed = 0

    def free(self, owed: int) -> int:
        return min(owed, self._workers - len(self._now))

    def start(self, ticket: int, task: str) -> None:
        self._now.append((ticket, task))
        self.most = max(self.most, len(self._now))

    def ended(self, within: float) -> list[tuple[int, Any]]:
        ticket, task = self._now.pop(0)
        return [(ticket, self._answers[task].pop(0))]

    def close(self) -> None:
        self.closed += 1


def pool_of(workers: Scripted, retries: int = 2) -> Pool:
    pool = Pool(2, PROCESSES, retries=retries)
    pool._begin = lambda work: workers
    return pool


def test_each_task_is_given_as_it_ends_and_never_more_than_there_are_workers() -> None:
    workers = Scripted({task: [task.upper()] for task in "abcde"})
    assert dict(pool_of(workers).run(str, "abcde")) == {t: t.upper() for t in "abcde"}
    assert workers.most == 2
    assert workers.closed == 1


def test_a_lost_task_is_done_elsewhere_and_listed_in_the_end() -> None:
    lost = Lost("its worker ended.")
    workers = Scripted({"a": [lost, lost, "A"], "b": [lost] * 3, "c": ["C"]})
    found = dict(pool_of(workers).run(str, "abc"))
    assert found["a"] == "A"
    assert found["c"] == "C"
    assert str(found["b"]) == "its worker ended. It was tried 3 times."


def test_an_error_keeps_its_class_and_is_not_tried_again() -> None:
    workers = Scripted({"a": [Failed("Disk full.", "WriteError")], "b": [Failed("?", "nearest")]})
    found = dict(pool_of(workers).run(str, "ab"))
    assert isinstance(found["a"], WriteError)
    assert type(found["b"]) is AwryError


def test_whoever_wants_the_end_gets_what_was_done() -> None:
    workers = Scripted({task: [task] for task in "abcde"})
    stop: list[bool] = []
    found = []
    for task, _ in pool_of(workers).run(str, "abcde", stop):
        found.append(task)
        if task == "b":
            stop.append(True)
    assert found == ["a", "b"]
    assert workers.closed == 1


def test_nothing_to_do_starts_nobody() -> None:
    assert list(pool_of(Scripted({})).run(str, "")) == []


class Doubler:
    """Prepared work."""

    def __call__(self, task: int) -> int:
        return 2 * task


def test_prepared_work_in_processes() -> None:
    with Pool(2, PROCESSES) as pool:
        assert dict(pool.run(Prepared(Doubler), [1, 2])) == {1: 2, 2: 4}


def test_what_cannot_be_sent_is_refused() -> None:
    with Pool(2, PROCESSES) as pool, pytest.raises(ConfigError, match="cannot be sent to another"):
        list(pool.run(lambda task: task, [1]))


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"cpus": -1}, {"gpus": float("nan")}, {"retries": -1}]
)
def test_numbers_out_of_range(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="must be at least"):
        Pool(on=PROCESSES, **wrong)


def test_work_of_a_moment_is_done_between_answers() -> None:
    left = [True, True, False, False]
    waited = []

    class Watched(Scripted):
        def ended(self, within: float) -> list[tuple[int, Any]]:
            waited.append(within > 0)
            return super().ended(within)

    workers = Watched({task: [task] for task in "abcd"})
    pool = pool_of(workers)
    assert len(list(pool.run(str, "abcd", meanwhile=lambda: left.pop(0)))) == 4
    assert waited == [False, False, True, True]
