"""What receivers are told: JSON for programs, with its version, and text for people."""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from awry.watch.courier.batches import EVENT_KINDS
from awry.watch.courier.channels import Letter
from awry.watch.courier.facts import CameraNow
from awry.watch.store.results import StoredEvent

VERSION = 1
"""Of all messages. Fields may join a version; none leaves it or changes its meaning."""

_LISTED = 20


def message(letter: Letter) -> dict[str, Any]:
    """What a program is told of a letter.

    Returns:
        `version`, `id` (the same whenever the same news is sent again: leave out what came
        before), `kind`, `joined` (earlier kinds that this message stands for, after an outage),
        `site`, `camera`, `at` (ISO 8601, UTC), `event` (see `event_json`; None where it is about
        none), and `details`, what the store noted of it.
    """
    last = letter.batch.last
    event = letter.events.get(last.subject)
    camera = event.camera if event else str(last.payload.get("camera", ""))
    return {
        "version": VERSION,
        "id": f"{last.subject}/{last.kind}",
        "kind": last.kind,
        "joined": [row.kind for row in letter.batch.rows[:-1]],
        "site": letter.site,
        "camera": camera,
        "at": iso(last.made),
        "event": event_json(event) if event else None,
        "details": dict(last.payload),
    }


def event_json(event: StoredEvent) -> dict[str, Any]:
    """An event for programs: times in ISO 8601 UTC, boxes as shares of the picture."""
    return {
        "uid": event.uid,
        "camera": event.camera,
        "state": event.state,
        "start": iso(event.start),
        "end": iso(event.end),
        "peak_at": iso(event.peak_at),
        "score": event.score,
        "threshold": event.threshold,
        "light": event.light,
        "reason": event.reason,
        "parts": dict(event.parts),
        "regions": list(event.regions),
        "api": f"/api/v1/events/{event.uid}",
    }


def state_json(now: CameraNow) -> dict[str, Any]:
    """A camera's state for programs.

    Returns:
        `state` with `since` and `reason`; `armed`, `running`, `tampered` and `alarm` as booleans;
        `flags`, what is wrong with its picture; `last_event`, the uid of the newest that somebody
        was told of; `budget`, alarms of the day and how many are allowed (None: no budget).
    """
    camera, budget = now.camera, now.budget
    return {
        "version": VERSION,
        "camera": camera.name,
        "state": camera.state,
        "since": iso(camera.state_since),
        "reason": camera.state_reason,
        "armed": camera.armed,
        "running": camera.state in ("running", "degraded"),
        "flags": list(camera.flags),
        "tampered": bool(camera.flags),
        "alarm": now.alarm,
        "last_event": now.last.uid if now.last else "",
        "budget": {
            "alarms": budget.alarms if budget else 0,
            "allowed": budget.allowed if budget else None,
        },
    }


def as_text(value: Any) -> str:
    """JSON text on one line, the same for equal values; numbers that are none become null."""
    return json.dumps(_plain(value), sort_keys=True, separators=(",", ":"), allow_nan=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(one) for one in value]
    return value


def words(letter: Letter) -> tuple[str, str]:
    """What a person is told of a letter: a title, and a few lines."""
    events = [letter.events[s] for s in letter.batch.subjects if s in letter.events]
    if len(letter.batch.subjects) > 1:
        return _digest_words(letter, events)
    if events and letter.batch.last.kind in EVENT_KINDS:
        return _event_words(events[0], letter.timezone)
    return _other_words(letter)


def _event_words(event: StoredEvent, timezone: str) -> tuple[str, str]:
    begun = local(event.start, timezone)
    ended = event.state == "ended"
    span = f"{begun} for {max(1, round(event.end - event.start))} s" if ended else f"since {begun}"
    lines = [
        f"Camera {event.camera}, {span}.",
        _sentence(event.reason),
        f"Score {event.score:.3g}; alarms begin at {event.threshold:.3g}.",
    ]
    return f"{event.camera}: something unusual", "\n".join(line for line in lines if line)


def _digest_words(letter: Letter, events: Sequence[StoredEvent]) -> tuple[str, str]:
    count = len(letter.batch.subjects)
    cameras = Counter(event.camera for event in events)
    listed = [
        f"{local(event.start, letter.timezone)} {event.camera}: {event.reason or 'unusual'}"
        for event in sorted(events, key=lambda one: one.start)[:_LISTED]
    ]
    more = [f"and {count - len(listed)} more"] if count > len(listed) else []
    share = ", ".join(f"{name} {number}" for name, number in sorted(cameras.items()))
    title = f"{letter.site}: {count} events while you could not be reached"
    return title, "\n".join([share, *listed, *more] if share else listed + more)


def _other_words(letter: Letter) -> tuple[str, str]:
    last = letter.batch.last
    camera = str(last.payload.get("camera", ""))
    said = [last.payload.get(name) for name in ("text", "sentence", "reason", "detail")]
    sentence = next((str(one) for one in said if one), "")
    state = str(last.payload.get("state", ""))
    title = f"{camera or letter.site}: {state or last.kind}"
    when = local(last.made, letter.timezone)
    return title, "\n".join(line for line in (f"{when}.", _sentence(sentence)) if line)


def _sentence(text: str) -> str:
    text = text.strip()
    return text if not text or text[-1] in ".!?" else f"{text}."


def iso(seconds: float) -> str:
    """A time for programs, e.g. `2027-01-15T08:00:00.250Z`."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def local(seconds: float, timezone: str) -> str:
    """A time for people of a zone, e.g. `Fri 15 Jan 09:00:00`."""
    return datetime.fromtimestamp(seconds, ZoneInfo(timezone)).strftime("%a %d %b %H:%M:%S")
