"""Following what changes: in order, from where one was, cheap, and bounded."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete
from sqlalchemy.exc import OperationalError

from awry.watch.store.models import ChangeRow
from awry.watch.web.changes import FOLLOWERS, Feed
from web_site import Here


def change(here: Here, camera: str = "door", kind: str = "event", **payload: Any) -> None:
    here.add(ChangeRow(at=1.0, kind=kind, camera=camera, subject=camera, payload=payload))


def everything(camera: str) -> bool:
    return True


class Follower:
    """Reads a feed, text by text."""

    def __init__(
        self,
        feed: Feed,
        after: int | None,
        sees: Callable[[str], bool] = everything,
        still: Callable[[], bool] = lambda: True,
    ) -> None:
        self._texts = feed.follow(after, sees, still)

    async def begin(self) -> None:
        """Until it has its place; from then on it misses nothing."""
        assert (await anext(self._texts)).startswith("retry: ")

    async def next(self, *, beats: bool = False) -> dict[str, str]:
        """The next event; comments and the first line are left out unless `beats`."""
        async for text in self._texts:
            if text.startswith("id: "):
                return dict(line.split(": ", 1) for line in text.strip().split("\n"))
            if beats and text.startswith(":"):
                return {"comment": text}
        return {}

    async def close(self) -> None:
        await self._texts.aclose()  # type: ignore[attr-defined]


def quick(here: Here, heartbeat_s: float = 0.05) -> Feed:
    return Feed(here.database, every_s=0.001, heartbeat_s=heartbeat_s)


def test_a_follower_goes_on_from_where_it_was_and_hears_what_is_new(here: Here) -> None:
    first = here.rows(ChangeRow)[-1].id if here.rows(ChangeRow) else 0
    for number in range(3):
        change(here, n=number)

    async def follow() -> list[int]:
        follower = Follower(quick(here), first + 1)
        seen = [await follower.next(), await follower.next()]
        for number in (3, 4):
            change(here, n=number)
            seen.append(await follower.next())
        await follower.close()
        assert [int(one["id"]) for one in seen] == [first + 2, first + 3, first + 4, first + 5]
        assert {one["event"] for one in seen} == {"event"}
        return [json.loads(one["data"])["payload"]["n"] for one in seen]

    assert asyncio.run(follow()) == [1, 2, 3, 4]


def test_without_a_place_only_new_changes_come(here: Here) -> None:
    change(here, n=0)

    async def follow() -> None:
        follower = Follower(quick(here), None)
        waiting = asyncio.ensure_future(follower.next(beats=True))
        assert "comment" in await waiting
        change(here, n=1)
        assert json.loads((await follower.next())["data"])["payload"] == {"n": 1}
        await follower.close()

    asyncio.run(follow())


def test_a_follower_sees_its_cameras_alone(here: Here) -> None:
    place = here.rows(ChangeRow)[-1].id if here.rows(ChangeRow) else 0
    for camera in ("door", "yard", "", "yard"):
        change(here, camera)

    async def follow() -> list[str]:
        follower = Follower(quick(here), place, lambda camera: camera == "yard")
        seen = [await follower.next(), await follower.next()]
        await follower.close()
        return [json.loads(one["data"])["camera"] for one in seen]

    assert asyncio.run(follow()) == ["yard", "yard"]


def test_one_that_was_away_too_long_is_told_to_look_anew(here: Here) -> None:
    for number in range(5):
        change(here, n=number)
    newest = here.rows(ChangeRow)[-1].id
    with here.database.writing() as session:
        session.execute(delete(ChangeRow).where(ChangeRow.id < newest - 1))

    async def follow(place: int) -> dict[str, str]:
        follower = Follower(quick(here), place)
        found = await follower.next()
        await follower.close()
        return found

    for place in (0, newest - 3, newest + 100):
        assert asyncio.run(follow(place)) == {"id": str(newest), "event": "reset", "data": "{}"}
    assert asyncio.run(follow(newest - 2))["event"] == "event"


def test_who_may_follow_no_longer_is_let_go(here: Here) -> None:
    may = [True]

    async def follow() -> int:
        feed = quick(here, heartbeat_s=0.01)
        follower = Follower(feed, None, still=lambda: may[0])
        assert "comment" in await follower.next(beats=True)
        may[0] = False
        while await follower.next(beats=True):
            pass
        return feed.followers

    assert asyncio.run(follow()) == 0


def test_many_followers_cost_one_reader(here: Here, monkeypatch: pytest.MonkeyPatch) -> None:
    reads = [0]

    async def follow() -> None:
        feed = Feed(here.database, every_s=0.001, heartbeat_s=60.0)
        read = feed._read

        async def counting(what: Any) -> Any:
            reads[0] += asyncio.current_task() is not feed._task
            return await read(what)

        monkeypatch.setattr(feed, "_read", counting)
        followers = [Follower(feed, None) for _ in range(50)]
        await asyncio.gather(*(one.begin() for one in followers))
        assert feed.followers == 50
        for number in range(2):
            reads[0] = 0
            change(here, n=number)
            found = await asyncio.gather(*(one.next() for one in followers))
            assert [json.loads(one["data"])["payload"]["n"] for one in found] == [number] * 50
        # All know where they are by now, and none of the fifty asks the database any longer.
        assert reads == [0]
        for one in followers:
            await one.close()
        assert feed.followers == 0

    asyncio.run(follow())


def test_a_database_that_is_away_for_a_while_ends_nothing(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def follow() -> None:
        feed = quick(here)
        follower = Follower(feed, None)
        assert "comment" in await follower.next(beats=True)
        read, failed = feed._read_once, [0]

        async def failing(what: Any) -> Any:
            if failed[0] < 7:
                failed[0] += 1
                raise OperationalError("select", {}, Exception("locked"))
            return await read(what)

        monkeypatch.setattr(feed, "_read_once", failing)
        while failed[0] < 7:
            await asyncio.sleep(0.001)
        change(here, n=1)
        assert (await follower.next())["event"] == "event"
        await follower.close()

    asyncio.run(follow())


def test_closing_lets_everybody_go_and_there_is_a_bound(here: Here) -> None:
    async def follow() -> None:
        feed = Feed(here.database, every_s=0.001, heartbeat_s=60.0)
        follower = Follower(feed, None)
        waiting = asyncio.ensure_future(follower.next())
        while not feed.followers:
            await asyncio.sleep(0.001)
        await asyncio.to_thread(feed.close)
        assert await waiting == {}
        feed.followers = FOLLOWERS
        assert feed.full

    asyncio.run(follow())


def test_stored_text_cannot_forge_an_event(here: Here) -> None:
    place = here.rows(ChangeRow)[-1].id if here.rows(ChangeRow) else 0
    evil = "x\n\nevent: forged\rdata: {}\u2028"
    change(here, reason=evil, value=float("1e308"))

    async def follow() -> dict[str, str]:
        follower = Follower(quick(here), place)
        found = await follower.next()
        await follower.close()
        return found

    found = asyncio.run(follow())
    assert found["event"] == "event"
    assert json.loads(found["data"])["payload"]["reason"] == evil
