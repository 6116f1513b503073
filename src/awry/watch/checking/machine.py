"""Whether this machine can do it: store, room, ports, broker, files with secrets, load."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

from awry.errors import AwryError
from awry.watch.checking.result import Finding
from awry.watch.site.model import Mqtt, Site, Web
from awry.watch.site.portions import Grid

CONNECT_S = 5.0
GIB = 2**30


def check_store(site: Site) -> Iterator[Finding]:
    """Whether the store can be written, has room, and is free."""
    there = next(one for one in (site.store, *site.store.parents) if one.exists())
    try:
        if not there.is_dir():
            raise NotADirectoryError(20, "not a folder", str(there))
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(b"awry")
        free = shutil.disk_usage(there).free / GIB
    except OSError as error:
        said = (
            f"{site.store} cannot be written ({error.strerror or error}): give awry the right to."
        )
        yield Finding("store", "problem", said, stops=True)
        return
    yield Finding("store", "fine", f"{site.store} can be written; {free:.1f} GiB are free.")
    limits = site.retention
    if free < limits.free_gib:
        said = (
            f"Only {free:.1f} GiB are free, less than the floor of {limits.free_gib:g} GiB: no "
            "clip would be kept. Free some space, or lower retention.free_gib."
        )
        yield Finding("store", "problem", said)
    elif free - limits.free_gib < limits.gib:
        said = (
            f"Media may take {limits.gib:g} GiB, but {free:.1f} GiB are free: the floor of "
            f"{limits.free_gib:g} GiB will delete the oldest before."
        )
        yield Finding("store", "warning", said)
    yield from _in_use(site)


def _in_use(site: Site) -> Iterator[Finding]:
    from awry.watch.store.layout import Layout
    from awry.watch.store.lock import is_held

    if site.store.is_dir() and is_held(Layout(site.store)):
        yield Finding("store", "warning", "A site runs on it now; a second one will be refused.")


def check_port(web: Web, running: bool) -> Iterator[Finding]:
    """Whether the API's port is free, and its certificate there.

    Args:
        web: its settings.
        running: whether a site runs on this store, which has the port then.
    """
    if not web.enabled:
        return
    if web.tls is not None:
        for file in (web.tls.certificate, web.tls.key):
            if not os.access(file, os.R_OK):
                yield Finding("web", "problem", f"{file} cannot be read.", stops=True)
    if running:
        return
    try:
        family, kind, number, _, address = socket.getaddrinfo(
            web.host, web.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, number) as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
    except OSError as error:
        said = (
            f"{web.host}:{web.port} cannot be listened at ({error.strerror or error}): set "
            "web.port to a free one."
        )
        yield Finding("web", "problem", said)
        return
    yield Finding("web", "fine", f"{web.host}:{web.port} is free.")


def check_broker(mqtt: Mqtt | None, seconds: float = CONNECT_S) -> Iterator[Finding]:
    """Whether the MQTT broker takes connections, and these names and passwords."""
    if mqtt is None:
        return
    where = f"{mqtt.host}:{mqtt.port}"
    try:
        with socket.create_connection((mqtt.host, mqtt.port), timeout=seconds):
            pass
    except OSError as error:
        why = error.strerror or str(error) or type(error).__name__
        said = f"The broker {where} cannot be reached ({why}); messages would wait for it."
        yield Finding("mqtt", "problem", said)
        return
    yield Finding("mqtt", "fine", f"The broker {where} can be reached.")


def check_secrets(files: Iterable[Path]) -> Iterator[Finding]:
    """Whether others on this machine can read files that hold secrets."""
    for file in files:
        try:
            mode = file.stat().st_mode
        except OSError:
            continue  # the reader says it
        if os.name == "posix" and mode & (stat.S_IRGRP | stat.S_IROTH):
            whose = "everybody" if mode & stat.S_IROTH else "its group"
            said = f"{file} holds secrets, and {whose} here can read it: chmod 600 {file}"
            yield Finding("secrets", "warning", said)


def cores() -> float:
    """Cores that this process may use."""
    ours = getattr(os, "sched_getaffinity", None)
    return float(len(ours(0)) if ours else os.cpu_count() or 1)


def check_load(
    site: Site,
    grids: Mapping[str, Grid],
    rate_of: Callable[[Path], float],
    planned: Callable[[Mapping[str, float], Mapping[str, float], float], float],
    overload: Callable[[float], str],
    available: float,
) -> tuple[list[Finding], float | None]:
    """What the cameras would take of this machine.

    Args:
        site: whose cameras.
        grids: camera -> what its bundle wants, for cameras with one.
        rate_of: pictures a second that a core scores with a bundle.
        planned: share of the machine, of wanted and measured rates and cores.
        overload: what is to be said of a share; empty: nothing.
        available: cores of this machine.

    Returns:
        What was found, and the share; None where nothing was measured.
    """
    wanted: dict[str, float] = {}
    rates: dict[str, float] = {}
    findings = []
    for name, grid in grids.items():
        bundle = site.cameras[name].bundle
        if bundle is None or grid.rate is None:
            continue
        try:
            rates[name] = rate_of(bundle)
            wanted[name] = grid.rate
        except AwryError as error:
            findings.append(Finding(f"camera {name}", "problem", str(error)))
    if not wanted:
        return findings, None
    share = planned(wanted, rates, available)
    count = f"{len(wanted)} camera{'' if len(wanted) == 1 else 's'}"
    said = overload(share)
    if said:
        refused = site.load == "refuse"
        findings.append(Finding("load", "problem" if refused else "warning", said, stops=refused))
    else:
        sentence = f"{count} would take {share:.0%} of what was measured on this machine."
        findings.append(Finding("load", "fine", sentence))
    return findings, share
