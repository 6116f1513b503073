"""The ways to cameras' processes: few questions, little memory."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from awry.watch.clock import ManualClock
from awry.watch.ipc.live import LivePicture, NoLiveError
from awry.watch.web import live
from awry.watch.web.live import EVERY_S, LiveSources


class Camera:
    """Counts how often it is asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[tuple[str, int]] = []
        monkeypatch.setattr(live, "picture_from", self.picture)

    async def picture(self, place: Path, width: int) -> LivePicture:
        self.asked.append((place.name, width))
        return LivePicture(float(len(self.asked)), width, width, b"j")


def test_a_camera_is_not_asked_more_often_than_it_should(monkeypatch: pytest.MonkeyPatch) -> None:
    camera, clock = Camera(monkeypatch), ManualClock()
    sources = LiveSources(Path, clock)

    async def look() -> list[float]:
        found = [(await sources.picture("a", width)).at for width in (1, 160, 161, 0)]
        clock.advance(EVERY_S)
        return [*found, (await sources.picture("a", 1)).at]

    assert asyncio.run(look()) == [1, 1, 2, 3, 4]
    assert camera.asked == [("a", 160), ("a", 320), ("a", 0), ("a", 160)]


def test_pictures_that_are_kept_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    Camera(monkeypatch)
    sources = LiveSources(Path, ManualClock())

    async def look() -> None:
        for number in range(200):
            await sources.picture(f"c{number}", 640)

    asyncio.run(look())
    assert len(sources._kept) == 64


def test_a_site_without_live_pictures_says_so() -> None:
    sources = LiveSources(lambda camera: None, ManualClock())
    with pytest.raises(NoLiveError, match="serves no live pictures"):
        asyncio.run(sources.picture("a", 0))
    with pytest.raises(NoLiveError):
        sources.video("a")
