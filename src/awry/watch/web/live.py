"""Live pictures and video of cameras, fetched from their processes while somebody looks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

from awry.watch.clock import Clock
from awry.watch.ipc.live import LiveBegin, LivePicture, NoLiveError, picture_from, video_from

EVERY_S = 0.1
"""A camera's process is asked for a picture of a size at most so often, in seconds."""
_KEPT = 64
_STEP = 160  # widths are rounded up to these, so that those who look share pictures
_NOWHERE = "This site serves no live pictures."


class LiveSources:
    """Asks the processes of all cameras for pictures and video; nothing is open while nobody looks.

    Args:
        place: camera's name -> its socket; None: there is none.
        clock: for how often pictures are fetched.
    """

    def __init__(self, place: Callable[[str], Path | None], clock: Clock) -> None:
        self._place, self._clock = place, clock
        self._kept: dict[tuple[str, int], tuple[float, LivePicture]] = {}

    async def picture(self, camera: str, width: int) -> LivePicture:
        """A camera's newest picture.

        Args:
            camera: its name.
            width: about so many pixels at most; 0: as it is.

        Raises:
            NoLiveError: there is none.
        """
        key = camera, -(-width // _STEP) * _STEP
        now = self._clock.monotonic()
        kept = self._kept.get(key)
        if kept is not None and now - kept[0] < EVERY_S:
            return kept[1]
        picture = await picture_from(self._at(camera), key[1])
        self._kept.pop(key, None)
        self._kept[key] = now, picture
        for old in list(self._kept)[:-_KEPT]:
            del self._kept[old]
        return picture

    def video(self, camera: str) -> AsyncIterator[LiveBegin | bytes]:
        """A camera's video; see `ipc.live.video_from`.

        Raises:
            NoLiveError: there is none.
        """
        return video_from(self._at(camera))

    def _at(self, camera: str) -> Path:
        place = self._place(camera)
        if place is None:
            raise NoLiveError(_NOWHERE)
        return place
