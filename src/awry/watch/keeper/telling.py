"""Rows of the outbox: which receivers are told of what."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy.orm import Session

from awry.watch.keeper.alarms import Armings
from awry.watch.site.model import Receiver
from awry.watch.site.portions import KeeperSettings
from awry.watch.store.outbox import add_outbox
from awry.watch.store.results import StoredEvent

BROKER = "broker"
"""The target of the channel `mqtt`: there is one broker."""


def tell_event(
    session: Session,
    settings: KeeperSettings,
    armings: Armings,
    event: StoredEvent,
    kind: str,
    now: float,
) -> int:
    """Have everybody told who wants to know of an event; returns how many rows are new.

    Programs hear of its beginning and its end, people once, of its beginning.

    Args:
        session: the transaction.
        settings: with the receivers.
        armings: for their schedules.
        event: as it is now.
        kind: `new` or `end`.
        now: seconds since 1970-01-01 UTC.
    """
    payload = {
        "camera": event.camera,
        "start": event.start,
        "end": event.end,
        "score": event.score,
        "reason": event.reason,
    }
    rows = [
        add_outbox(session, channel, target, event.uid, kind, payload, now)
        for channel, target in _receivers(settings, armings, event.camera, event.start)
        if channel != "notify" or kind == "new"
    ]
    return sum(row is not None for row in rows)


def tell_sentence(
    session: Session,
    settings: KeeperSettings,
    armings: Armings,
    camera: str,
    kind: str,
    subject: str,
    sentence: str,
    now: float,
) -> int:
    """Have everybody told a sentence on a camera, once for each subject; returns new rows."""
    payload: dict[str, Any] = {"camera": camera, "text": sentence}
    rows = [
        add_outbox(session, channel, target, subject[:64], kind, payload, now)
        for channel, target in _receivers(settings, armings, camera, now)
    ]
    return sum(row is not None for row in rows)


def _receivers(
    settings: KeeperSettings, armings: Armings, camera: str, at: float
) -> Iterator[tuple[str, str]]:
    """Channel and target of those who want to know of a camera at a moment."""
    if settings.mqtt:
        yield "mqtt", BROKER
    for channel, receivers in (("notify", settings.notify), ("webhook", settings.webhooks)):
        for receiver in receivers:
            if _wants(receiver, armings, camera, at):
                yield channel, receiver.name


def _wants(receiver: Receiver, armings: Armings, camera: str, at: float) -> bool:
    if receiver.cameras and camera not in receiver.cameras:
        return False
    return armings.active(receiver.schedule, at)
