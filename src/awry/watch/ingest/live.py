"""What is live of a camera: its newest picture, and its packets since the newest key packet.

The loop of the process leaves both here and does nothing else for it: a reference each. What is
made of them is made in the thread of `live_server`, and only while somebody asks.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from awry.video.upright import turn_of
from awry.watch.ingest.masked import mask_of
from awry.watch.ingest.packets import Piece
from awry.watch.ipc.live import LivePicture
from awry.watch.site.model import Camera

GROUP_BYTES = 16 * 2**20
"""Packets since the newest key packet are kept up to so many bytes; above, none until the next."""
_QUEUE_BYTES = 8 * 2**20
_QUALITY = 80
_FRESH_S = 3.0
_KEPT_SIZES = 4
NO_PICTURE = "No picture of this camera came yet."
MASKED = "Parts of the picture are masked, which video as the camera sends it cannot be."


class Follower:
    """Packets on their way to one who watches: bounded, and whole from key packet to key packet.

    Attributes:
        ended: why no more will come; empty: more will.
    """

    def __init__(self, group: list[Piece]) -> None:
        self._lock = threading.Lock()
        self._pieces = deque(group)
        self._bytes = sum(len(one.data) for one in group)
        self._waits_for_key = False
        self.ended = ""

    def add(self, piece: Piece) -> None:
        """The next packet; one who is too slow misses all up to the next key packet."""
        with self._lock:
            if self._waits_for_key and not piece.is_key:
                return
            self._waits_for_key = False
            self._pieces.append(piece)
            self._bytes += len(piece.data)
            if self._bytes > _QUEUE_BYTES:
                self._pieces.clear()
                self._bytes, self._waits_for_key = 0, True

    @property
    def waits(self) -> bool:
        """Whether a packet, or word of the end, waits."""
        return bool(self._pieces) or bool(self.ended)

    def take(self) -> Piece | None:
        """The next packet that waits; None where none does."""
        with self._lock:
            if not self._pieces:
                return None
            piece = self._pieces.popleft()
            self._bytes -= len(piece.data)
            return piece


class Live:
    """What is live of a camera; threads may share it.

    Args:
        camera: its settings; where its recording is masked, so are its live pictures.
        now: the time as `Piece.arrived` has it.

    Attributes:
        wake: called where something waits for those who watch.
    """

    def __init__(self, camera: Camera, now: Callable[[], float] = time.monotonic) -> None:
        self._camera = camera
        self._now = now
        self._lock = threading.Lock()
        self._seen: tuple[VideoFrame, float] | None = None
        self._made: dict[int, LivePicture] = {}
        self._making = threading.Lock()
        self._group: list[Piece] = []
        self._bytes = 0
        self._followers: list[Follower] = []
        self.wake: Callable[[], None] = _nobody

    # ---- for the loop -----------------------------------------------------------------------

    def use(self, camera: Camera) -> None:
        """Other settings: who watches begins anew, since what is masked may have changed."""
        if (self._camera.recording, self._camera.ignore) != (camera.recording, camera.ignore):
            self.lost("The camera's settings changed.")
            with self._lock:
                self._made.clear()
        self._camera = camera

    def see(self, picture: VideoFrame, at: float) -> None:
        """A picture was decoded; `at` in seconds since 1970-01-01 UTC."""
        self._seen = picture, at

    def add(self, piece: Piece) -> None:
        """A packet came; sound is left out."""
        if piece.audio:
            return
        with self._lock:
            first = self._group[0] if self._group else None
            if piece.is_key:
                self._group, self._bytes = [], 0
            if first is not None and not _together(first, piece):
                self._group.clear()
                self._end("The camera's stream has changed.")
            if piece.is_key or self._group:
                self._group.append(piece)
                self._bytes += len(piece.data)
            if self._bytes > GROUP_BYTES:
                self._group.clear()
                self._bytes = 0
            for one in self._followers:
                one.add(piece)
            if self._followers:
                self.wake()

    def lost(self, why: str) -> None:
        """The connection was lost: the newest picture stays, video ends."""
        with self._lock:
            self._group.clear()
            self._bytes = 0
            self._end(why)

    # ---- for the thread that serves ---------------------------------------------------------

    @property
    def masked(self) -> bool:
        """Whether ignored regions must not be shown."""
        return self._camera.recording == "masked" and bool(self._camera.ignore)

    def follow(self) -> Follower:
        """The packets from the newest key packet on, until `leave`.

        Where nothing came for a while, none: what is old must not pass for live.
        """
        with self._lock:
            old = not self._group or self._now() - self._group[-1].arrived > _FRESH_S
            one = Follower([] if old else list(self._group))
            self._followers.append(one)
            return one

    def leave(self, follower: Follower) -> None:
        """Follow no more."""
        with self._lock:
            if follower in self._followers:
                self._followers.remove(follower)

    def picture(self, width: int) -> LivePicture | None:
        """The newest picture as JPEG, made once for each size; None: none came yet.

        Args:
            width: at most so many pixels; 0: as it is.
        """
        with self._making:
            seen = self._seen
            if seen is None:
                return None
            picture, at = seen
            known = self._made.get(width)
            if known is not None and known.at == at:
                return known
            made = self._jpeg(picture, at, width)
            self._made.pop(width, None)
            self._made[width] = made
            for old in list(self._made)[:-_KEPT_SIZES]:
                del self._made[old]
            return made

    def _jpeg(self, picture: VideoFrame, at: float, width: int) -> LivePicture:
        image = _image(picture, width)
        height, wide = image.shape[:2]
        if self.masked:
            image[mask_of(self._camera.ignore, height, wide)] = 0
        bgr = np.ascontiguousarray(image[..., ::-1])
        _, data = cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
        return LivePicture(at, wide, height, data.tobytes())

    def _end(self, why: str) -> None:
        for one in self._followers:
            one.ended = why
        self._followers.clear()
        self.wake()


def _nobody() -> None:
    return


def _together(one: Piece, other: Piece) -> bool:
    return one.run == other.run and one.codec.same_as(other.codec)


def _image(picture: VideoFrame, width: int) -> NDArray[np.uint8]:
    """A picture as uint8 RGB (h, w, 3), upright, at most so wide.

    The loop may be looking at the same picture: a converter of our own leaves it untouched.
    """
    turn = turn_of(picture)
    longest = picture.height if turn.transposed else picture.width
    share = min(1.0, width / longest) if width else 1.0
    small = VideoReformatter().reformat(
        picture,
        width=max(2, round(picture.width * share)),
        height=max(2, round(picture.height * share)),
        format="rgb24",
    )
    return turn.apply(np.asarray(small.to_ndarray(), np.uint8))
