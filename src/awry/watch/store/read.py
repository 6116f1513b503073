"""What others read: cameras, their states, events, clips, changes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import (
    BundleRow,
    CameraRow,
    ChangeRow,
    ClipRow,
    EventRow,
    FileRow,
    FlagRow,
    FootageRow,
    GapRow,
    StateRow,
)
from awry.watch.store.results import (
    ByHand,
    Change,
    Page,
    Span,
    StoredBundle,
    StoredCamera,
    StoredClip,
    StoredEvent,
    StoredFootage,
)

LONGEST_PAGE = 1000
_SOME = 500  # values that a statement may hold


@dataclass(frozen=True, slots=True)
class EventFilter:
    """Which events are wanted; None: whatever it is.

    Attributes:
        cameras: only theirs; None: all cameras'. An empty one wants none.
        since, until: events that began in `[since, until)`.
        state: `open` or `ended`.
        told: whether somebody was told.
        label: `abnormal`, `normal`, or `none` for what nobody has judged.
        pinned: whether they are pinned.
        light: `day` or `infrared`.
        least: scores of that and more.
        shadow: events of a detector that only tries; False by default.
        part: those whose score was farthest above normal in that part.
        silent: those that nobody was told of for that reason, as `EventRow.silent`.
    """

    cameras: Sequence[str] | None = None
    since: float | None = None
    until: float | None = None
    state: str | None = None
    told: bool | None = None
    label: str | None = None
    pinned: bool | None = None
    light: str | None = None
    least: float | None = None
    shadow: bool | None = False
    part: str | None = None
    silent: str | None = None


def cameras(session: Session, *, removed: bool = False) -> tuple[StoredCamera, ...]:
    """All cameras by name; those no longer configured only where `removed`."""
    wanted = select(CameraRow).order_by(CameraRow.name)
    if not removed:
        wanted = wanted.where(CameraRow.removed.is_(None))
    open_flags = select(FlagRow).where(FlagRow.until.is_(None)).order_by(FlagRow.flag)
    flags: dict[str, list[str]] = {}
    for one in session.scalars(open_flags):
        flags.setdefault(one.camera, []).append(one.flag)
    return tuple(_camera(row, flags.get(row.name, [])) for row in session.scalars(wanted))


def camera(session: Session, name: str) -> StoredCamera | None:
    """A camera, also one that is no longer configured; None: it never was."""
    return next((one for one in cameras(session, removed=True) if one.name == name), None)


def events(
    session: Session,
    wanted: EventFilter | None = None,
    *,
    limit: int = 50,
    cursor: str | None = None,
) -> Page:
    """Events, newest first.

    Args:
        session: a unit of reading.
        wanted: which; by default all of detectors that alarm.
        limit: at most so many, 1 to 1000.
        cursor: `Page.next` of the page before.

    Raises:
        InputError: a limit out of range, or a cursor that is none.
    """
    wanted = wanted or EventFilter()
    if not 1 <= limit <= LONGEST_PAGE:
        raise InputError(f"The limit is {limit}; expected 1 to {LONGEST_PAGE} events.")
    place = None if cursor is None else place_of(cursor)
    # One search a camera, since each then follows its index; together they would be sorted whole.
    names: Iterable[str | None] = (None,) if wanted.cameras is None else sorted(set(wanted.cameras))
    found = [
        session.scalars(event_search(wanted, name, place).limit(limit + 1)).all() for name in names
    ]
    newest = merge(*found, key=lambda row: (row.start, row.uid), reverse=True)
    rows = list(islice(newest, limit + 1))
    shown = rows[:limit]
    following = cursor_of(shown[-1]) if len(rows) > limit else None
    clips = clips_of(session, [row.uid for row in shown])
    return Page(tuple(_event(row, clips.get(row.uid, ())) for row in shown), following)


def cursor_of(event: EventRow | StoredEvent) -> str:
    """A place among events: just behind that one."""
    return f"{event.start!r}_{event.uid}"


def event_search(
    wanted: EventFilter, camera: str | None = None, place: tuple[float, str] | None = None
) -> Select[EventRow]:
    """The search behind `events`, for one camera or all, older than a place."""
    search = select(EventRow).order_by(EventRow.start.desc(), EventRow.uid.desc())
    if camera is not None:
        search = search.where(EventRow.camera == camera)
    if place is not None:
        search = search.where(tuple_(EventRow.start, EventRow.uid) < tuple_(*place))
    if wanted.until is not None:
        search = search.where(EventRow.start < wanted.until)
    if wanted.since is not None:
        search = search.where(EventRow.start >= wanted.since)
    if wanted.label == "none":
        search = search.where(EventRow.label.is_(None))
    elif wanted.label is not None:
        search = search.where(EventRow.label == wanted.label)
    if wanted.least is not None:
        search = search.where(EventRow.score >= wanted.least)
    for name in ("state", "told", "pinned", "light", "shadow", "part", "silent"):
        value = getattr(wanted, name)
        if value is not None:
            search = search.where(getattr(EventRow, name) == value)
    return search


def event(session: Session, uid: str) -> StoredEvent | None:
    """An event with its clips; None: there is none."""
    row = session.get(EventRow, uid)
    return None if row is None else _event(row, clips_of(session, [uid]).get(uid, ()))


def parts_of_events(session: Session, cameras: Collection[str] | None = None) -> tuple[str, ...]:
    """All parts that were ever the highest of an event, by name; None: of all cameras."""
    wanted = select(EventRow.part).where(EventRow.part != "").distinct().order_by(EventRow.part)
    if cameras is not None:
        wanted = wanted.where(EventRow.camera.in_(sorted(cameras)))
    return tuple(session.scalars(wanted))


def neighbours(session: Session, of: StoredEvent) -> tuple[str | None, str | None]:
    """Uids of the events of the same camera and kind of detector just before and just after."""
    place = tuple_(EventRow.start, EventRow.uid)
    same = (EventRow.camera == of.camera, EventRow.shadow == of.shadow)
    wanted = select(EventRow.uid).where(*same).limit(1)
    before = wanted.where(place < tuple_(of.start, of.uid))
    after = wanted.where(place > tuple_(of.start, of.uid))
    return (
        session.scalar(before.order_by(EventRow.start.desc(), EventRow.uid.desc())),
        session.scalar(after.order_by(EventRow.start, EventRow.uid)),
    )


def open_events(session: Session, camera: str | None = None) -> tuple[StoredEvent, ...]:
    """Events that have not ended, oldest first."""
    wanted = select(EventRow).where(EventRow.state == "open").order_by(EventRow.start)
    if camera is not None:
        wanted = wanted.where(EventRow.camera == camera)
    rows = session.scalars(wanted).all()
    clips = clips_of(session, [row.uid for row in rows])
    return tuple(_event(row, clips.get(row.uid, ())) for row in rows)


def clips_of(session: Session, uids: Sequence[str]) -> dict[str, tuple[StoredClip, ...]]:
    """Clips of events, by uid, in time order; an event without clips has no entry."""
    found: dict[str, list[StoredClip]] = {}
    for first in range(0, len(uids), _SOME):
        wanted = (
            select(ClipRow, FileRow.state)
            .join(FileRow, FileRow.path == ClipRow.path, isouter=True)
            .where(ClipRow.event.in_(uids[first : first + _SOME]))
            .order_by(ClipRow.part, ClipRow.id)
        )
        for row, state in session.execute(wanted):
            found.setdefault(row.event, []).append(_clip(row, state))
    return {uid: tuple(clips) for uid, clips in found.items()}


def states(
    session: Session, camera: str, *, since: float | None = None, until: float | None = None
) -> tuple[Span, ...]:
    """A camera's states that lie at least partly in `[since, until)`, oldest first."""
    rows = _spans(session, StateRow, camera, since, until)
    return tuple(Span(row.camera, row.state, row.since, row.until, row.reason) for row in rows)


def flags(
    session: Session, camera: str, *, since: float | None = None, until: float | None = None
) -> tuple[Span, ...]:
    """When a camera's picture was tampered with; times as in `states`."""
    rows = _spans(session, FlagRow, camera, since, until)
    return tuple(Span(row.camera, row.flag, row.since, row.until, row.detail) for row in rows)


def gaps(
    session: Session, camera: str, *, since: float | None = None, until: float | None = None
) -> tuple[Span, ...]:
    """A camera's stretches without scores; times as in `states`."""
    wanted = select(GapRow).where(GapRow.camera == camera).order_by(GapRow.start, GapRow.id)
    if since is not None:
        wanted = wanted.where(GapRow.end >= since)
    if until is not None:
        wanted = wanted.where(GapRow.start < until)
    rows = session.scalars(wanted)
    return tuple(Span(row.camera, "gap", row.start, row.end, row.why) for row in rows)


def changes(
    session: Session, after: int, *, limit: int = 500, cameras: Sequence[str] | None = None
) -> tuple[Change, ...]:
    """What changed after the change of that number, in order; `cameras`: only of these."""
    wanted = select(ChangeRow).where(ChangeRow.id > after).order_by(ChangeRow.id).limit(limit)
    if cameras is not None:
        wanted = wanted.where(ChangeRow.camera.in_(cameras))
    return tuple(
        Change(row.id, row.at, row.kind, row.camera, row.subject, row.payload)
        for row in session.scalars(wanted)
    )


def first_change(session: Session) -> int:
    """Number of the oldest change that is kept; 0: there is none."""
    return session.scalar(select(func.min(ChangeRow.id))) or 0


def last_change(session: Session) -> int:
    """Number of the newest change; 0: there is none."""
    return session.scalar(select(func.max(ChangeRow.id))) or 0


def bundles(session: Session, camera: str | None = None) -> tuple[StoredBundle, ...]:
    """Detectors, of a camera or of all, newest first."""
    wanted = select(BundleRow).order_by(BundleRow.at.desc(), BundleRow.id.desc())
    if camera is not None:
        wanted = wanted.where(BundleRow.camera == camera)
    return tuple(
        StoredBundle(
            row.camera, row.path, row.method, row.state, row.at, row.detail, dict(row.facts)
        )
        for row in session.scalars(wanted)
    )


def footage(session: Session, camera: str) -> tuple[StoredFootage, ...]:
    """A camera's files of footage, oldest first."""
    wanted = select(FootageRow).where(FootageRow.camera == camera).order_by(FootageRow.start)
    return tuple(
        StoredFootage(row.camera, row.path, row.start, row.end, row.bytes, row.light)
        for row in session.scalars(wanted)
    )


def _spans(
    session: Session, table: Any, camera: str, since: float | None, until: float | None
) -> Iterable[Any]:
    wanted = select(table).where(table.camera == camera).order_by(table.since, table.id)
    if since is not None:
        wanted = wanted.where(table.until.is_(None) | (table.until >= since))
    if until is not None:
        wanted = wanted.where(table.since < until)
    rows: Iterable[Any] = session.scalars(wanted)
    return rows


def place_of(cursor: str) -> tuple[float, str]:
    """Start and uid of the event that a cursor stands behind.

    Raises:
        InputError: it is none.
    """
    start, _, uid = cursor.partition("_")
    try:
        return float(start), uid
    except ValueError:
        raise InputError(
            f"The cursor {cursor!r} is none; expected `next` of the page before."
        ) from None


def _camera(row: CameraRow, flags: Sequence[str]) -> StoredCamera:
    return StoredCamera(
        name=row.name,
        added=row.added,
        removed=row.removed,
        state=row.state,
        state_since=row.state_since,
        state_reason=row.state_reason,
        armed=row.armed,
        last_frame=row.last_frame,
        last_score=row.last_score,
        flags=tuple(flags),
        by_hand=_by_hand(row.manual),
    )


def _by_hand(manual: Mapping[str, Any] | None) -> ByHand | None:
    return ByHand(manual.get("by", ""), manual.get("ends", manual["until"])) if manual else None


_OF_EVENT = tuple(name for name in StoredEvent.__slots__ if name != "clips")


def _event(row: EventRow, clips: tuple[StoredClip, ...]) -> StoredEvent:
    return StoredEvent(**{name: getattr(row, name) for name in _OF_EVENT}, clips=clips)


def _clip(row: ClipRow, state: str | None) -> StoredClip:
    return StoredClip(
        event=row.event,
        part=row.part,
        path=row.path,
        start=row.start,
        end=row.end,
        bytes=row.bytes,
        codec=row.codec,
        note=row.note,
        there=state == "kept",
    )
