"""How many processes there may be, and what is said of one that ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from functools import partial
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from types import SimpleNamespace
from typing import Any, cast

import pytest
from torch import distributed as dist

from awry.devices import PROCESSOR, Compute
from awry.errors import ConfigError, TrainingError
from awry.training import launch
from awry.training.launch import (
    chosen_processes,
    cores,
    follows,
    from_outside,
    several,
    telling_followers,
)
from awry.training.processes import ALONE, FitOver, LostProcessError, Processes, current

CARD = Compute("cuda:0")


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four cores and three cards."""
    monkeypatch.setattr(launch, "cores", lambda: 4)
    cards = ("cuda:0", "cuda:1", "cuda:2", "cpu")
    monkeypatch.setattr(launch, "available", lambda: cards)


@pytest.fixture
def torchrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """This is the second of two processes."""
    about = {"RANK": "1", "WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "1"}
    for name, value in about.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("asked", "compute", "found"),
    [(None, PROCESSOR, 1), (1, Compute("mps:0"), 1), (4, PROCESSOR, 4), (3, CARD, 3)],
)
def test_as_many_as_are_asked_for(asked: int | None, compute: Compute, found: int) -> None:
    assert not from_outside()
    assert not follows()
    assert chosen_processes(asked, compute) == found


@pytest.mark.usefixtures("four")
@pytest.mark.parametrize(
    ("asked", "compute", "said"),
    [
        (5, PROCESSOR, "--processes 5: there are 4 cores here"),
        (4, CARD, "--processes 4: there are 3 cards here"),
        (2, Compute("cuda:1"), "--device says cuda:1: say cuda"),
        (2, Compute("mps:0"), "several processes work on cpu and cuda, not on mps"),
    ],
)
def test_more_than_there_is_is_refused(asked: int, compute: Compute, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        chosen_processes(asked, compute)


def test_one_core_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert cores() >= 1
    monkeypatch.setattr(launch, "cores", lambda: 1)
    with pytest.raises(ConfigError, match="there is 1 core here"):
        chosen_processes(2, PROCESSOR)


@pytest.mark.usefixtures("four", "torchrun")
def test_torchrun_says_how_many() -> None:
    assert follows()
    assert chosen_processes(None, PROCESSOR) == chosen_processes(2, PROCESSOR) == 2
    with pytest.raises(ConfigError, match="--processes 3: torchrun started 2"):
        chosen_processes(3, PROCESSOR)


def test_one_process_is_left_alone() -> None:
    with several(1, PROCESSOR, _never) as team:
        assert team is None
        assert current() is ALONE
    with telling_followers(1, PROCESSOR) as words:
        words.append("nobody hears it")


def _never(compute: Compute) -> None:
    raise AssertionError


def test_what_cannot_be_sent_is_refused() -> None:
    refused = pytest.raises(ConfigError, match="cannot be sent to another process")
    with refused, several(2, PROCESSOR, lambda compute: None):
        pass


def _begins(trainings: int, compute: Compute) -> None:
    for _ in range(trainings):
        with current().training():
            pass


def test_a_process_that_trains_less_than_the_leader_is_not_waited_for() -> None:
    said = "Process 2 of 2: it came to 1 trainings, process 1 to more"
    with (
        pytest.raises(TrainingError, match=said),
        several(2, PROCESSOR, partial(_begins, 1)),
    ):
        _begins(2, PROCESSOR)


def two(store: dist.Store | None = None) -> tuple[Processes, Processes]:
    store = store or dist.HashStore()
    return Processes(0, 2, store, PROCESSOR), Processes(1, 2, store, PROCESSOR)


@pytest.mark.parametrize(
    ("last", "code", "said"),
    [
        ("no more", 0, "Process 2 of 2: no more"),
        (None, -9, r"it ended \(-9\), perhaps for want of memory; --resume goes on"),
        (None, 1, r"it ended \(1\); --resume goes on"),
        ("", 0, ""),
    ],
)
def test_how_a_process_ended_is_known(last: str | None, code: int, said: str) -> None:
    mine, theirs = Pipe()
    if last is not None:
        theirs.send(last)
    theirs.close()
    process = cast(Any, SimpleNamespace(join=lambda timeout: None, exitcode=code))
    leader, _ = two()
    assert isinstance(mine, Connection)
    launch._watch(leader, {mine: (1, process)})
    assert leader.failed.is_set() == bool(said)
    if said:
        with pytest.raises(LostProcessError, match=said):
            leader.read("anything")


def test_the_others_hear_what_the_leader_finds_and_when_it_is_over() -> None:
    leader, other = two()
    assert leader.told(lambda: {"validation_total": float("inf")}) == {
        "validation_total": float("inf")
    }
    assert other.told(lambda: pytest.fail("only the leader looks")) == {
        "validation_total": float("inf")
    }
    leader.over()
    with pytest.raises(FitOver):
        other.wait_for_leader()


def test_a_last_word_is_waited_for_until_it_is_read() -> None:
    leader, other = two()
    reading = threading.Thread(target=lambda: other.read("end"))
    reading.start()
    leader.leave_last("end", ["a"], 60)
    reading.join()
    leader, other = two()
    leader.leave_last("end", None, 0)
    assert other.read("end") is None


PROGRAM = """
from awry.devices import PROCESSOR
from awry.errors import AwryError, ConfigError
from awry.training import processes
from awry.training.launch import follow_leader, follows, several, telling_followers

def fit(compute):
    team = processes.current()
    with team.training():
        print(team.rank, team.size, team.agreed(team.rank == 1), flush=True)

for good in (False, True):
    try:
        if follows():
            print(follow_leader(PROCESSOR, fit))
            continue
        with telling_followers(2, PROCESSOR) as words:
            if not good:
                raise ConfigError("the leader alone looks at --out")
            with several(2, PROCESSOR, fit):
                fit(PROCESSOR)
            words.append("saved")
    except AwryError as error:
        print(error)
"""


def test_processes_that_were_started_from_outside_are_joined() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    about = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    started = [
        subprocess.Popen(
            [sys.executable, "-c", PROGRAM],
            env={**os.environ, **about, "RANK": rank, "GLOO_SOCKET_IFNAME": "lo"},
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in ("0", "1")
    ]
    said = [process.communicate(timeout=120)[0].splitlines() for process in started]
    refused = "The leading process could not end the fit; it says why."
    assert said[0] == ["the leader alone looks at --out", "0 2 True"]
    assert said[1] == [refused, "1 2 True", "['saved']"]


def test_an_error_of_the_training_itself_is_not_blamed_on_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader, other = two()
    monkeypatch.setattr(Processes, "_meet", lambda team: None)
    other._store.add("here/0", 1)  # the other has come
    with pytest.raises(RuntimeError, match="sizes") as raised, leader.training():
        raise RuntimeError("sizes do not match")
    assert not isinstance(raised.value, TrainingError)


@pytest.mark.parametrize("error", [ValueError("no process group"), RuntimeError("sizes")])
def test_what_follows_from_a_lost_process_is_blamed_on_it(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """NCCL's group is aborted then, wherever the leader is."""
    leader, other = two()
    monkeypatch.setattr(Processes, "_meet", lambda team: None)
    other._store.add("here/0", 1)  # the other has come
    leader.fail("Process 2 of 2: no more")
    with pytest.raises(LostProcessError, match="no more"), leader.training():
        raise error


def test_numbers_of_a_group_that_is_aborted_are_not_believed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    leader, _ = two()
    monkeypatch.setattr(dist, "all_reduce", lambda values: leader.fail("Process 2 of 2: no more"))
    with pytest.raises(LostProcessError, match="no more"):
        leader.agreed(False)
