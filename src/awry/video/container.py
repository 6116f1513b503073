"""Opened containers: which of their streams is the video, how large, and at which claimed rate."""

from __future__ import annotations

from dataclasses import dataclass

from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from awry.errors import SourceError
from awry.video.limits import check_pixels, max_pixels

# Pictures that go with a file and are not its video: covers, posters, thumbnails for seeking.
_BESIDE = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
# A claimed rate outside of these is a mistake of the header.
_RATES = (1e-4, 500.0)
# Bare pictures one after another: their stamps are made up from a made-up rate.
WITHOUT_CLOCK = frozenset({"h264", "hevc", "mjpeg", "mpjpeg", "m4v", "mpegvideo", "h263", "obu"})
# Told FFmpeg when it opens a container, it decodes nothing to learn more than the header says.
NO_DECODER = {"codec_whitelist": "none"}
# FFmpeg counts pixels in 32 bits.
_MOST = 2**31 - 1


@dataclass(frozen=True, slots=True)
class HeldStream:
    """A stream of a container.

    Attributes:
        kind: `video` or `audio`.
        codec: FFmpeg's name, e.g. `h264`; empty: it is not known.
        width, height: of pictures, in pixels; 0: not known, or no video.
        rate: pictures a second as claimed; None: not known, or no video.
        read: whether it is the video that is read.
    """

    kind: str
    codec: str
    width: int = 0
    height: int = 0
    rate: float | None = None
    read: bool = False


def held_streams(container: InputContainer) -> tuple[HeldStream, ...]:
    """The video and audio of a container, in its order."""
    main, found = main_video(container), []
    for stream in container.streams:
        context = getattr(stream, "codec_context", None)
        codec = context.name if context is not None else ""
        if stream.type == "video":
            width, height = (context.width, context.height) if context is not None else (0, 0)
            read = main is not None and stream.index == main.index
            rate = claimed_rate(container) if read else None
            found.append(HeldStream("video", codec, width, height, rate, read))
        elif stream.type == "audio":
            found.append(HeldStream("audio", codec))
    return tuple(found)


def decoder_options() -> dict[str, str]:
    """What FFmpeg is told when it opens or decodes, so that no picture takes more memory."""
    return {"max_pixels": str(min(max_pixels(), _MOST))}


def main_video(container: InputContainer) -> VideoStream | None:
    """The video of a container: the default one, else the one with the largest pictures.

    Cover art, thumbnails and streams of an unknown codec do not count.

    Returns:
        None where there is none.
    """
    streams = [
        stream
        for stream in container.streams.video
        if stream.codec_context is not None and not stream.disposition & _BESIDE
    ]
    return max(streams, key=_rank, default=None)


def _rank(stream: VideoStream) -> tuple[bool, bool, int, int]:
    moves = stream.frames != 1  # a cover that is not marked as one
    default = bool(stream.disposition & Disposition.default)
    area = stream.codec_context.width * stream.codec_context.height
    return moves, default, area, -stream.index


def the_video(container: InputContainer) -> VideoStream:
    """`main_video` of a container that is known to have one."""
    stream = main_video(container)
    assert stream is not None
    return stream


def check_video(container: InputContainer, what: str) -> VideoStream:
    """The video of a container, with the limit on its size in force.

    Raises:
        SourceError: there is none that can be decoded, or its pictures are too large; the container
            is closed then.
    """
    stream = main_video(container)
    if stream is None:
        container.close()
        raise SourceError(f"{what} holds no video stream that can be decoded.")
    context = stream.codec_context
    try:
        check_pixels(context.width, context.height, what)
    except SourceError:
        container.close()
        raise
    context.options = {**context.options, **decoder_options()}
    return stream


def opening_notes(container: InputContainer) -> list[str]:
    """What is to be said of a container before it is read."""
    read = the_video(container)
    notes = []
    shape = read.sample_aspect_ratio
    if shape not in (None, 0, 1):
        notes.append(
            f"Its pixels are not square ({shape.numerator}:{shape.denominator}); frames are taken "
            "pixel by pixel, as stored."
        )
    if read.average_rate and counts_frames(container) and claimed_rate(container) is None:
        notes.append(
            f"Its header claims {float(read.average_rate):g} frames/s, which cannot be, and it has "
            "no time stamps; frames have no times."
        )
    others = [
        stream
        for stream in container.streams.video
        if stream.index != read.index and not stream.disposition & _BESIDE
    ]
    if others:
        size = f"{read.codec_context.width}x{read.codec_context.height}"
        notes.append(
            f"It holds {len(others) + 1} video streams; stream {read.index} ({size}) is read."
        )
    return notes


def claimed_rate(container: InputContainer) -> float | None:
    """Frames per second as the container claims them, or None where it claims nothing possible."""
    stream = the_video(container)
    rates = [stream.average_rate, stream.guessed_rate]
    if not has_clock(container):
        rates.reverse()  # what the codec itself says, before FFmpeg's assumption
    for rate in rates:
        if rate and _RATES[0] <= rate <= _RATES[1]:
            return float(rate)
    return None


def has_clock(container: InputContainer) -> bool:
    """Whether the container carries time stamps of its own."""
    return not WITHOUT_CLOCK & set(container.format.name.split(","))


def counts_frames(container: InputContainer) -> bool:
    """Whether its stamps do no more than number the frames, in the order of decoding."""
    return container.format.name == "avi" or not has_clock(container)
