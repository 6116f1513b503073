"""Video files through FFmpeg's libraries (PyAV), robust against damage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
from av.container import InputContainer

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.decode import READ_ERRORS, Decoder, has_video, nominal_rate, reason
from awry.video.source import SourceHealth


class VideoFile:
    """The frames of a video file.

    A damaged file yields every frame that can be had. A frame is flagged where the decoder
    reported an error in it, and where it is built on such a frame or on a lost packet, that is
    until the next key frame. Damage that the codec cannot notice is not flagged. Packets that
    gave no frame are counted in `health.lost`; the frames after them move up by one index, and
    their times stay right. What is wrong at the end of the file is known after the last frame.

    Times come from the presentation stamps, so variable rates are kept; the first frame's time
    is 0. Missing stamps, and stamps that go back, are replaced by the nominal step and noted.
    Rotation metadata are ignored.

    Args:
        path: a file that FFmpeg can read.
        name: how the clip is called; by default the file's stem.

    Raises:
        SourceError: there is no such file, it is empty or unreadable, or it holds no video; while
            iterating, not one frame can be decoded.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or self.path.stem
        self.health = SourceHealth()
        with self._open() as container:
            self.fps = nominal_rate(container)

    def __iter__(self) -> Iterator[Frame]:
        self.health = health = SourceHealth()
        index = -1
        with self._open() as container:
            try:
                for frame in Decoder(container, health).frames():
                    index = frame.index
                    yield frame
            except av.FFmpegError as error:
                health.notes.append(f"Reading {self.path} stopped early: {reason(error)}.")
        if index < 0:
            raise SourceError(
                f"Not one frame of {self.path} can be decoded; "
                "the file is damaged or its codec is unknown."
            )

    def _open(self) -> InputContainer:
        try:
            if self.path.stat().st_size == 0:
                raise SourceError(f"The video file {self.path} is empty (zero bytes).")
            # All programme tables: a transport stream's first one may be the damaged one.
            container = av.open(str(self.path), options={"scan_all_pmts": "1"})
        except READ_ERRORS as error:
            raise SourceError(
                f"Cannot read {self.path} as video: {reason(error)}; "
                "the file may be truncated, damaged or no video at all."
            ) from error
        if not has_video(container):
            container.close()
            raise SourceError(f"The file {self.path} holds no video stream that can be decoded.")
        return container
