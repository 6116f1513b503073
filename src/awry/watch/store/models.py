"""The tables of a site's database. Times are seconds since 1970-01-01 UTC.

Only the keeper writes; others read. Paths are relative to the store. Lists and mappings are JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    """All tables."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {
        dict[str, Any]: JSON,
        list[Any]: JSON,
        bytes: LargeBinary,
        float: Double,
    }


class DoneMessage(Base):
    """A message that was done, so that it is not done again; trimmed after a day."""

    __tablename__ = "done_message"
    uid: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[float] = mapped_column(index=True)
    answer: Mapped[str] = mapped_column(Text, default="")


class CameraRow(Base):
    """A camera that was ever configured, and how it is now.

    Attributes:
        manual: what a person asked for in place of the schedule; see `keeper.arming.Manual`.
        refit: of another detector that footage is gathered for, `{since, reason}`; None: there is
            none.
    """

    __tablename__ = "camera"
    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    added: Mapped[float]
    removed: Mapped[float | None]
    state: Mapped[str] = mapped_column(String(32), default="connecting")
    state_since: Mapped[float] = mapped_column(default=0.0)
    state_reason: Mapped[str] = mapped_column(Text, default="")
    armed: Mapped[bool] = mapped_column(Boolean, default=True)
    last_frame: Mapped[float | None]
    last_score: Mapped[float | None]
    manual: Mapped[dict[str, Any] | None] = mapped_column(default=None)
    refit: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True), default=None)


ANEW = "seconds"
"""In a camera's `refit`: for so long new footage is gathered, which alone is learned from."""


def first_of(refit: Mapping[str, Any] | None) -> float:
    """From when on footage counts for a fit, in seconds since 1970-01-01 UTC; 0: all of it."""
    return float(refit["since"]) if refit and ANEW in refit else 0.0


class StateRow(Base):
    """A camera was in a state from `since` until `until`; None: still is."""

    __tablename__ = "state"
    __table_args__ = (Index("state_camera_since", "camera", "since"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40))
    state: Mapped[str] = mapped_column(String(32))
    reason: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[float]
    until: Mapped[float | None]


class FlagRow(Base):
    """A camera's picture was tampered with from `since` until `until`; None: still is."""

    __tablename__ = "flag"
    __table_args__ = (Index("flag_camera_since", "camera", "since"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40))
    flag: Mapped[str] = mapped_column(String(16))
    detail: Mapped[str] = mapped_column(Text, default="")
    since: Mapped[float]
    until: Mapped[float | None]


class GapRow(Base):
    """A stretch of a camera's time without scores."""

    __tablename__ = "gap"
    __table_args__ = (Index("gap_camera_start", "camera", "start"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40))
    start: Mapped[float]
    end: Mapped[float]
    why: Mapped[str] = mapped_column(Text)


class EventRow(Base):
    """An event, from its beginning to its end.

    Attributes:
        state: `open` or `ended`.
        told: whether somebody was told; else `silent` says why not: `disarmed`, `zone`,
            `snoozed`, `cooldown`, `budget`, `shadow`.
        part: of the score, which was farthest above normal at the peak; empty: it has none.
        regions: of the peak, each `{box, score, parts, class_name}`, boxes as shares.
        pinned: never deleted by retention.
        label: `abnormal` or `normal`, as a person judged; None: nobody did.
        media: `kept`, or `expired` once retention has deleted clips and pictures.
    """

    __tablename__ = "event"
    __table_args__ = (
        Index("event_camera_start", "camera", "start"),
        Index("event_start_uid", "start", "uid"),
        Index("event_camera_start_uid", "camera", "start", "uid"),
        Index("event_label_start_uid", "label", "start", "uid"),
        Index("event_pinned_start_uid", "pinned", "start", "uid"),
        Index("event_part_start_uid", "part", "start", "uid"),
        Index("event_silent_start_uid", "silent", "start", "uid"),
    )
    uid: Mapped[str] = mapped_column(String(32), primary_key=True)
    camera: Mapped[str] = mapped_column(String(40))
    session: Mapped[str] = mapped_column(String(64), default="")
    bundle: Mapped[str] = mapped_column(Text)
    shadow: Mapped[bool] = mapped_column(default=False)
    light: Mapped[str] = mapped_column(String(16), default="day")
    state: Mapped[str] = mapped_column(String(8), index=True)
    start: Mapped[float] = mapped_column(index=True)
    end: Mapped[float]
    peak_at: Mapped[float]
    score: Mapped[float]
    threshold: Mapped[float]
    parts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    part: Mapped[str] = mapped_column(String(64), default="", server_default="")
    regions: Mapped[list[Any]] = mapped_column(default=list)
    reason: Mapped[str] = mapped_column(Text, default="")
    told: Mapped[bool] = mapped_column(default=False)
    silent: Mapped[str] = mapped_column(String(16), default="")
    picture: Mapped[str] = mapped_column(Text, default="")
    annotated: Mapped[str] = mapped_column(Text, default="")
    heat: Mapped[str] = mapped_column(Text, default="")
    pinned: Mapped[bool] = mapped_column(default=False)
    label: Mapped[str | None] = mapped_column(String(8))
    media: Mapped[str] = mapped_column(String(8), default="kept", server_default="kept")
    stored_at: Mapped[float] = mapped_column(default=0.0)


class SnoozeRow(Base):
    """A place of a camera that alarms nobody for a while; never deleted.

    Attributes:
        boxes: of the place, `[x_min, y_min, x_max, y_max]` as shares; none: the whole picture.
        event: uid of the event that it was asked for at; empty: of none.
        until: None: for good.
        ended: when somebody ended it, before its time; None: nobody did.
    """

    __tablename__ = "snooze"
    __table_args__ = (Index("snooze_camera_until", "camera", "until"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40))
    boxes: Mapped[list[Any]] = mapped_column(default=list)
    event: Mapped[str] = mapped_column(String(32), default="")
    since: Mapped[float]
    until: Mapped[float | None]
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(64), default="")
    ended: Mapped[float | None]
    ended_by: Mapped[str] = mapped_column(String(64), default="")


class ClipRow(Base):
    """A clip of an event; more than one after a reconnect or another codec."""

    __tablename__ = "clip"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event: Mapped[str] = mapped_column(ForeignKey("event.uid"), index=True)
    part: Mapped[int] = mapped_column(default=0)
    path: Mapped[str] = mapped_column(Text, unique=True)
    start: Mapped[float]
    end: Mapped[float]
    bytes: Mapped[int] = mapped_column(BigInteger)
    codec: Mapped[str] = mapped_column(String(16), default="")
    note: Mapped[str] = mapped_column(Text, default="")


class ScoreRow(Base):
    """A minute of a camera's scores by one detector.

    Attributes:
        minute: seconds since 1970 of its beginning, a multiple of 60.
        times: float32, seconds since `minute`, ascending, as bytes (little-endian).
        scores: float32 likewise, NaN in warm-up.
    """

    __tablename__ = "score"
    __table_args__ = (Index("score_minute", "minute"),)
    camera: Mapped[str] = mapped_column(String(40), primary_key=True)
    minute: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    bundle: Mapped[str] = mapped_column(String(255), primary_key=True)
    light: Mapped[str] = mapped_column(String(16), primary_key=True)
    session: Mapped[str] = mapped_column(String(64), primary_key=True)
    count: Mapped[int]
    highest: Mapped[float | None]
    last_step: Mapped[int]
    times: Mapped[bytes]
    scores: Mapped[bytes]


class FeedbackRow(Base):
    """What a person said of an event; the last one counts. Never deleted by retention."""

    __tablename__ = "feedback"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    event: Mapped[str] = mapped_column(String(32), index=True)
    camera: Mapped[str] = mapped_column(String(40))
    light: Mapped[str] = mapped_column(String(16), default="day")
    peak: Mapped[float]
    label: Mapped[str] = mapped_column(String(8))
    note: Mapped[str] = mapped_column(Text, default="")
    by: Mapped[str] = mapped_column(String(64), default="")
    at: Mapped[float]


class BundleRow(Base):
    """A detector of a camera; see `messages.BundleState`."""

    __tablename__ = "bundle"
    __table_args__ = (UniqueConstraint("camera", "path"),)
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40))
    path: Mapped[str] = mapped_column(String(255))
    method: Mapped[str] = mapped_column(String(40), default="")
    state: Mapped[str] = mapped_column(String(16))
    at: Mapped[float]
    detail: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)


class FootageRow(Base):
    """A file of footage to learn from."""

    __tablename__ = "footage"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    camera: Mapped[str] = mapped_column(String(40), index=True)
    path: Mapped[str] = mapped_column(Text, unique=True)
    start: Mapped[float]
    end: Mapped[float]
    bytes: Mapped[int] = mapped_column(BigInteger)
    light: Mapped[str] = mapped_column(String(16), default="day")


class FileRow(Base):
    """The ledger of all media files.

    Attributes:
        state: `kept`; `garbage`: it is being deleted; `missing`: it is not on the disk.
        note: what is to be said of it.
    """

    __tablename__ = "file"
    __table_args__ = (
        Index("file_state_at", "state", "at"),
        Index("file_state_kind_bytes", "state", "kind", "bytes"),
    )
    path: Mapped[str] = mapped_column(String(255), primary_key=True)
    camera: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(16))
    bytes: Mapped[int] = mapped_column(BigInteger)
    at: Mapped[float] = mapped_column(index=True)
    event: Mapped[str] = mapped_column(String(32), default="", index=True)
    state: Mapped[str] = mapped_column(String(8), default="kept")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")


class OutboxRow(Base):
    """Something that a receiver is to be told, once.

    Attributes:
        channel: `mqtt`, `notify` or `webhook`; `target`: the receiver's name.
        subject: what it is about, e.g. the event's uid; `kind`: e.g. `new`, `end`, `state`.
        state: `waiting`, `sent` or `dead`.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        UniqueConstraint("channel", "target", "subject", "kind"),
        # A number is never used again: an answer to a row that was replaced must not meet another.
        {"sqlite_autoincrement": True},
    )
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    channel: Mapped[str] = mapped_column(String(16))
    target: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(16))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)
    made: Mapped[float]
    due: Mapped[float] = mapped_column(index=True)
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(String(8), default="waiting", index=True)
    error: Mapped[str] = mapped_column(Text, default="")


class UserRow(Base):
    """A person who may log in; `role` is `viewer`, `operator` or `admin`."""

    __tablename__ = "user"
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    password: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(16))
    made: Mapped[float]


class SessionRow(Base):
    """A log-in; `id` is the SHA-256 of the cookie's value."""

    __tablename__ = "session"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    user: Mapped[str] = mapped_column(ForeignKey("user.name"), index=True)
    csrf: Mapped[str] = mapped_column(String(64))
    made: Mapped[float]
    seen: Mapped[float]
    until: Mapped[float]


class TokenRow(Base):
    """A program's token; `id` is its SHA-256. `scope` is `read`, `feedback` or `admin`."""

    __tablename__ = "token"
    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    scope: Mapped[str] = mapped_column(String(16))
    cameras: Mapped[list[Any]] = mapped_column(default=list)
    made: Mapped[float]
    used: Mapped[float | None]
    by: Mapped[str] = mapped_column(String(64), default="")


class AuditRow(Base):
    """Who changed what, when, from what to what; secrets are never in it."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    at: Mapped[float] = mapped_column(index=True)
    by: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(Text, default="")
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


class ChangeRow(Base):
    """What changed, in order, for those who follow; trimmed to the newest.

    Attributes:
        kind: `event`, `clip`, `state`, `flag`, `gap`, `bundle`, `budget`, `drift`, `config`,
            `snooze`.
        subject: the camera's name, or the event's uid.
    """

    __tablename__ = "change"
    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=True)
    at: Mapped[float]
    kind: Mapped[str] = mapped_column(String(16))
    camera: Mapped[str] = mapped_column(String(40), default="")
    subject: Mapped[str] = mapped_column(String(64))
    payload: Mapped[dict[str, Any]] = mapped_column(default=dict)


class BudgetRow(Base):
    """How much of its budget a camera has spent in a day of the site's time zone."""

    __tablename__ = "budget"
    camera: Mapped[str] = mapped_column(String(40), primary_key=True)
    day: Mapped[str] = mapped_column(String(10), primary_key=True)
    alarms: Mapped[int] = mapped_column(default=0)
    allowed: Mapped[float] = mapped_column(default=0.0)
    spent_at: Mapped[float | None]


class DriftRow(Base):
    """An hour of a camera's scores against its calibration."""

    __tablename__ = "drift"
    camera: Mapped[str] = mapped_column(String(40), primary_key=True)
    hour: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    light: Mapped[str] = mapped_column(String(16), primary_key=True)
    bundle: Mapped[str] = mapped_column(String(255), primary_key=True)
    stability: Mapped[float | None]
    distance: Mapped[float | None]
    count: Mapped[int]


class CalibrationRow(Base):
    """The threshold that a camera's detector has in a light mode, and how it came about."""

    __tablename__ = "calibration"
    camera: Mapped[str] = mapped_column(String(40), primary_key=True)
    bundle: Mapped[str] = mapped_column(String(255), primary_key=True)
    light: Mapped[str] = mapped_column(String(16), primary_key=True)
    threshold: Mapped[float | None]
    normal: Mapped[float] = mapped_column(default=0.0)
    how: Mapped[str] = mapped_column(Text, default="")
    facts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[float]


class FinderRow(Base):
    """Where the search for events of a camera's detector stands, as of the newest score.

    Attributes:
        session, step: of the newest score.
        state: plain values; see `keeper.events.EventStream`.
    """

    __tablename__ = "finder"
    camera: Mapped[str] = mapped_column(String(40), primary_key=True)
    bundle: Mapped[str] = mapped_column(String(255), primary_key=True)
    session: Mapped[str] = mapped_column(String(64))
    step: Mapped[int]
    state: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[float]


class LoadRow(Base):
    """The newest figures of a process; see `messages.Load`. Written every few seconds."""

    __tablename__ = "load"
    process: Mapped[str] = mapped_column(String(16), primary_key=True)
    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    at: Mapped[float]
    figures: Mapped[dict[str, Any]] = mapped_column(default=dict)
