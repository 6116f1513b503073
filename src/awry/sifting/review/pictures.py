"""Pictures for the page: a frame, its heat map, and the seconds around it."""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from cachetools import LRUCache
from numpy.typing import NDArray
from PIL import Image

from awry.errors import SourceError
from awry.evaluation.report.peaks import own_scale
from awry.frames import ASSUMED_FPS, Frame
from awry.sifting.ranking_output import frames_as_sifted
from awry.sifting.review.session import ReviewSession
from awry.sifting.run import RankedClip
from awry.video.overlay import heat_image

PICTURE_WIDTH = 640
CLIP_WIDTH = 480
CLIP_SECONDS = 4.0
CLIP_RATE = 12.0
_LARGEST_SHARE = 0.25  # share of the store that one entry may take at most
# Threads that decode. Decoded frames are a hundred times as large as what is kept of them, and each
# thread's share of memory stays with it: two of our own, not the web server's forty.
_DECODING = 2


class Store:
    """Byte strings in memory, the longest unused dropped first; for several threads.

    Args:
        limit_bytes: most bytes in all.
    """

    def __init__(self, limit_bytes: int) -> None:
        self._kept: LRUCache[Hashable, bytes] = LRUCache(limit_bytes, getsizeof=len)
        self._guard = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], bytes | None]) -> bytes | None:
        """What is kept under a key, or what `make` gives, which is kept then unless None."""
        with self._guard:
            kept = self._kept.get(key)
        if kept is not None:
            return kept
        made = make()
        if made is not None and len(made) <= self._kept.maxsize * _LARGEST_SHARE:
            with self._guard:
                self._kept[key] = made
        return made


class Pictures:
    """Encoded pictures of a session's frames, kept in memory up to a limit.

    A frame is asked for by its clip's number and its place in the clip's arrays. What cannot be
    read any more, or is not there, is None.

    Args:
        session: whose frames.
        limit_bytes: of what is kept.
    """

    def __init__(self, session: ReviewSession, limit_bytes: int = 128 * 2**20) -> None:
        self._session = session
        self._store = Store(limit_bytes)
        self._decoding = ThreadPoolExecutor(_DECODING, "decoding")

    def frame(self, clip: int, place: int) -> bytes | None:
        """A frame as JPEG, at most 640 pixels wide."""
        return self._store.get(("frame", clip, place), lambda: self._frame(clip, place))

    def heat(self, clip: int, place: int) -> bytes | None:
        """A frame with its heat map as JPEG; None while the learners are busy, too.

        Raises:
            AwryError: the learners cannot be read.
        """
        learned = self._session.interactions
        return self._store.get(("heat", learned, clip, place), lambda: self._heat(clip, place))

    def clip(self, clip: int, place: int) -> bytes | None:
        """The seconds around a frame as animated WebP: at most 4 s, 480 pixels, 12 a second."""
        return self._store.get(("clip", clip, place), lambda: self._clip(clip, place))

    def _decoded(self, make: Callable[..., bytes | None], *frame: Any) -> bytes | None:
        try:
            future = self._decoding.submit(make, *frame)
        except RuntimeError as error:  # its threads have ended
            raise SourceError("The review is ending.") from error
        return future.result()

    def _frame(self, clip: int, place: int) -> bytes | None:
        return self._decoded(self._decoded_frame, clip, place)

    def _decoded_frame(self, clip: int, place: int) -> bytes | None:
        frame = next(self._frames(clip, np.array([place])), None)
        return None if frame is None else _jpeg(_narrow(frame.image, PICTURE_WIDTH))

    def _heat(self, clip: int, place: int) -> bytes | None:
        with self._decoding:
            frame = next(self._frames(clip, np.array([place])), None)
        heat = None if frame is None else self._session.heat(clip, place)
        if frame is None or heat is None:
            return None
        image = _narrow(frame.image, PICTURE_WIDTH)
        return _jpeg(heat_image(image, heat, own_scale(heat)))

    def _clip(self, clip: int, place: int) -> bytes | None:
        return self._decoded(self._decoded_clip, clip, place)

    def _decoded_clip(self, clip: int, place: int) -> bytes | None:
        places, step = around(self._session.run.clips[clip], place)
        images = [_narrow(frame.image, CLIP_WIDTH) for frame in self._frames(clip, places)]
        return _animated(images, step) if images else None

    def _frames(self, number: int, places: NDArray[np.int64]) -> Iterator[Frame]:
        session = self._session
        return frames_as_sifted(session.run, number, places, session.clips)


def around(clip: RankedClip, place: int) -> tuple[NDArray[np.int64], float]:
    """The places of the frames around one, and the seconds from one to the next.

    At most 4 seconds and 12 frames a second.
    """
    times = clip.times
    if np.isnan(times).any():
        times = clip.indices / (clip.fps or ASSUMED_FPS)
    near = np.flatnonzero(np.abs(times - times[place]) <= CLIP_SECONDS / 2)
    taken = [int(near[0])]
    for candidate in near[1:]:
        if times[candidate] - times[taken[-1]] >= 1 / CLIP_RATE - 1e-6:
            taken.append(int(candidate))
    most = int(CLIP_SECONDS * CLIP_RATE)
    places = np.array(taken[:most], np.int64)
    steps = np.diff(times[places])
    return places, float(np.median(steps)) if len(steps) else 1 / CLIP_RATE


def _narrow(image: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    height, own = image.shape[:2]
    if own <= width:
        return image
    size = (width, max(1, round(height * width / own)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)


def _jpeg(image: NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=88)
    return file.getvalue()


def _animated(images: list[NDArray[np.uint8]], step: float) -> bytes:
    file = io.BytesIO()
    first, *others = [Image.fromarray(image) for image in images]
    first.save(
        file,
        "WEBP",
        save_all=True,
        append_images=others,
        duration=max(20, round(1000 * step)),
        loop=0,
        quality=60,
        method=0,
    )
    return file.getvalue()
