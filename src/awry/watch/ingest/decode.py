"""Packets become decoded pictures, each with its packet and whether it is whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import av
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from awry.video.container import decoder_options
from awry.video.jpeg import JpegCheck
from awry.video.unpack import READ_ERRORS
from awry.watch.ingest.packets import Codec, Piece


@dataclass(frozen=True, slots=True, eq=False)
class Decoded:
    """A picture.

    Attributes:
        picture: as FFmpeg gave it.
        piece: the packet that it came from.
        damaged: it, or one that it is built upon, could not be decoded whole.
    """

    picture: VideoFrame
    piece: Piece
    damaged: bool


class PacketDecoder:
    """A decoder of packets of one codec; broken data raise nothing.

    Args:
        codec: of the packets; another one wants a decoder of its own.

    Attributes:
        failed: packets that gave an error since the beginning.
    """

    def __init__(self, codec: Codec) -> None:
        self.codec = codec
        self._context = _context(codec)
        self._jpeg = JpegCheck(self._context)
        self._began = False
        self._broken = False
        self.failed = 0

    def decode(self, piece: Piece) -> list[Decoded]:
        """The pictures that are ready with this packet; none before the first key packet."""
        if not self._began and not piece.is_key:
            return []
        self._began = True
        packet = piece.packet()
        cut = self._jpeg.is_cut(packet) or piece.corrupt
        packet.opaque = piece  # an object of its own: PyAV finds it by its identity
        try:
            pictures = list(self._context.decode(packet))
        except READ_ERRORS:
            self.failed += 1
            pictures, cut = self._jpeg.rest_of(packet), True
            self._broken = True
        return [self._judged(picture, piece, cut) for picture in pictures]

    def rest(self) -> list[Decoded]:
        """The pictures that the decoder holds still; it takes no more packets then."""
        try:
            pictures = list(self._context.decode(None))
        except READ_ERRORS:
            return []
        owners = [one for one in pictures if isinstance(one.opaque, Piece)]
        return [self._judged(one, cast("Piece", one.opaque), False) for one in owners]

    def _judged(self, picture: VideoFrame, piece: Piece, cut: bool) -> Decoded:
        own = picture.opaque if isinstance(picture.opaque, Piece) else piece
        suspect = bool(picture.is_corrupt) or (cut and own is piece)
        if picture.key_frame and not suspect:
            self._broken = False
        self._broken = self._broken or suspect
        return Decoded(picture, own, self._broken)


def _context(codec: Codec) -> VideoCodecContext:
    context = av.CodecContext.create(codec.name, "r")
    assert isinstance(context, VideoCodecContext)
    if codec.extradata:
        context.extradata = codec.extradata
    # One thread: with more, errors are reported late or not at all.
    context.thread_count = 1
    context.copy_opaque = True  # pictures then tell their packets
    context.options = {**context.options, **decoder_options()}
    return context
