"""Frames become a video file that browsers and players can show."""

from __future__ import annotations

from contextlib import ExitStack
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.stream import VideoStream
from numpy.typing import NDArray

from awry.errors import ConfigError, FootageError, FrameError, MissingError, WriteError
from awry.storage import whole_file

DEFAULT_FPS = 25
# Encoder -> options. H.264 plays everywhere; VP9 is what a build without libx264 still has.
_ENCODERS = {
    "libx264": {"preset": "veryfast", "crf": "23"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "8", "crf": "34", "b": "0"},
}
_CONTAINERS = {
    ".mp4": tuple(_ENCODERS),
    ".mkv": tuple(_ENCODERS),
    ".mov": ("libx264",),
    ".webm": ("libvpx-vp9",),
}


class VideoWriter:
    """Writes RGB frames as H.264, or as VP9 where FFmpeg was built without libx264.

    A context manager: the file appears whole when the block ends well, and not at all otherwise.

        with VideoWriter(path, 25, size=(240, 360)) as writer:
            writer.write(image)

    Args:
        path: ends in .mp4, .mkv, .mov or .webm (always VP9); no ending means .mp4.
        fps: frames per second; None takes 25 and says so in `notes`.
        size: (H, W) of the frames; odd sides are padded by one pixel, which repeats the edge.

    Attributes:
        codec: the encoder, `libx264` or `libvpx-vp9`.
        path: where the file will be.
        notes: what a person should know, one sentence each.

    Raises:
        ConfigError: an ending, a rate or a size that cannot be written.
        MissingError: FFmpeg has no encoder for that ending.
        FrameError: a frame does not fit.
        FootageError: no frame was written before the block ended.
        WriteError: the disk is full or the place cannot be written.
    """

    def __init__(self, path: str | Path, fps: float | None, *, size: tuple[int, int]) -> None:
        path = Path(path)
        self.path = path if path.suffix else path.with_suffix(".mp4")
        self.codec = _encoder(self.path)
        self.notes: list[str] = []
        if fps is None:
            fps = DEFAULT_FPS
            self.notes.append(
                f"The frame rate is unknown; {self.path.name} plays at {DEFAULT_FPS} per second."
            )
        if not fps > 0 or min(size) < 1:
            raise ConfigError(f"Cannot write video of {fps} frames per second and size {size}.")
        self._rate = Fraction(fps).limit_denominator(1001)
        self._size = (int(size[0]), int(size[1]))
        self._exit = ExitStack()
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._written = 0

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            temporary = stack.enter_context(whole_file(self.path))
            options = {"movflags": "+faststart"} if self.path.suffix in (".mp4", ".mov") else {}
            # PyAV creates its file lazily, so a full disk shows up while frames are written.
            self._container = stack.enter_context(av.open(str(temporary), "w", options=options))
            stream = cast(
                VideoStream,
                self._container.add_stream(
                    self.codec, rate=self._rate, options=dict(_ENCODERS[self.codec])
                ),
            )
            height, width = self._size
            stream.height, stream.width = height + height % 2, width + width % 2
            stream.pix_fmt = "yuv420p"
            self._stream = stream
            self._exit = stack.pop_all()
        return self

    def write(self, image: NDArray[np.uint8]) -> None:
        """Append one frame.

        Args:
            image: uint8 (H, W, 3), RGB, of the size given at the start.
        """
        if self._container is None or self._stream is None:
            raise WriteError(f"The video {self.path} is not open; write inside of a with block.")
        if image.dtype != np.uint8 or image.shape != (*self._size, 3):
            raise FrameError(
                f"Expected a uint8 frame of shape {(*self._size, 3)}, "
                f"got {image.dtype} {image.shape}."
            )
        odd = [(0, self._size[0] % 2), (0, self._size[1] % 2), (0, 0)]
        picture = av.VideoFrame.from_ndarray(np.pad(image, odd, mode="edge"), format="rgb24")
        for packet in self._stream.encode(picture):
            self._container.mux(packet)
        self._written += 1

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        container, stream = self._container, self._stream
        self._container = self._stream = None
        if error is not None:
            # Drops the half-written file; a full disk becomes a WriteError.
            self._exit.__exit__(kind, error, trace)
            return
        with self._exit:
            if not self._written or container is None or stream is None:
                raise FootageError(f"No frame was written to {self.path}; nothing was kept.")
            for packet in stream.encode():
                container.mux(packet)


def _encoder(path: Path) -> str:
    ending = path.suffix.lower()
    if ending not in _CONTAINERS:
        raise ConfigError(
            f"Cannot write {path}: expected a name that ends in {', '.join(_CONTAINERS)}."
        )
    for codec in _CONTAINERS[ending]:
        if codec in av.codecs_available:
            return codec
    raise MissingError(
        f"FFmpeg has none of the encoders {', '.join(_CONTAINERS[ending])} for {path.name}; "
        "install PyAV from its wheels (pip install av), which bring them."
    )
