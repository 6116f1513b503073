"""Starts the processes that train together, or joins those that `torchrun` started."""

from __future__ import annotations

import multiprocessing
import os
import sys
import threading
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from itertools import count
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pickle import PicklingError
from typing import Any

import torch
from torch import distributed as dist

from awry.device_list import available
from awry.devices import Compute
from awry.errors import AwryError, ConfigError, TrainingError
from awry.interrupts import leave_ctrl_c
from awry.training.processes import FitOver, LostProcessError, Processes, together

Follow = Callable[[Compute], None]
"""What the processes do that do not lead, given what they calculate on: fit, and keep nothing."""

LOOPBACK = "127.0.0.1"
SECONDS_TO_END = 10.0
SECONDS_TO_READ = 60.0
_BY_TORCHRUN = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
_teams = count()


def from_outside() -> bool:
    """Whether this process is one of several that `torchrun` or the like started."""
    return all(name in os.environ for name in _BY_TORCHRUN) and int(os.environ["WORLD_SIZE"]) > 1


def follows() -> bool:
    """Whether it is one of those that do not lead."""
    return from_outside() and int(os.environ["RANK"]) > 0


def chosen_processes(asked: int | None, compute: Compute) -> int:
    """How many processes train together.

    Args:
        asked: as many; None: as many as `torchrun` started, else one.
        compute: what they calculate on; several on CUDA take a card each.

    Raises:
        ConfigError: more than there are cards or cores (says how many there are), a device that
            processes cannot share, or another number than `torchrun` started.
    """
    started = int(os.environ["WORLD_SIZE"]) if from_outside() else None
    if started is not None and asked not in (None, started):
        raise ConfigError(
            f"--processes {asked}: torchrun started {started}. Leave the option out, or start awry "
            "without torchrun."
        )
    size = asked or started or 1
    if size == 1:
        return 1
    here = size if started is None else int(os.environ.get("LOCAL_WORLD_SIZE", size))
    if compute.kind not in ("cpu", "cuda"):
        raise ConfigError(
            f"--processes {size}: several processes work on cpu and cuda, not on {compute.kind}."
        )
    if compute.kind == "cuda" and compute.device != "cuda:0":
        raise ConfigError(
            f"--processes {size} take the first {size} cards, and --device says {compute.device}: "
            "say cuda, and choose cards by CUDA_VISIBLE_DEVICES."
        )
    if compute.kind == "cuda":
        there, what = sum(name.startswith("cuda") for name in available()), "card"
    else:
        there, what = cores(), "core"
    if here > there:
        are = f"there is 1 {what}" if there == 1 else f"there are {there} {what}s"
        raise ConfigError(f"--processes {size}: {are} here, and each process needs one.")
    return size


def cores() -> int:
    """Cores of the processor that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def several(size: int, compute: Compute, follow: Follow) -> Iterator[Processes | None]:
    """Inside, this process leads so many that train together.

    A program that calls this must be importable: guard it by `if __name__ == "__main__"`.

    Args:
        size: how many; with 1 nothing is done. Where `torchrun` started them, they are joined.
        compute: what this one calculates on; on CUDA the others take the next cards.
        follow: picklable; run by the others, in processes that begin anew.

    Yields:
        them; None where there is one alone.

    Raises:
        ConfigError: `follow` cannot be sent to another process.
        TrainingError: a process ended, or does not answer.
    """
    if size == 1:
        yield None
        return
    if from_outside():
        team = _led[-1] if _led else _joined(compute)
        with together(team), _ending(team):
            yield team
        return
    with _on_loopback():
        store = dist.TCPStore(LOOPBACK, 0, is_master=True, wait_for_workers=False)
        share = max(1, torch.get_num_threads() // size)
        team = Processes(0, size, store, compute, share)
        started = _start(team, compute, follow, store.port)
        watch = threading.Thread(target=_watch, args=(team, started), daemon=True)
        watch.start()
        try:
            with together(team), _ending(team):
                yield team
        finally:
            _end(started)
            watch.join(SECONDS_TO_END)


def follow_leader(compute: Compute, follow: Follow) -> list[Any]:
    """Take part in training in a process that `torchrun` started and that does not lead.

    Returns:
        what the leader tells at the very end, see `telling_followers`.

    Raises:
        LostProcessError: the leader could not end what it began.
    """
    team = _joined(compute)
    mine = _compute_of(compute, int(os.environ.get("LOCAL_RANK", team.rank)))
    _take_part(team, mine, follow)
    team.close()
    words = team.read("end")
    if words is None:
        raise LostProcessError("The leading process could not end the fit; it says why.")
    return words


@contextmanager
def telling_followers(size: int, compute: Compute) -> Iterator[list[Any]]:
    """Around a fit with `several` and all that comes before and after; yields a list to fill.

    At the end those that `torchrun` started are given it, of what JSON can hold; nothing is done
    where it started none. If an error comes out, wherever it came from, they are told of it.

    Args:
        size, compute: as for `several`.
    """
    words: list[Any] = []
    if size == 1 or not from_outside():
        yield words
        return
    team = _joined(compute)
    _led.append(team)
    try:
        yield words
    except BaseException as error:
        with suppress(RuntimeError):  # nobody is there any more
            team.over()
        heard = isinstance(error, AwryError) and not isinstance(error, LostProcessError)
        team.leave_last("end", None, SECONDS_TO_END if heard else 0)
        raise
    finally:
        _led.remove(team)
    team.leave_last("end", words, SECONDS_TO_READ)


_led: list[Processes] = []
"""The teams that this process leads and that `torchrun` started, the present one last."""


def _joined(compute: Compute) -> Processes:
    if dist.is_initialized():
        raise ConfigError(
            "This program has initialised torch.distributed itself: fit with processes=1, or let "
            "awry do it."
        )
    store, rank, size = next(iter(dist.rendezvous("env://")))
    own = dist.PrefixStore(f"awry/{next(_teams)}", store)
    return Processes(rank, size, own, compute)


@contextmanager
def _ending(team: Processes) -> Iterator[None]:
    try:
        yield
    finally:
        with suppress(RuntimeError):  # nobody is there any more
            team.over()
        team.close()


@contextmanager
def _on_loopback() -> Iterator[None]:
    """Processes of one machine talk by its loopback, whatever its name resolves to."""
    name = "GLOO_SOCKET_IFNAME"
    before = os.environ.get(name)
    loopback = {"linux": "lo", "darwin": "lo0"}.get(sys.platform)
    if before is None and loopback is not None:
        os.environ[name] = loopback
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)


@dataclass(frozen=True, slots=True)
class _Place:
    """Of a process that is started: its number, of how many, where the store is, threads."""

    rank: int
    size: int
    port: int
    threads: int


def _start(
    team: Processes, compute: Compute, follow: Follow, port: int
) -> dict[Connection, tuple[int, BaseProcess]]:
    context = multiprocessing.get_context("spawn")
    started: dict[Connection, tuple[int, BaseProcess]] = {}
    try:
        for rank in range(1, team.size):
            mine, theirs = context.Pipe()
            place = _Place(rank, team.size, port, team.threads)
            given = (theirs, place, _compute_of(compute, rank), follow)
            process = context.Process(target=_main, args=given, daemon=True)
            process.start()
            theirs.close()  # the process has its own: when that closes, nothing more will come
            started[mine] = rank, process
    except (AttributeError, PicklingError, TypeError) as error:
        _end(started)
        raise ConfigError(
            f"This fit cannot be sent to another process ({error}): give its footage as a folder, "
            "or fit in one process."
        ) from error
    return started


def _compute_of(compute: Compute, number: int) -> Compute:
    return replace(compute, device=f"cuda:{number}") if compute.kind == "cuda" else compute


def _main(end: Connection, place: _Place, compute: Compute, follow: Follow) -> None:
    """What runs in a process that was started."""
    leave_ctrl_c()
    warnings.simplefilter("ignore")  # the leader warns of the same
    torch.set_num_threads(place.threads)
    threading.Thread(target=_end_with, args=(end,), daemon=True).start()
    said = ""
    try:
        store = dist.TCPStore(LOOPBACK, place.port, is_master=False)
        team = Processes(place.rank, place.size, store, compute, place.threads)
        _take_part(team, compute, follow)
    except (KeyboardInterrupt, LostProcessError):  # the leader says what there is to say
        pass
    except AwryError as error:
        said = str(error)
    except Exception as error:  # of a method of others, say; this process has nobody to tell
        said = f"{type(error).__name__}: {error}"
    with suppress(OSError):
        end.send(said)


def _take_part(team: Processes, compute: Compute, follow: Follow) -> None:
    """Follow the leader until it says that its fit is over.

    Raises:
        TrainingError: the leader trains something that this process does not come to.
    """
    if compute.kind == "cuda":
        torch.cuda.set_device(compute.device)
    with suppress(FitOver), together(team):
        team.wait_for_leader()
        follow(compute)
        # The end is never reached in step with the leader: it would wait here for ever.
        raise TrainingError(
            f"it came to {team.trainings} trainings, process 1 to more: a method must train the "
            "same in every process; use one process."
        )


def _end_with(end: Connection) -> None:
    """The leader's end is this process's end, however it came about."""
    with suppress(EOFError, OSError):
        end.recv()
    os._exit(1)


def _watch(team: Processes, started: dict[Connection, tuple[int, BaseProcess]]) -> None:
    """Note when one of the processes fails or dies."""
    left = dict(started)
    while left:
        for link in wait(list(left)):
            assert isinstance(link, Connection)
            rank, process = left.pop(link)
            try:
                said = link.recv()
            except (EOFError, OSError):
                process.join(SECONDS_TO_END)
                said = _died(process.exitcode)
            if said and not team.failed.is_set():
                team.fail(f"Process {rank + 1} of {team.size}: {said}")


def _died(code: int | None) -> str:
    why = ", perhaps for want of memory" if code == -9 else ""
    return f"it ended ({code}){why}; --resume goes on from the last checkpoint."


def _end(started: dict[Connection, tuple[int, BaseProcess]]) -> None:
    """Wait for the processes to end, not for ever."""
    processes: Sequence[BaseProcess] = [process for _, process in started.values()]
    for process in processes:
        process.join(SECONDS_TO_END)
    for process in processes:
        if process.exitcode is None:
            process.kill()
            process.join()
    for link in started:
        link.close()
