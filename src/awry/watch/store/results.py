"""What the store gives: frozen and plain, so that API, command line and keeper share it.

Times are seconds since 1970-01-01 UTC; boxes are shares of the picture; paths are relative to the
store.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class StoredClip:
    """A clip of an event.

    Attributes:
        event: uid of the event; `part`: from 0, in time order.
        there: whether the file is where the ledger says.
    """

    event: str
    part: int
    path: str
    start: float
    end: float
    bytes: int
    codec: str = ""
    note: str = ""
    there: bool = True


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event: what the keeper writes, and what others read.

    Attributes:
        state: `open` or `ended`.
        told: whether somebody was told; else `silent` says why not.
        part: of the score, which was farthest above normal at the peak; empty: it has none.
        regions: of the peak, each `{box, score, parts, class_name}`.
        picture, annotated, heat: paths; empty: there is none.
        media: `kept`, or `expired` once retention has deleted clips and pictures.
        pinned, label, stored_at, clips: not written by `put_event`.
    """

    uid: str
    camera: str
    start: float
    end: float
    peak_at: float
    score: float
    threshold: float
    bundle: str
    state: str = "open"
    session: str = ""
    shadow: bool = False
    light: str = "day"
    parts: Mapping[str, float] = field(default_factory=dict)
    part: str = ""
    regions: Sequence[Mapping[str, Any]] = ()
    reason: str = ""
    told: bool = False
    silent: str = ""
    picture: str = ""
    annotated: str = ""
    heat: str = ""
    media: str = "kept"
    pinned: bool = False
    label: str | None = None
    stored_at: float = 0.0
    clips: tuple[StoredClip, ...] = ()


@dataclass(frozen=True, slots=True)
class ByHand:
    """Somebody armed or disarmed a camera in place of its schedule.

    Attributes:
        by: who.
        until: seconds since 1970-01-01 UTC; None: until somebody changes it.
    """

    by: str
    until: float | None


@dataclass(frozen=True, slots=True)
class StoredCamera:
    """A camera as it is now.

    Attributes:
        by_hand: why `armed` is otherwise than the schedule says; None: it is as that says.
        removed: since when it is no longer configured; None: it is.
        flags: what is wrong with its picture, in alphabetical order.
        last_frame, last_score: when the newest came; None: none did.
    """

    name: str
    added: float
    removed: float | None
    state: str
    state_since: float
    state_reason: str
    armed: bool
    last_frame: float | None
    last_score: float | None
    flags: tuple[str, ...] = ()
    by_hand: ByHand | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of a camera's time: a state, a flag or a gap.

    Attributes:
        kind: the state's or flag's name; `gap`.
        until: None: it lasts.
        detail: a sentence for people.
    """

    camera: str
    kind: str
    since: float
    until: float | None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Page:
    """Some events, newest first.

    Attributes:
        next: give it as `cursor` for the following ones; None: there are none.
    """

    events: tuple[StoredEvent, ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class GroupPage:
    """Some events, near-duplicates together.

    Attributes:
        groups: each newest first, by their newest event.
        next: give it as `cursor` for the following ones; None: there are none.
    """

    groups: tuple[tuple[StoredEvent, ...], ...]
    next: str | None = None


@dataclass(frozen=True, slots=True)
class StoredSnooze:
    """A place of a camera that alarms nobody for a while; see `models.SnoozeRow`."""

    id: int
    camera: str
    boxes: tuple[tuple[float, float, float, float], ...]
    event: str
    since: float
    until: float | None
    note: str
    by: str
    ended: float | None
    ended_by: str

    def active(self, at: float) -> bool:
        """Whether it counts at a moment."""
        over = self.ended is not None or (self.until is not None and at >= self.until)
        return self.since <= at and not over


@dataclass(frozen=True, slots=True)
class Change:
    """Something changed; see `models.ChangeRow`."""

    id: int
    at: float
    kind: str
    camera: str
    subject: str
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutboxEntry:
    """Something that a receiver is to be told; see `models.OutboxRow`."""

    id: int
    channel: str
    target: str
    subject: str
    kind: str
    payload: Mapping[str, Any]
    made: float
    due: float
    attempts: int
    state: str
    error: str = ""


@dataclass(frozen=True, slots=True)
class OutboxState:
    """How the outbox of a channel stands: rows that wait, were sent, or were given up.

    Attributes:
        oldest: when the oldest waiting row was made; None: none waits.
    """

    channel: str
    waiting: int
    sent: int
    dead: int
    oldest: float | None


@dataclass(frozen=True, slots=True)
class ReceiverState:
    """How the outbox of a receiver stands; see `OutboxState`.

    Attributes:
        failing: whether a waiting row was tried before.
        error: of the newest row that was not sent, a sentence; empty: none failed.
    """

    channel: str
    target: str
    waiting: int
    sent: int
    dead: int
    oldest: float | None
    failing: bool
    error: str


@dataclass(frozen=True, slots=True)
class StoredBundle:
    """A detector of a camera; see `messages.BundleState`."""

    camera: str
    path: str
    method: str
    state: str
    at: float
    detail: str
    facts: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class StoredFootage:
    """A file of footage to learn from."""

    camera: str
    path: str
    start: float
    end: float
    bytes: int
    light: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a person said of an event.

    Attributes:
        peak: the event's score then.
        label: `abnormal` or `normal`; empty: what was said before was taken back.
        id: its number; later words have larger ones.
        bundle: the detector that found the event.
    """

    event: str
    camera: str
    light: str
    peak: float
    label: str
    note: str
    by: str
    at: float
    id: int
    bundle: str


@dataclass(frozen=True, slots=True)
class FeedbackPage:
    """Some of what was said, oldest first.

    Attributes:
        next: give it as `cursor` for the following ones; None: there are none.
    """

    rows: tuple[Judgement, ...]
    next: int | None = None


@dataclass(frozen=True, slots=True)
class Budget:
    """A camera's budget of one day of the site's time zone.

    Attributes:
        spent_at: when it was spent, so that this is said once; None: it is not.
    """

    camera: str
    day: str
    alarms: int
    allowed: float
    spent_at: float | None


@dataclass(frozen=True, slots=True)
class Drift:
    """An hour of a camera's scores against its calibration.

    Attributes:
        hour: seconds since 1970 of its beginning, a multiple of 3600.
        stability: population stability index, 0 and more; None: too few scores.
        distance: Kolmogorov-Smirnov distance in [0, 1]; None likewise.
    """

    camera: str
    hour: int
    light: str
    bundle: str
    stability: float | None
    distance: float | None
    count: int


@dataclass(frozen=True, slots=True)
class Calibration:
    """A camera's threshold in a light mode; see `models.CalibrationRow`."""

    camera: str
    bundle: str
    light: str
    threshold: float | None
    normal: float
    how: str
    facts: Mapping[str, Any]
    at: float

    @property
    def parts(self) -> dict[str, tuple[float, float]]:
        """Mean and standard deviation of each part of normal scores; empty: they are not known."""
        scenes = _mapping(_mapping(self.facts.get("scene")).get("scenes"))
        found: dict[str, tuple[float, float]] = {}
        for scene in scenes.values():
            for name, pair in _mapping(_mapping(scene).get("parts")).items():
                if isinstance(pair, list | tuple) and len(pair) == 2:
                    found.setdefault(str(name), (float(pair[0]), float(pair[1])))
        return found


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in. `password` is the argon2id hash."""

    name: str
    password: str
    role: str
    made: float


@dataclass(frozen=True, slots=True)
class LogIn:
    """A session; `id` is the SHA-256 of the cookie's value."""

    id: str
    user: str
    role: str
    csrf: str
    made: float
    seen: float
    until: float


@dataclass(frozen=True, slots=True)
class Token:
    """A program's token; `id` is its SHA-256. `cameras` empty: all."""

    id: str
    name: str
    scope: str
    cameras: tuple[str, ...]
    made: float
    used: float | None
    by: str


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who changed what, when, from what to what."""

    id: int
    at: float
    by: str
    action: str
    subject: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
