"""What changes, for those who follow: one reader of the database, however many they are."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from typing import TypeVar

import pydantic_core
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from awry.watch.store.database import Database
from awry.watch.store.read import changes, first_change, last_change
from awry.watch.store.results import Change

FOLLOWERS = 256
"""At most so many follow at the same time."""
_KEPT, _SOME = 1000, 500
T = TypeVar("T")


class Feed:
    """Looks for changes while somebody follows, and keeps the newest for all of them.

    Nothing is queued for a follower: each has its place among the changes, and reads on from there
    when it is ready. One that is slow, or was away, is served from the database.

    Args:
        database: of the site.
        every_s: how often the database is asked.
        heartbeat_s: a comment is sent where nothing changed for so long.
    """

    def __init__(
        self, database: Database, *, every_s: float = 0.5, heartbeat_s: float = 15.0
    ) -> None:
        self._database, self._every_s, self._heartbeat_s = database, every_s, heartbeat_s
        self._ring: deque[Change] = deque()
        self._floor = self._newest = -1  # all changes of a greater number, up to the newest
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self.followers = 0

    @property
    def full(self) -> bool:
        """Whether nobody else may follow."""
        return self.followers >= FOLLOWERS

    async def follow(
        self, after: int | None, sees: Callable[[str], bool], still: Callable[[], bool]
    ) -> AsyncIterator[str]:
        """Changes as server-sent events, until the follower goes or may not follow any longer.

        Args:
            after: number of the last change that the follower knows; None: only new ones.
            sees: whether the follower may see a camera's changes; asked with "" for the site's.
            still: whether the follower may still follow; asked at each heartbeat.
        """
        self.followers += 1
        try:
            self._start()
            async for text in self._texts(after, sees, still):
                yield text
        finally:
            self.followers -= 1
            if not self.followers and self._task is not None:
                self._task.cancel()
                self._task = None

    def close(self) -> None:
        """Let all who follow go; may be called from another thread."""
        self._closed = True
        if self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._wake_all)

    async def _texts(
        self, after: int | None, sees: Callable[[str], bool], still: Callable[[], bool]
    ) -> AsyncIterator[str]:
        loop = asyncio.get_running_loop()
        place = await self._read(last_change) if after is None else after
        yield "retry: 2000\n\n"
        asked = loop.time()
        while not self._closed:
            wake = self._wake
            place, some, lost = await self._after(place)
            if lost:
                yield _reset(place)
            for change in some:
                place = change.id
                if sees(change.camera):
                    yield _text(change)
            if not some and not await _set_within(wake, self._heartbeat_s):
                yield ": nothing new\n\n"
            if loop.time() >= asked + self._heartbeat_s:
                if not await asyncio.to_thread(still):
                    return
                asked = loop.time()

    async def _after(self, place: int) -> tuple[int, Sequence[Change], bool]:
        """Where a follower is, what comes then, and whether something is lost before that."""
        if self._floor <= place <= self._newest:
            return place, [one for one in self._ring if one.id > place], False
        oldest, newest = await self._read(first_change), await self._read(last_change)
        if place > newest or place + 1 < oldest:
            # The database was restored, or trimmed: the follower has to look at everything anew.
            return newest, [], True
        return place, await self._read(lambda session: changes(session, place, limit=_SOME)), False

    def _start(self) -> None:
        if self._task is None:
            self._loop = asyncio.get_running_loop()
            self._ring.clear()
            self._floor = self._newest = -1
            self._wake = asyncio.Event()
            self._task = self._loop.create_task(self._look())

    async def _look(self) -> None:
        while True:
            await self._look_once()
            await asyncio.sleep(self._every_s)

    async def _look_once(self) -> None:
        if self._newest < 0:
            self._floor = self._newest = await self._read(last_change)
            self._wake_all()  # a change may have come since a follower looked
        place = self._newest
        some = await self._read(lambda session: changes(session, place, limit=_SOME))
        if not some:
            return
        self._ring.extend(some)
        self._newest = some[-1].id
        while len(self._ring) > _KEPT:
            self._floor = self._ring.popleft().id
        self._wake_all()

    def _wake_all(self) -> None:
        wake, self._wake = self._wake, asyncio.Event()
        wake.set()

    async def _read(self, what: Callable[[Session], T]) -> T:
        """What is read, as soon as the database can be."""
        while True:
            try:
                return await self._read_once(what)
            except SQLAlchemyError:
                if self._closed:
                    raise
                await asyncio.sleep(self._every_s)

    async def _read_once(self, what: Callable[[Session], T]) -> T:
        def reading() -> T:
            with self._database.reading() as session:
                return what(session)

        return await asyncio.to_thread(reading)


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


def _text(change: Change) -> str:
    said = {
        "id": change.id,
        "at": change.at,
        "kind": change.kind,
        "camera": change.camera,
        "subject": change.subject,
        "payload": dict(change.payload),
    }
    # On one line: line ends inside are escaped, so that no text can forge an event.
    data = pydantic_core.to_json(said).decode()
    return f"id: {change.id}\nevent: {change.kind}\ndata: {data}\n\n"


def _reset(place: int) -> str:
    return f"id: {place}\nevent: reset\ndata: {{}}\n\n"
