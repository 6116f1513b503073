"""Clips with ignored regions black: decoded, blackened and encoded anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import IO, cast

import av
import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from numpy.typing import NDArray

from awry.errors import FrameError, MissingError
from awry.watch.ingest.clip_file import Facts, let_go, opened_mp4
from awry.watch.ingest.decode import PacketDecoder
from awry.watch.ingest.packets import Codec, Piece

ENCODER = "libvpx-vp9"
"""VP9: browsers show it, and its encoder is free of patents' fees and of the GPL."""
OPTIONS: Mapping[str, str] = {
    "deadline": "realtime",
    "cpu-used": "8",
    "crf": "34",
    "b": "0",
    "row-mt": "0",
}
"""Of the encoder: as fast as it can."""
_TICKS = 90_000
# A key picture at least every so many pictures.
_KEY_EVERY = 50

Polygons = Sequence[Sequence[tuple[float, float]]]


def mask_of(polygons: Polygons, height: int, width: int) -> NDArray[np.bool_]:
    """Where polygons lie.

    Args:
        polygons: corners x, y as shares of the picture, in [0, 1].
        height, width: of the mask.

    Returns:
        bool (height, width), True inside and on the outlines.
    """
    mask = np.zeros((height, width), np.uint8)
    for polygon in polygons:
        corners = np.array(polygon, np.float64) * [width, height]
        cv2.fillPoly(mask, [np.clip(corners, 0, [width - 1, height - 1]).astype(np.int32)], 1)
    return mask > 0


class MaskedFile:
    """Packets whose pictures are encoded anew without what is to stay private.

    Sound is left out. A picture that cannot be decoded is left out too: nothing of it is copied.

    Args:
        stream: where it goes, open for writing.
        video: codec of the packets.
        facts: what the file says of itself.
        polygons: see `mask_of`.

    Attributes:
        note: what is to be said of it.

    Raises:
        MissingError: FFmpeg has no encoder.
        OSError: the disk is full or gone.
    """

    note = "Ignored regions are black; it was encoded anew, without sound."

    def __init__(self, stream: IO[bytes], video: Codec, facts: Facts, polygons: Polygons) -> None:
        if ENCODER not in av.codecs_available:
            raise MissingError(
                f"FFmpeg has no encoder {ENCODER}, which masked clips need; install PyAV from its "
                "wheels (pip install av), or set the camera to recording: copy."
            )
        self._file = stream
        self._container = opened_mp4(stream, facts)
        self._decoder = PacketDecoder(video)
        self._polygons = polygons
        self._stream: VideoStream | None = None
        self._mask: NDArray[np.bool_] | None = None
        self._first_at: float | None = None
        self._last = -1

    @property
    def codec(self) -> str:
        """FFmpeg's name of the video's codec."""
        return "vp9"

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.tell()

    def write(self, piece: Piece) -> None:
        """Append the next packet.

        Raises:
            OSError: the disk is full or gone.
        """
        if piece.audio:
            return
        for decoded in self._decoder.decode(piece):
            self._encode(decoded.picture, decoded.piece.at)

    def _encode(self, picture: VideoFrame, at: float) -> None:
        if self._stream is None or self._mask is None:
            self._stream, self._mask = self._begin(picture)
        if (picture.height, picture.width) != self._mask.shape:
            raise FrameError("The picture's size changed in a masked clip.")
        self._first_at = at if self._first_at is None else self._first_at
        stamp = max(round((at - self._first_at) * _TICKS), self._last + 1)
        self._last = stamp
        clean = blackened(picture, self._mask)
        clean.pts, clean.time_base = stamp, Fraction(1, _TICKS)
        for packet in self._stream.encode(clean):
            self._container.mux_one(packet)

    def _begin(self, picture: VideoFrame) -> tuple[VideoStream, NDArray[np.bool_]]:
        stream = cast(
            "VideoStream", self._container.add_stream(ENCODER, rate=25, options=dict(OPTIONS))
        )
        stream.width, stream.height = picture.width, picture.height
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, _TICKS)
        stream.codec_context.gop_size = _KEY_EVERY
        stream.codec_context.thread_count = 1
        return stream, mask_of(self._polygons, picture.height, picture.width)

    def finish(self) -> None:
        """Encode what is owed still.

        Raises:
            OSError: the disk is full or gone.
        """
        try:
            for decoded in self._decoder.rest():
                self._encode(decoded.picture, decoded.piece.at)
            if self._stream is not None:
                for packet in self._stream.encode(None):
                    self._container.mux_one(packet)
            self._container.close()
        finally:
            self._file.close()

    def drop(self) -> None:
        """Let go of the file."""
        let_go(self._container, self._file)


def blackened(picture: VideoFrame, mask: NDArray[np.bool_]) -> VideoFrame:
    """A picture in planes of brightness and colour, black where the mask says.

    Args:
        picture: any format.
        mask: bool (H, W) of the picture's size.
    """
    height, width = even(picture.height), even(picture.width)
    planes = picture.to_ndarray(format="yuv420p", width=width, height=height)
    flat = np.ascontiguousarray(planes, np.uint8)
    full = np.zeros((height, width), bool)
    full[: mask.shape[0], : mask.shape[1]] = mask[:height, :width]
    flat[:height][full] = 16
    # A pixel of colour covers four of brightness; one ignored pixel blackens it.
    quarter = full.reshape(height // 2, 2, width // 2, 2).any((1, 3))
    colours = flat[height:].reshape(2, height // 2, width // 2)
    colours[:, quarter] = 128
    return VideoFrame.from_ndarray(flat, format="yuv420p")


def even(length: int) -> int:
    """The length, or one pixel less where it is odd."""
    return length - length % 2
