"""Asking a site that runs, from another program of the same user."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from awry.errors import InputError
from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketLink
from awry.watch.messages import Answer, Hello, Request, new_uid
from awry.watch.store.layout import Layout
from awry.watch.store.lock import is_held
from awry.watch.supervisor.owner import sockets_of


def request(store: str | Path, asked: Request, timeout_s: float = 10.0) -> Answer:
    """Ask the site that runs on a store for something, and wait for the answer.

    The supervisor answers `config.reload`, `process.restart` and `processes`, the keeper all else.

    Args:
        store: its folder.
        asked: what; asked again with the same `uid`, it is done once.
        timeout_s: how long to wait.

    Raises:
        InputError: no site runs there, or it does not answer in time.
    """
    layout = Layout(Path(store))
    folder = sockets_of(layout)
    if folder is None or not is_held(layout):
        raise InputError(f"No `awry watch run` runs on {layout.root}. Start one first.")
    link = SocketLink(places.control(folder), Hello("command", new_uid(), os.getpid()))
    until = time.monotonic() + timeout_s
    try:
        link.send(asked)
        while time.monotonic() < until:
            for message in link.poll(0.2):
                if isinstance(message, Answer) and message.uid == asked.uid:
                    return message
    finally:
        link.close()
    raise InputError(
        f"The site on {layout.root} did not answer within {timeout_s:.0f} s. It may be starting or "
        "have too much to do; see its log, then try again."
    )


def processes(store: str | Path) -> list[Mapping[str, Any]]:
    """The processes of the site that runs on a store.

    Each has `process`, `name`, `pid`, `state` and `restarts`; see `core.ProcessStatus`.

    Raises:
        InputError: as `request`.
    """
    answer = request(store, Request(new_uid(), "processes"))
    listed: list[Mapping[str, Any]] = json.loads(answer.values)["processes"]
    return listed
