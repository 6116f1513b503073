"""Frames of a video file by their times, read from the key frame before each."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import cast

from av.container import InputContainer
from av.video.frame import VideoFrame

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.container import counts_frames, the_video
from awry.video.files import VideoFile
from awry.video.unpack import READ_ERRORS
from awry.video.upright import upright_image

# Times are computed as they were when the clip was read in order, so they meet almost exactly.
_TOLERANCE = 1e-6
# Wanted frames that are nearer than this are reached by decoding on, not by another jump.
_NEAR_SECONDS = 4.0
# Containers that keep a stamp for each frame. In MPEG streams a jump can shift the stamps.
INDEXED = {"mov", "mp4", "matroska", "webm", "avi"}
# Containers search by decoding stamps, so a jump may land behind a picture; then further back.
_BACK = (0.0, 1.0, 10.0)


def frames_at(source: VideoFile, times: Sequence[float]) -> Iterator[Frame]:
    """The frames at those times, as long as that can be done exactly.

    Args:
        source: a file whose reading in order had nothing to complain of.
        times: ascending, each the `Frame.time_s` of a frame.

    Returns:
        One frame for each time, with index 0. It ends early where a frame cannot be found for
        sure: a stamp is missing or goes back, something is damaged, or this kind of file cannot
        be searched. The rest is then to be read in order.
    """
    try:
        with source._open() as container:
            yield from _found(container, times)
    except (SourceError, *READ_ERRORS):
        return


def _found(container: InputContainer, times: Sequence[float]) -> Iterator[Frame]:
    if not INDEXED & set(container.format.name.split(",")):
        return
    origin = _first_stamp(container)
    if origin is None:
        return
    pictures: Iterator[VideoFrame] = iter(())
    reached = -_NEAR_SECONDS
    for time in times:
        picture = None
        if time - reached < _NEAR_SECONDS:
            picture = _reach(pictures, origin, time)
        for back in _BACK:
            if picture is None:
                pictures = _pictures_from(container, max(origin, origin + time - back))
                picture = _reach(pictures, origin, time)
        if picture is None:
            return
        reached = time
        yield Frame(0, time, upright_image(picture))


def _first_stamp(container: InputContainer) -> float | None:
    """Seconds of the first picture on the file's clock; None where it cannot be relied on."""
    _one_thread(container)
    stamps = []
    for picture in container.decode(the_video(container)):
        stamps.append(_stamp(picture))
        if len(stamps) == 2:
            break
    if not stamps or stamps[0] is None:
        return None
    if counts_frames(container) and the_video(container).codec_context.has_b_frames:
        return None  # an AVI numbers packets, and pictures come in another order
    return None if stamps[-1] is None or stamps[-1] < stamps[0] else stamps[0]


def _pictures_from(container: InputContainer, stamp: float) -> Iterator[VideoFrame]:
    stream = the_video(container)
    assert stream.time_base is not None
    # Rounded down: a jump must never land behind the wanted picture.
    container.seek(int(stamp / stream.time_base - 0.5), stream=stream, backward=True)
    before = None
    for picture in container.decode(stream):
        now = _stamp(picture)
        if now is None or picture.is_corrupt or (before is not None and now <= before):
            return
        if before is None and not picture.key_frame:
            return
        before = now
        yield picture


def _reach(pictures: Iterator[VideoFrame], origin: float, time: float) -> VideoFrame | None:
    for picture in pictures:
        now = cast("float", _stamp(picture)) - origin
        if abs(now - time) < _TOLERANCE:
            return picture
        if now > time:
            return None
    return None


def _stamp(picture: VideoFrame) -> float | None:
    # Decoding stamps alone will not do: they depend on where decoding began.
    if picture.pts is None or picture.time_base is None:
        return None
    return float(picture.pts * picture.time_base)


def _one_thread(container: InputContainer) -> None:
    the_video(container).codec_context.thread_count = 1
