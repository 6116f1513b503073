"""A large store for `watch_pages.py`: 30 cameras, 200 000 events, scores of a week.

A demo's site is the seed: its detector, pictures and clips are real, and shared by all rows. The
cameras are switched off, so that what is measured is the pages alone.
"""

from __future__ import annotations

import sqlite3
import time
import uuid
from contextlib import closing
from pathlib import Path

import numpy as np

from awry.watch.accounts import add_user
from awry.watch.demo_site.demo import DemoSite, make_demo

CAMERAS, EVENTS, DAYS, SCORE_DAYS, SCORED = 30, 200_000, 90.0, 7, 6
STEPS = 300
"""Scores in a minute, at five a second."""
USER, PASSWORD = "boss", "a long password"
_LABELS = (None, None, None, None, None, None, None, "normal", "normal", "abnormal")


def name_of(number: int) -> str:
    """Of a camera."""
    return f"camera-{number + 1:02d}"


def make_store(folder: Path, events: int = EVENTS) -> DemoSite:
    """Make the site, ready to run.

    Args:
        folder: an empty one.
        events: in all.
    """
    site = make_demo(folder, port=0, past_s=900.0, learn_s=120.0)
    add_user(site.file, USER, role="admin", password=PASSWORD)
    text = site.file.read_text()
    head = text[: text.index("cameras:\n")] + "cameras:\n"
    cameras = "".join(
        f"  {name_of(n)}: {{enabled: false, detect: 'synthetic://square?seed={n}', "
        f"bundle: store/bundles/square/1, budget: 20/day}}\n"
        for n in range(CAMERAS)
    )
    site.file.write_text(head + cameras)
    with closing(sqlite3.connect(folder / "store" / "awry.db")) as database, database:
        fill(database, str(folder / "store" / "bundles" / "square" / "1"), events, time.time())
    return site


def fill(database: sqlite3.Connection, bundle: str, events: int, now: float) -> None:
    """Write rows of cameras, events and scores."""
    chance = np.random.default_rng(0)
    seed = _rows(database, "select * from event where camera = 'square' order by score desc")[0]
    clip = _rows(database, f"select * from clip where event = '{seed['uid']}'")[0]
    scores = _known_scores(database)
    starts = np.sort(now - 60 - chance.uniform(0, DAYS * 86_400, events))
    rows = []
    for number, start in enumerate(starts):
        camera, score = int(chance.integers(CAMERAS)), 2.5 + float(chance.exponential(1.5))
        rows.append(
            seed
            | {
                "uid": uuid.UUID(int=number, version=4).hex,
                "camera": name_of(camera),
                "bundle": bundle,
                "start": start,
                "end": start + 4,
                "peak_at": start + 2,
                "score": score,
                "label": _LABELS[int(chance.integers(len(_LABELS)))],
                "told": int(chance.integers(3)) > 0,
                "silent": "",
                "stored_at": start + 5,
            }
        )
    _insert(database, "event", rows)
    clips = [
        clip | {"id": None, "event": row["uid"], "path": f"{clip['path']}#{n}", "part": 0}
        for n, row in enumerate(rows[-2000:])
    ]
    _insert(database, "clip", clips)
    camera_row = _rows(database, "select * from camera where name = 'square'")[0]
    names = [name_of(number) for number in range(CAMERAS)]
    _insert(database, "camera", [camera_row | {"name": name} for name in names])
    _insert(database, "score", _scores(names[:SCORED], bundle, scores, now, chance))


def _known_scores(database: sqlite3.Connection) -> np.ndarray:
    """What the demo's detector really gave."""
    blobs = database.execute("select scores from score where camera = 'square'").fetchall()
    found = np.concatenate([np.frombuffer(blob, "<f4") for (blob,) in blobs])
    return found[~np.isnan(found)]


def _scores(
    names: list[str], bundle: str, known: np.ndarray, now: float, chance: np.random.Generator
) -> list[dict[str, object]]:
    """A week of minutes, each a stretch of real scores."""
    times = (np.arange(STEPS) / 5).astype("<f4").tobytes()
    last = int(now // 60) - 2
    rows = []
    for name in names:
        for number in range(SCORE_DAYS * 1440):
            first = int(chance.integers(len(known) - STEPS))
            some = known[first : first + STEPS].astype("<f4")
            rows.append(
                {
                    "camera": name,
                    "minute": (last - number) * 60,
                    "bundle": bundle,
                    "light": "day",
                    "session": name,
                    "count": STEPS,
                    "highest": float(some.max()),
                    "last_step": (SCORE_DAYS * 1440 - number) * STEPS,
                    "times": times,
                    "scores": some.tobytes(),
                }
            )
    return rows


def _rows(database: sqlite3.Connection, query: str) -> list[dict[str, object]]:
    cursor = database.execute(query)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _insert(database: sqlite3.Connection, table: str, rows: list[dict[str, object]]) -> None:
    names = list(rows[0])
    marks = ", ".join("?" * len(names))
    columns = ", ".join(f'"{name}"' for name in names)
    database.executemany(
        f"insert into {table} ({columns}) values ({marks})", [tuple(row.values()) for row in rows]
    )
