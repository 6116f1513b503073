"""What cameras cost, what takes the room, what the site runs on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from awry.pages.words import marked as _
from awry.version import __version__
from awry.watch.store.backups import backups
from awry.watch.store.database import Database
from awry.watch.store.forecast import GIB, Forecast, Room
from awry.watch.store.layout import Layout
from awry.watch.store.models import CalibrationRow, LoadRow
from awry.watch.store.read import bundles, cameras
from awry.watch.store.schema import REVISIONS
from awry.watch.web.bodies.system import BundleVersion, CameraLoad, Loads, RoomBody, Versions
from awry.watch.web.problems import Say

FULL = 0.7
"""Of the processor: what stays free is for moments when much happens at once."""
FRESH_S = 60.0
"""Figures that are older say nothing of now."""
_LIBRARIES = (
    *("torch", "av", "numpy", "opencv-python-headless", "onnxruntime", "openvino", "pydantic"),
    *("fastapi", "starlette", "uvicorn", "sqlalchemy", "alembic", "jinja2", "babel", "apprise"),
    *("aiomqtt", "websockets"),
)


def cores() -> int:
    """Processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def loads(session: Session, processes: Sequence[Mapping[str, Any]], now: float) -> Loads:
    """What each camera costs, and for how many more there is room.

    Args:
        session: a unit of reading.
        processes: each with `process`, `name`, `share` and `rss_bytes`.
        now: seconds since 1970-01-01 UTC.
    """
    figures = {
        row.name: dict(row.figures)
        for row in session.scalars(select(LoadRow).where(LoadRow.process == "ingest"))
        if now - row.at <= FRESH_S
    }
    lag = _lag(session, now)
    own = {one["name"]: one for one in processes if one["process"] == "ingest"}
    scoring = sum(one["share"] or 0.0 for one in processes if one["process"] == "scorer")
    listed = cameras(session)
    running = [one.name for one in listed if one.name in figures and one.name in own]
    # Scorers serve all cameras in turn: each has its part by the steps that it sent.
    steps = {name: float(figures[name].get("fps") or 0.0) for name in running}
    total = sum(steps.values())
    found = []
    for one in listed:
        said, process = figures.get(one.name), own.get(one.name)
        share = None
        if said is not None and process is not None and process["share"] is not None:
            part = steps[one.name] / total if total > 0 else 0.0
            share = process["share"] + scoring * part
        found.append(
            CameraLoad(
                camera=one.name,
                state=one.state,
                fps=None if said is None else said.get("fps"),
                dropped=None if said is None else _dropped(said),
                lag_s=None if said is None else lag,
                share=share,
                rss_bytes=None if process is None else process["rss_bytes"],
            )
        )
    known = [one["share"] for one in processes if one["share"] is not None]
    together = sum(known) if known else None
    each = [one.share for one in found if one.share]
    return Loads(cameras=found, cores=cores(), share=together, more=_more(together, each))


def _more(together: float | None, each: Sequence[float]) -> int | None:
    if together is None or not each:
        return None
    return max(0, int((FULL * cores() - together) / (sum(each) / len(each))))


def _lag(session: Session, now: float) -> float | None:
    rows = session.scalars(select(LoadRow).where(LoadRow.process == "scorer"))
    known = [row.figures.get("lag_s") for row in rows if now - row.at <= FRESH_S]
    return max((float(one) for one in known if one is not None), default=None)


def _dropped(said: Mapping[str, Any]) -> float | None:
    steps, dropped = float(said.get("steps") or 0.0), float(said.get("dropped") or 0.0)
    return dropped / steps if steps > 0 else None


def other_rooms(database: Database) -> list[RoomBody]:
    """What takes room beside the media: the database, bundles, backups, the log."""
    layout = database.layout
    found = []
    if database.sqlite is not None:
        parts = [database.sqlite.with_name(database.sqlite.name + end) for end in ("", "-wal")]
        sizes = [one.stat().st_size for one in parts if one.is_file()]
        found.append(Room("", "database", len(sizes), sum(sizes)))
    own = backups(layout)
    found.append(
        Room("", "backups", sum(one.files for one in own), sum(one.own_bytes for one in own))
    )
    for kind, folder in (
        ("bundles", layout.bundles),
        ("quarantine", layout.quarantine),
        ("log", layout.logs),
    ):
        files = _sizes(folder)
        found.append(Room("", kind, len(files), sum(files)))
    return [RoomBody.model_validate(one) for one in found if one.bytes]


_FORECASTS = {
    "days": _(
        "There is room enough: clips are kept for %(days)s days and take about %(size)s GiB."
    ),
    "gib": _("Retention keeps clips below %(size)s GiB: about %(holds)s of clips."),
    "free": _(
        "The disk is full in %(full)s. From then on the oldest clips go; about %(holds)s of clips "
        "have room."
    ),
    "full": _("The disk is full. The oldest clips go; about %(holds)s of clips have room."),
    "unknown": _("It takes some hours of clips to say how long the disk lasts."),
}


def disk_words(disk: Forecast, days: float, say: Say) -> str:
    """A forecast as a sentence for people.

    Args:
        disk: the forecast.
        days: for which clips are kept.
        say: see `problems.Say`.
    """
    if disk.full_in is None or disk.holds is None or disk.most is None:
        return say(_FORECASTS["unknown"])
    gib = disk.most / GIB
    kind = "full" if disk.by == "free" and disk.full_in <= 0 else disk.by
    return say(_FORECASTS[kind]) % {
        "size": f"{gib:.0f}" if gib >= 16 else f"{gib:.1f}",
        "holds": _days(disk.holds, say),
        "full": _days(disk.full_in, say),
        "days": f"{days:g}",
    }


def _days(days: float, say: Say) -> str:
    if days < 1.5:
        return say(_("%(count)s hours")) % {"count": max(1, round(days * 24))}
    return say(_("%(count)s days")) % {"count": round(days)}


def drifting(session: Session) -> dict[str, str]:
    """What is said of cameras that have drifted, by name."""
    active = {(one.camera, one.path) for one in bundles(session) if one.state == "active"}
    rows = session.scalars(select(CalibrationRow))
    return {
        row.camera: str(row.facts["drift"])
        for row in rows
        if row.facts.get("drift") and (row.camera, row.bundle) in active
    }


def versions(session: Session, database: Database) -> Versions:
    """What the site runs on."""
    engine = database.engine
    if database.sqlite is not None:
        name = f"SQLite {sqlite3.sqlite_version}"
    else:
        name = f"{engine.dialect.name} {session.scalar(select(func.version()))}"
    return Versions(
        awry=__version__,
        python=platform.python_version(),
        system=f"{platform.system()} {platform.release()}, {platform.machine()}",
        schema_=REVISIONS[-1],
        database=name,
        libraries=_libraries(),
        bundles=[
            BundleVersion(
                camera=one.camera,
                path=one.path,
                method=one.method,
                state=one.state,
                at=one.at,
                bytes=_folder(database.layout, one.path),
            )
            for one in bundles(session)
        ],
    )


@cache
def _libraries() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _folder(layout: Layout, path: str) -> int | None:
    sizes = _sizes(layout.root / path)
    return sum(sizes) if sizes else None


def _sizes(folder: Path) -> list[int]:
    found = []
    for place, _folders, files in os.walk(folder):
        for name in files:
            try:
                found.append(Path(place, name).stat().st_size)
            except OSError:
                continue
    return found
