"""Judged events as a data set: which clips, under which names, with which labels.

It is in the layout `folder` of `awry.datasets`. A label is the span of an event, as its detector
found it and a person judged it; nobody marked frame by frame.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from awry.errors import InputError
from awry.watch.store.models import EventRow, FootageRow
from awry.watch.store.read import LONGEST_PAGE, EventFilter, event, events
from awry.watch.store.results import StoredClip, StoredEvent

LABELS = ("abnormal", "normal")
MARGIN_S = 5.0
"""Footage that lies so near to an event which nobody called normal is left out."""
Stretch = tuple[float, float]


@dataclass(frozen=True, slots=True)
class ExportFile:
    """A video of the data set.

    Attributes:
        path: in the store; `name`: in the data set, e.g. `test/door-20261129-140211-0a1b2c3d.mp4`.
        camera: which view it shows.
        bytes: its size.
        spans: what of it is abnormal, in seconds from its beginning.
        event, label: of a clip; empty: footage.
    """

    path: str
    name: str
    camera: str
    bytes: int
    spans: tuple[Stretch, ...] = ()
    event: str = ""
    label: str = ""

    @property
    def clip(self) -> str:
        """As the lists of the data set call it."""
        return self.name.partition("/")[2].removesuffix(".mp4")


@dataclass(frozen=True, slots=True)
class Export:
    """A data set that can be written.

    Attributes:
        files: in the order of time.
        left_out: judged events whose clips are gone, or were never recorded.
    """

    files: tuple[ExportFile, ...]
    left_out: int = 0

    @property
    def bytes(self) -> int:
        """Of all files."""
        return sum(one.bytes for one in self.files)

    def counted(self, label: str) -> int:
        """How many events of a label are in it."""
        return len({one.event for one in self.files if one.label == label})


def plan_export(
    session: Session,
    wanted: EventFilter,
    *,
    uids: Sequence[str] = (),
    footage: bool = False,
    most: int = 100_000,
) -> Export:
    """Which clips a data set of judged events has.

    Clips of events judged abnormal and of those judged normal are its test clips. A span of a clip
    is abnormal where it lies within an event of that camera that was judged abnormal. Footage that
    was gathered to learn from is its training part, where it is wanted.

    Args:
        session: to read with.
        wanted: which events; those that nobody judged are left out.
        uids: only these; none: all.
        footage: whether footage of the events' cameras goes along.
        most: so many events at most.

    Raises:
        InputError: there is none, or there are more.
    """
    judged = _chosen(session, wanted, uids, most)
    files = [one for found in judged for one in _clips(session, found)]
    if not files:
        raise InputError(
            "No clip of an event that somebody judged is in this selection. Say of some events "
            "whether they are abnormal or normal, or choose a longer time."
        )
    there = {one.event for one in files}
    if footage:
        files += _footage(session, sorted({one.camera for one in files}))
    return Export(tuple(files), len(judged) - len(there))


def texts_of(files: Sequence[ExportFile], site: str = "") -> dict[str, str]:
    """The lists beside the videos of a data set, by name: of those that are really in it."""
    test = [one for one in files if one.event]
    spans = [(one.clip, f"{start:.3f}", f"{end:.3f}") for one in test for start, end in one.spans]
    return {
        "spans.csv": _table(("clip", "start", "end"), spans),
        "scenes.csv": _table(("clip", "scene"), [(one.clip, one.camera) for one in files]),
        "events.csv": _table(
            ("clip", "event", "camera", "label"),
            [(one.clip, one.event, one.camera, one.label) for one in test],
        ),
        "ABOUT.txt": _ABOUT.format(site=site),
    }


def _chosen(
    session: Session, wanted: EventFilter, uids: Sequence[str], most: int
) -> list[StoredEvent]:
    """Judged events, oldest first."""
    if uids:
        some = (event(session, uid) for uid in dict.fromkeys(uids))
        cameras = wanted.cameras
        found = [one for one in some if one is not None and one.label in LABELS]
        found = [one for one in found if cameras is None or one.camera in cameras]
    else:
        labels = LABELS if wanted.label in (None, "none") else (wanted.label,)
        found = []
        for label in labels:
            found += _all(session, replace(wanted, label=label), most + 1 - len(found))
    if len(found) > most:
        raise InputError(f"More than {most} events are in this selection; choose a shorter time.")
    return sorted(found, key=lambda one: (one.start, one.uid))


def _all(session: Session, wanted: EventFilter, most: int) -> list[StoredEvent]:
    found: list[StoredEvent] = []
    cursor: str | None = None
    while len(found) < most:
        page = events(session, wanted, limit=LONGEST_PAGE, cursor=cursor)
        found += page.events
        cursor = page.next
        if cursor is None:
            break
    return found


def _clips(session: Session, of: StoredEvent) -> Iterator[ExportFile]:
    begun = datetime.fromtimestamp(of.start, UTC).strftime("%Y%m%d-%H%M%S")
    for clip in of.clips:
        if not clip.there or not clip.path.endswith(".mp4"):
            continue
        part = f"-{clip.part}" if clip.part else ""
        yield ExportFile(
            path=clip.path,
            name=f"test/{of.camera}-{begun}-{of.uid[:8]}{part}.mp4",
            camera=of.camera,
            bytes=clip.bytes,
            spans=_spans(session, of.camera, clip),
            event=of.uid,
            label=of.label or "",
        )


def _spans(session: Session, camera: str, clip: StoredClip) -> tuple[Stretch, ...]:
    """What of a clip is abnormal: also by other events that it shows."""
    wanted = select(EventRow.start, EventRow.end).where(
        EventRow.camera == camera,
        EventRow.label == "abnormal",
        EventRow.start < clip.end,
        EventRow.start > clip.start - 86_400.0,
        EventRow.end > clip.start,
    )
    found: list[Stretch] = []
    for start, end in session.execute(wanted.order_by(EventRow.start)):
        first, last = max(start - clip.start, 0.0), min(end, clip.end) - clip.start
        if found and first <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], last))
        else:
            found.append((first, last))
    return tuple(found)


def _footage(session: Session, cameras: Sequence[str]) -> Iterator[ExportFile]:
    for camera in cameras:
        rows = session.scalars(
            select(FootageRow).where(FootageRow.camera == camera).order_by(FootageRow.start)
        ).all()
        for row in rows:
            if _is_near_an_event(session, camera, row.start, row.end):
                continue
            begun = datetime.fromtimestamp(row.start, UTC).strftime("%Y%m%d-%H%M%S-%f")
            yield ExportFile(row.path, f"train/{camera}-{begun}.mp4", camera, row.bytes)


def _is_near_an_event(session: Session, camera: str, start: float, end: float) -> bool:
    wanted = select(EventRow.uid).where(
        EventRow.camera == camera,
        EventRow.label.is_distinct_from("normal"),
        EventRow.start < end + MARGIN_S,
        EventRow.start > start - 86_400.0,
        EventRow.end > start - MARGIN_S,
    )
    return session.scalar(wanted.limit(1)) is not None


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([header, *rows])
    return text.getvalue()


_ABOUT = """\
Clips of events of the site {site!r}, as a data set for awry (layout: folder).

test/       clips of events that a person judged, abnormal or normal
train/      footage that was gathered to learn from; empty where it was not asked for
spans.csv   what of a test clip is abnormal, in seconds from its beginning
scenes.csv  which camera a clip shows
events.csv  which event a clip is of, and what the person said

What the labels are: the span from an event's beginning to its end, as its detector found it, where
a person called the event abnormal. Nobody marked single frames. The beginning and the end are
those of the detector, so that figures of frames favour detectors that agree with it there. What no
detector found is not in this data set: misses cannot be counted with it.
"""
