"""JPEG pictures that are cut off: FFmpeg fills them up with grey and reports nothing."""

from __future__ import annotations

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from awry.video.container import decoder_options

_END = b"\xff\xd9"
# What senders put behind a picture.
_PADDING = b"\0\r\n"


class JpegCheck:
    """Has a decoder of Motion JPEG report pictures that are cut off; other codecs stay as they are.

    Args:
        context: a decoder that is not open yet.
    """

    def __init__(self, context: VideoCodecContext) -> None:
        self._is_jpeg = context.name == "mjpeg"
        self._ended = False
        if self._is_jpeg:
            # Data that end too early become an error of the decoder.
            context.options = {**context.options, "err_detect": "explode"}

    def is_cut(self, packet: av.Packet) -> bool:
        """Whether the end marker is missing where earlier pictures had theirs.

        Some cameras never send it.
        """
        if not self._is_jpeg or not packet.size:
            return False
        ended = bytes(memoryview(packet)[-64:]).rstrip(_PADDING).endswith(_END)
        self._ended = self._ended or ended
        return self._ended and not ended

    def rest_of(self, packet: av.Packet) -> list[VideoFrame]:
        """What there is of a picture whose packet could not be decoded; may be nothing."""
        if not self._is_jpeg:
            return []
        lenient = av.CodecContext.create("mjpeg", "r")
        assert isinstance(lenient, VideoCodecContext)
        lenient.thread_count = 1
        lenient.options = decoder_options()
        try:
            return [*lenient.decode(av.Packet(bytes(packet))), *lenient.decode(None)]
        except av.FFmpegError:
            return []
