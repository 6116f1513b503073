"""Which Ray there is to work on: one of our own on this machine, or one that is there already."""

from __future__ import annotations

import gc
import logging
import math
import os
import re
import secrets
import shutil
import signal
import socket
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awry.device_list import available
from awry.devices import current
from awry.errors import AwryError, ConfigError, MissingError
from awry.foreign import reason_of
from awry.runtimes import threads

ADDRESS = re.compile(r"(?:ray://)?(?P<host>\[[^\]]+\]|[^\s:/]+):(?P<port>\d{1,5})")
_PATIENCE_S = 10.0
_LONGEST_PLACE = 20
_STORE_BYTES = 80 * 2**20  # answers pass through it; Ray wants 75 MiB at least
_OWN: Mapping[str, str] = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",  # by which Ray listens on loopback alone
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # else it prints on stdout that a worker died
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_AUTH_TOKEN": secrets.token_hex(32),  # Ray would keep one in the home folder
}


@dataclass(frozen=True, slots=True)
class RayPlace:
    """A Ray that answers.

    Attributes:
        workers: how many there is room for, or that were asked for.
        cpus, gpus: what each takes of it; fractions are shares of one.
        share: threads that each worker may use.
        notes: what a person should know, one sentence each.
    """

    workers: int
    cpus: float
    gpus: float
    share: int
    notes: tuple[str, ...] = ()


@contextmanager
def ray_place(
    on: str, workers: int | None, *, cpus: float, gpus: float | None
) -> Iterator[RayPlace]:
    """A Ray for as long as it is needed; one that was there before is left running.

    Args:
        on, workers, cpus, gpus: as `Pool`.

    Raises:
        ConfigError: `on` is no place.
        MissingError: Ray is not installed, or not the part of it that reaches other machines.
        AwryError: nobody answers there, or there is no room for one worker.
    """
    if on not in ("ray", "auto") and not ADDRESS.fullmatch(on):
        raise ConfigError(
            f"Cannot work on '{on}': expected ray, auto, ray://HOST:PORT or HOST:PORT."
        )
    with ExitStack() as opened:
        known = os.environ.get("RAY_ADDRESS") if on == "ray" else on
        ray = _imported()
        if on == "ray" and ray.is_initialized():
            yield _within(ray, workers, cpus, _cards_each() if gpus is None else gpus)
        elif known is None or known == "local":
            workers = workers or os.cpu_count() or 1
            gpus = _cards_each(workers) if gpus is None else gpus
            opened.enter_context(_own_ray(math.ceil(workers * max(cpus, 1)), gpus))
            yield _here(ray, workers, cpus, gpus)
        else:
            opened.enter_context(_other_ray(ray, known))
            yield _within(ray, workers, cpus, _cards_each() if gpus is None else gpus)


def _cards_each(workers: int | None = None) -> float:
    """What a worker takes of graphics cards, where nobody says: none unless networks run on CUDA.

    Args:
        workers: of this machine, which share its cards out; None: on a cluster, a card each.
    """
    if current().kind != "cuda":
        return 0
    if workers is None:
        return 1
    cards = sum(name.startswith("cuda") for name in available())
    return round(1 / math.ceil(workers / cards), 4)


def _imported() -> Any:
    try:
        with _environment(_OWN):
            import ray
    except ImportError as error:
        raise MissingError(
            f"Ray is not installed ({error}): workers need it. Install it: "
            "pip install 'awry[cluster]'."
        ) from error
    return ray


@contextmanager
def _environment(values: Mapping[str, str]) -> Iterator[None]:
    """Variables that are not set, for as long as Ray starts."""
    added = {name: value for name, value in values.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


@contextmanager
def _quietly() -> Iterator[None]:
    """Ray says what it does, and answers signals in its own way; this program's way stays."""
    before = signal.getsignal(signal.SIGTERM)
    log = logging.getLogger("ray")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    finally:
        log.setLevel(level)
        if before is not None and signal.getsignal(signal.SIGTERM) is not before:
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _loopback(ray: Any) -> Iterator[None]:
    """Ray reads its variable when it is imported, which this program may have done long ago."""
    constants = ray._private.ray_constants
    before = getattr(constants, "ENABLE_RAY_CLUSTER", True)
    constants.ENABLE_RAY_CLUSTER = False
    try:
        yield
    finally:
        constants.ENABLE_RAY_CLUSTER = before


@contextmanager
def _own_ray(cpus: int, gpus: float) -> Iterator[None]:
    """A Ray on this machine alone, without dashboard and reports, that leaves nothing behind."""
    import ray

    folder = tempfile.mkdtemp(prefix="awry-ray-", dir=_short_place())
    try:
        try:
            with _environment(_OWN), _quietly(), _loopback(ray):
                ray.init(
                    address="local",
                    num_cpus=cpus,
                    num_gpus=None if gpus else 0,
                    include_dashboard=False,
                    log_to_driver=False,
                    configure_logging=False,
                    object_store_memory=_STORE_BYTES,
                    _node_ip_address="127.0.0.1",
                    _temp_dir=folder,
                )
        except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
            raise AwryError(f"Ray cannot be started here: {reason_of(error)}.") from error
        yield
    finally:
        _end(ray)
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _other_ray(ray: Any, address: str) -> Iterator[None]:
    """A cluster that others run."""
    _check_answers(address)
    if ray.is_initialized():
        raise ConfigError(
            f"This program is on a Ray already: work on 'ray', not on {address}, or end it."
        )
    try:
        with _quietly():
            ray.init(
                address=address,
                log_to_driver=False,
                configure_logging=False,
            )
    except ImportError as error:
        raise MissingError(
            f"Ray cannot reach other machines ({error}). Install that: pip install 'awry[cluster]'."
        ) from error
    except (OSError, RuntimeError, ValueError, ray.exceptions.RayError) as error:
        raise _dead(address, reason_of(error)) from error
    try:
        yield
    finally:
        _end(ray)


def _short_place() -> str:
    """Where temporary folders go; Ray's sockets lie deep in it, and their paths must be short."""
    usual = tempfile.gettempdir()
    return "/tmp" if len(usual) > _LONGEST_PLACE and Path("/tmp").is_dir() else usual


def _end(ray: Any) -> None:
    """Leave Ray; one of our own ends with that."""
    with _quietly(), warnings.catch_warnings():
        # Of the processes that it started, Ray waits for most; Python warns of the others.
        warnings.simplefilter("ignore", ResourceWarning)
        ray.shutdown()
        gc.collect()


def _check_answers(address: str) -> None:
    """Refuse an address where nobody listens, which Ray would ask for minutes.

    Raises:
        AwryError: nobody does.
    """
    found = ADDRESS.fullmatch(address)
    if found is None:  # auto, or a name that Ray knows
        return
    try:
        where = found["host"].strip("[]"), int(found["port"])
        with socket.create_connection(where, timeout=_PATIENCE_S):
            return
    except (OSError, OverflowError) as error:
        raise _dead(address, str(error)) from error


def _dead(address: str, reason: str) -> AwryError:
    return AwryError(
        f"No Ray answers at {address}: {reason}. See `ray status` there; `--on ray` works on this "
        "machine."
    )


def _here(ray: Any, workers: int, cpus: float, gpus: float) -> RayPlace:
    """On this machine: as many as were asked for, if there are more than cores with a note."""
    _check_cards(ray.cluster_resources().get("GPU", 0.0), workers * gpus)
    cores = os.cpu_count() or 1
    note = f"{workers} workers share {cores} cores: more of them than cores are no faster."
    notes = (note,) if workers > cores else ()
    return RayPlace(workers, cpus, gpus, max(1, threads() // workers), notes)


def _within(ray: Any, workers: int | None, cpus: float, gpus: float) -> RayPlace:
    """On a cluster: as many as it has room for, or fewer if fewer were asked for."""
    there = ray.cluster_resources()
    _check_cards(there.get("GPU", 0.0), gpus)
    rooms = [there.get("CPU", 0.0) // cpus] if cpus else []
    rooms += [there.get("GPU", 0.0) // gpus] if gpus else []
    room = int(min(rooms, default=there.get("CPU", 1.0)))
    if room < 1:
        raise AwryError(
            f"A worker takes {cpus:g} cores, and the Ray there has {there.get('CPU', 0.0):g}."
        )
    share = max(1, int(cpus))
    if workers is None or workers <= room:
        return RayPlace(workers or room, cpus, gpus, share)
    note = f"{workers} workers were asked for; the Ray there has room for {room}."
    return RayPlace(room, cpus, gpus, share, (note,))


def _check_cards(there: float, wanted: float) -> None:
    if wanted > there:
        raise AwryError(f"The workers take {wanted:g} GPUs, and the Ray there has {there:g}.")
