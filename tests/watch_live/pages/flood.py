"""Events that come faster than any camera gives them, written as the keeper writes them."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from sqlalchemy import select

from awry.watch.site.read import read_site
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.models import EventRow
from awry.watch.store.read import event as read_event
from awry.watch.store.write import put_event

WATCH = """
window.watched = {tasks: [], gaps: [], frames: 0, requests: 0};
new PerformanceObserver(list => {
  for (const one of list.getEntries()) watched.tasks.push(one.duration);
}).observe({type: "longtask"});
new PerformanceObserver(list => {
  for (const one of list.getEntries()) watched.requests += one.name.includes("/ui/") ? 1 : 0;
}).observe({type: "resource"});
let before = performance.now();
(function frame(now) {
  watched.frames += 1;
  watched.gaps.push(now - before);
  before = now;
  requestAnimationFrame(frame);
})(before);
"""
"""A script that begins to count frames, tasks of 50 ms and more, and parts that are asked for."""
WATCHED = """
const {tasks, gaps, frames, requests} = window.watched;
return {longest_task: Math.max(0, ...tasks), long_tasks: tasks.length, frames, requests,
        longest_gap: Math.max(...gaps)};
"""
"""One that gives what was counted, in milliseconds."""
_TURNS = 5


class Flood:
    """Writes events, all like the newest one, while it is entered.

    Args:
        file: the site's.
        cameras: whose they are, in turns.
        rate: so many a second.

    Attributes:
        written: so many so far.
    """

    def __init__(self, file: Path, cameras: Sequence[str], rate: int = 50) -> None:
        self._site, self._cameras, self._rate = read_site(file).site, cameras, rate
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.written = 0

    def __enter__(self) -> Flood:
        self._thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        with closing(open_database(Layout(self._site.store))) as database:
            with database.reading() as session:
                uid = session.scalar(select(EventRow.uid).order_by(EventRow.start.desc()))
                like = read_event(session, uid or "")
            assert like is not None
            begun = time.monotonic()
            while not self._stop.wait(1 / _TURNS):
                due = int((time.monotonic() - begun) * self._rate) - self.written
                now = time.time()
                with database.writing() as session:
                    for number in range(due):
                        camera = self._cameras[(self.written + number) % len(self._cameras)]
                        values = {"uid": uuid.uuid4().hex, "camera": camera, "start": now}
                        ended = {"end": now, "state": "ended", "told": True}
                        put_event(session, replace(like, **values, **ended), now)
                self.written += due
