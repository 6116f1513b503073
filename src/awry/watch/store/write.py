"""What the keeper writes: each function is a part of a transaction on the session it is given.

Nothing is committed here. All but `judge`, `count_alarm` and what says otherwise may be called
again with the same values: nothing is written twice. `changes.first_time` guards the rest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.changes import add_change
from awry.watch.store.models import (
    BundleRow,
    CameraRow,
    ClipRow,
    EventRow,
    FeedbackRow,
    FileRow,
    FlagRow,
    FootageRow,
    GapRow,
    StateRow,
)
from awry.watch.store.results import StoredClip, StoredEvent, StoredFootage

LABELS = ("abnormal", "normal")
_NOT_OF_THE_KEEPER = {"media", "pinned", "label", "stored_at", "clips"}
_PICTURES = ("picture", "annotated", "heat")
_WRITTEN = tuple(one.name for one in fields(StoredEvent) if one.name not in _NOT_OF_THE_KEEPER)


def set_cameras(session: Session, names: set[str], at: float) -> None:
    """Note which cameras are configured; others are marked as removed, their rows stay."""
    known = {row.name: row for row in session.scalars(select(CameraRow))}
    for name in sorted(names - set(known)):
        session.add(CameraRow(name=name, added=at, state_since=at))
    for name, row in known.items():
        if name in names:
            row.removed = None
        elif row.removed is None:
            row.removed = at
    session.flush()


def set_state(
    session: Session, camera: str, state: str, at: float, reason: str = "", *, quiet: bool = False
) -> bool:
    """Note a camera's state.

    Args:
        session: the transaction.
        camera: whose; it becomes known by this.
        state: see `messages.CameraState`.
        at: since when.
        reason: a sentence for people.
        quiet: a new reason of the same state takes the place of the last one: no new row, and
            nobody who follows is told.

    Returns:
        whether it is another state, or another reason that was not quiet, than before.
    """
    row = _camera(session, camera, at)
    last = _open_span(session, StateRow, camera)
    if last is not None and (last.state, last.reason) == (state, reason):
        return False
    if quiet and last is not None and last.state == state:
        last.reason = row.state_reason = reason
        return False
    if last is not None:
        last.until = max(at, last.since)
    session.add(StateRow(camera=camera, state=state, reason=reason, since=at, until=None))
    row.state, row.state_since, row.state_reason = state, at, reason
    payload = {"state": state, "reason": reason}
    add_change(session, at, "state", camera, camera=camera, payload=payload)
    return True


def set_flag(
    session: Session, camera: str, flag: str, on: bool, at: float, detail: str = ""
) -> bool:
    """Note that a camera's picture is tampered with, or no longer is.

    Returns:
        whether that is new.
    """
    _camera(session, camera, at)
    last = _open_span(session, FlagRow, camera, FlagRow.flag == flag)
    if on == (last is not None):
        return False
    if last is not None:
        last.until = max(at, last.since)
    else:
        session.add(FlagRow(camera=camera, flag=flag, detail=detail, since=at, until=None))
    payload = {"flag": flag, "on": on, "detail": detail}
    add_change(session, at, "flag", camera, camera=camera, payload=payload)
    return True


def set_armed(session: Session, camera: str, armed: bool, at: float) -> bool:
    """Note whether a camera alarms; returns whether that is new."""
    row = _camera(session, camera, at)
    if row.armed == armed:
        return False
    row.armed = armed
    add_change(session, at, "state", camera, camera=camera, payload={"armed": armed})
    return True


def set_seen(
    session: Session, camera: str, *, frame: float | None = None, score: float | None = None
) -> None:
    """Note when the newest picture and score of a camera came; None: as it was."""
    row = _camera(session, camera, frame or score or 0.0)
    row.last_frame = row.last_frame if frame is None else frame
    row.last_score = row.last_score if score is None else score


def add_gap(session: Session, camera: str, start: float, end: float, why: str) -> bool:
    """Note a stretch without scores; returns whether it is new."""
    same = select(GapRow.id).where(
        GapRow.camera == camera, GapRow.start == start, GapRow.end == end
    )
    if session.scalar(same) is not None:
        return False
    session.add(GapRow(camera=camera, start=start, end=end, why=why))
    payload = {"start": start, "end": end, "why": why}
    add_change(session, end, "gap", camera, camera=camera, payload=payload)
    return True


def put_event(session: Session, event: StoredEvent, at: float) -> str:
    """Write an event, new or as it is now.

    Args:
        session: the transaction.
        event: the whole of it; pictures that are empty stay as they were.
        at: now.

    Returns:
        `new`, `update` or `end`: what came of it; empty: nothing new, or it had ended before and
        stays as it was.
    """
    row = session.get(EventRow, event.uid)
    if row is not None and row.state == "ended":
        return ""
    came = "end" if event.state == "ended" else "update"
    if row is None:
        came = "new" if event.state == "open" else "end"
        row = EventRow(uid=event.uid, stored_at=at, pinned=False, label=None, media="kept")
        row.picture = row.annotated = row.heat = ""
        session.add(row)
    if not _differs(row, event):
        return ""
    for name in _WRITTEN:
        if name not in _PICTURES or getattr(event, name) or not getattr(row, name):
            setattr(row, name, _plain(getattr(event, name)))
    session.flush()
    payload = {"phase": came, "start": event.start, "score": event.score, "told": event.told}
    add_change(session, at, "event", event.uid, camera=event.camera, payload=payload)
    return came


def end_open_events(session: Session, at: float, why: str) -> tuple[str, ...]:
    """End events that were open when their keeper died, where they were known to reach.

    Args:
        session: the transaction.
        at: now.
        why: a sentence, which is added to the reason.

    Returns:
        uids of the events, oldest first.
    """
    rows = session.scalars(
        select(EventRow).where(EventRow.state == "open").order_by(EventRow.start, EventRow.uid)
    ).all()
    for row in rows:
        row.state = "ended"
        row.reason = f"{row.reason} {why}".strip()
        payload = {"phase": "end", "start": row.start, "score": row.score, "told": row.told}
        add_change(session, at, "event", row.uid, camera=row.camera, payload=payload)
    session.flush()
    return tuple(row.uid for row in rows)


def add_file(
    session: Session, path: str, *, camera: str, kind: str, size: int, at: float, event: str = ""
) -> None:
    """Enter a file that stands whole on the disk into the ledger, or its new size.

    Args:
        session: the transaction.
        path: relative to the store.
        camera: whose.
        kind: `clip`, `footage`, `picture`, `annotated` or `heat`.
        size: bytes.
        at: what it shows; retention deletes the oldest first.
        event: uid of the event it belongs to.
    """
    row = session.get(FileRow, path)
    if row is None:
        row = FileRow(path=path)
        session.add(row)
    row.camera, row.kind, row.bytes, row.at, row.event = camera, kind, size, at, event
    row.state, row.note = "kept", ""
    session.flush()


def add_clip(session: Session, camera: str, clip: StoredClip, at: float) -> bool:
    """Write a clip of an event, and enter its file into the ledger.

    Args:
        session: the transaction.
        camera: whose.
        clip: its file stands whole on the disk.
        at: now.

    Returns:
        whether it is new.

    Raises:
        InputError: no such event is stored.
    """
    event = session.get(EventRow, clip.event)
    if event is None:
        raise InputError(f"A clip came for event {clip.event}, which is not in the store.")
    if session.scalar(select(ClipRow.id).where(ClipRow.path == clip.path)) is not None:
        return False
    session.add(
        ClipRow(
            **{
                name: getattr(clip, name)
                for name in ("event", "part", "path", "start", "end", "bytes", "codec", "note")
            }
        )
    )
    add_file(
        session,
        clip.path,
        camera=camera,
        kind="clip",
        size=clip.bytes,
        at=event.start,
        event=clip.event,
    )
    payload = {"part": clip.part, "path": clip.path}
    add_change(session, at, "clip", clip.event, camera=camera, payload=payload)
    return True


def add_footage(session: Session, footage: StoredFootage) -> bool:
    """Write a file of footage, and enter it into the ledger; returns whether it is new."""
    if session.scalar(select(FootageRow.id).where(FootageRow.path == footage.path)) is not None:
        return False
    names = ("camera", "path", "start", "end", "bytes", "light")
    session.add(FootageRow(**{name: getattr(footage, name) for name in names}))
    add_file(
        session,
        footage.path,
        camera=footage.camera,
        kind="footage",
        size=footage.bytes,
        at=footage.start,
    )
    return True


def judge(
    session: Session, event: str, label: str | None, at: float, *, by: str = "", note: str = ""
) -> None:
    """Keep what a person said of an event; called again, it is said again.

    Args:
        session: the transaction.
        event: its uid.
        label: `abnormal` or `normal`; None takes back what was said.
        at: now.
        by: who said it; `note`: what else.

    Raises:
        InputError: no such event, or another label.
    """
    if label is not None and label not in LABELS:
        raise InputError(f"An event was judged {label!r}; expected one of: {', '.join(LABELS)}.")
    row = _event(session, event)
    row.label = label
    session.add(
        FeedbackRow(
            event=event,
            camera=row.camera,
            light=row.light,
            peak=row.score,
            label=label or "",
            note=note,
            by=by,
            at=at,
        )
    )
    payload = {"phase": "judged", "label": label}
    add_change(session, at, "event", event, camera=row.camera, payload=payload)


def pin(session: Session, event: str, pinned: bool, at: float) -> bool:
    """Have retention leave an event alone, or no longer; returns whether that is new.

    Raises:
        InputError: no such event.
    """
    row = _event(session, event)
    if row.pinned == pinned:
        return False
    row.pinned = pinned
    payload = {"phase": "pinned", "pinned": pinned}
    add_change(session, at, "event", event, camera=row.camera, payload=payload)
    return True


def set_bundle(
    session: Session,
    camera: str,
    path: str,
    *,
    method: str,
    state: str,
    at: float,
    detail: str = "",
    facts: Mapping[str, Any] | None = None,
) -> bool:
    """Note what became of a detector; see `messages.BundleState`.

    A camera has one active detector: another that was active is retired by this.

    Returns:
        whether anything changed.
    """
    same = BundleRow.camera == camera
    row = session.scalar(select(BundleRow).where(same, BundleRow.path == path))
    new = {"method": method, "state": state, "detail": detail, "facts": dict(facts or {})}
    if row is not None and all(getattr(row, name) == value for name, value in new.items()):
        return False
    if state == "active":
        others = select(BundleRow).where(same, BundleRow.path != path, BundleRow.state == "active")
        for other in session.scalars(others):
            other.state, other.at, other.detail = "retired", at, "Another detector took over."
    if row is None:
        row = BundleRow(camera=camera, path=path)
        session.add(row)
    row.method, row.state, row.detail, row.facts = method, state, detail, dict(facts or {})
    row.at = at
    session.flush()
    payload = {"path": path, "state": state, "detail": detail}
    add_change(session, at, "bundle", camera, camera=camera, payload=payload)
    return True


def _camera(session: Session, name: str, at: float) -> CameraRow:
    row = session.get(CameraRow, name)
    if row is None:
        row = CameraRow(name=name, added=at, state_since=at, armed=True)
        session.add(row)
        session.flush()
    return row


def _event(session: Session, uid: str) -> EventRow:
    row = session.get(EventRow, uid)
    if row is None:
        raise InputError(f"There is no event {uid}; its uid has 32 hexadecimal digits.")
    return row


def _open_span(session: Session, table: Any, camera: str, *more: Any) -> Any:
    """The newest row without an end."""
    wanted = select(table).where(table.camera == camera, table.until.is_(None), *more)
    return session.scalar(wanted.order_by(table.id.desc()).limit(1))


def _differs(row: EventRow, event: StoredEvent) -> bool:
    pairs = ((getattr(row, name), _plain(getattr(event, name)), name) for name in _WRITTEN)
    return any(old != new for old, new, name in pairs if new or name not in _PICTURES)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    return [dict(one) for one in value] if isinstance(value, (list, tuple)) else value
