"""Frames become a video file that browsers and players can show."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
from awry.partial import PartialFile
from awry.storage import failure

DEFAULT_FPS = 25
MARK = "written by awry"
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

    A context manager: the file takes its name when the block ends well. Until then it grows as
    `NAME.partial.mp4`, which players can show up to its last second at any moment; a Ctrl-C within
    the block leaves it there, any other error removes it.

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
        self._claim: PartialFile | None = None
        self._container: OutputContainer | None = None
        self._stream: VideoStream | None = None
        self._written = 0

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if error is None:
            self.finish()
        elif isinstance(error, KeyboardInterrupt):
            self.leave()
        else:
            self.drop()

    def open(self) -> None:
        """Begin the file, for use without a with block; then `finish`, `leave` or `drop`."""
        self._claim = PartialFile(self.path)
        self.notes += self._claim.notes
        # PyAV creates its file lazily, so a full disk shows up while frames are written.
        with self._failures():
            options = _growing(self.path)
            self._container = av.open(str(self._claim.partial), "w", options=options)
            self._container.metadata["comment"] = MARK
            encoder = dict(_ENCODERS[self.codec])
            stream = self._container.add_stream(self.codec, rate=self._rate, options=encoder)
        self._stream = cast(VideoStream, stream)
        height, width = self._size
        self._stream.height, self._stream.width = height + height % 2, width + width % 2
        self._stream.pix_fmt = "yuv420p"

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
        self._mux(picture)
        self._written += 1

    def finish(self) -> None:
        """All frames are there: the file takes its name."""
        claim, container = self._claim, self._container
        if claim is None or container is None:
            return
        if not self._written:
            self.drop()
            raise FootageError(f"No frame was written to {self.path}; nothing was kept.")
        self._mux(None)
        with self._failures():
            container.close()
        self._container = self._stream = self._claim = None
        claim.finish()

    def leave(self) -> None:
        """End at once: what was written stays under the partial name."""
        claim = self._close()
        if claim is not None:
            claim.release()

    def drop(self) -> None:
        """Give up, and leave nothing."""
        claim = self._close()
        if claim is not None:
            claim.drop()

    def _close(self) -> PartialFile | None:
        claim, container = self._claim, self._container
        self._container = self._stream = self._claim = None
        if container is not None:
            with suppress(OSError):
                container.close()
        return claim

    def _mux(self, picture: av.VideoFrame | None) -> None:
        """Encode a picture, or what is still owed, and write what comes of it."""
        assert self._container is not None
        assert self._stream is not None
        with self._failures():
            for packet in self._stream.encode(picture):
                self._container.mux(packet)

    @contextmanager
    def _failures(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.drop()
            raise failure(self.path, error) from error


def written_by_awry(path: Path) -> bool:
    """Whether a video carries the mark of `VideoWriter`."""
    try:
        with av.open(str(path)) as container:
            said = {name.lower(): words for name, words in container.metadata.items()}
    except (OSError, ValueError):
        return False
    return said.get("comment") == MARK


def _growing(path: Path) -> dict[str, str]:
    """Options that make a file playable while it grows, by pieces of one second."""
    if path.suffix.lower() not in (".mp4", ".mov"):
        return {"cluster_time_limit": "1000", "flush_packets": "1"}
    # A fragmented file becomes a plain one in the end, where FFmpeg knows how (since 7.1).
    plain_in_the_end = av.library_versions["libavformat"] >= (61, 7, 100)
    form = "hybrid_fragmented" if plain_in_the_end else "empty_moov"
    return {
        "movflags": f"{form}+default_base_moof",
        "frag_duration": "1000000",
        "flush_packets": "1",
    }


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
