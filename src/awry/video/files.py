"""Video files through FFmpeg's libraries (PyAV), robust against damage."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
from av.codec.hwaccel import HWAccel
from av.container import InputContainer

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.clock import container_start
from awry.video.container import (
    NO_DECODER,
    check_video,
    decoder_options,
    main_video,
    the_video,
)
from awry.video.decode import Decoder, announced_frames
from awry.video.hardware import accelerator, opened
from awry.video.pace import measured_pace
from awry.video.source import SourceHealth
from awry.video.unpack import READ_ERRORS, reason


class VideoFile:
    """The frames of a video file.

    A damaged file yields every frame that can be had. A frame is flagged where the decoder
    reported an error in it, and where it is built on such a frame or on a lost one, that is
    until the next key frame. Damage that the codec cannot notice is not flagged. Frames that
    were lost are counted in `health.lost` and keep their places: the indices and times of those
    after them are the same as if nothing were lost. Where pictures are missing altogether, a gap
    in stamps that are otherwise evenly spaced tells how many. What is wrong at the end of the
    file is known after the last frame.

    Times come from the presentation stamps (see `Timeline`), so variable rates are kept; the first
    frame's time is 0. `fps` is measured at the stamps too; what the file claims counts where it
    has no stamps, or as the exact value of what was measured. Frames are upright: turned and
    mirrored as the file's display matrix says. Pixels are taken as stored, square or not. Of
    several videos in one file the default one is read, else that with the largest pictures; covers
    and thumbnails never.

    Args:
        path: a file that FFmpeg can read.
        name: how the clip is called; by default the file's stem.

    Attributes:
        started_at: when the recording began, as the file says; None where it does not.

    Raises:
        ConfigError: `$AWRY_DECODE` asks for hardware that is not there.
        SourceError: there is no such file, it is empty or unreadable, its pictures are beyond the
            limit (`awry.video.limits`), or it holds no video; while iterating, not one frame can
            be decoded.
    """

    def __init__(self, path: str | Path, name: str | None = None) -> None:
        self.path = Path(path)
        self.name = name or self.path.stem
        self.health = SourceHealth()
        accelerator()  # what is asked for in vain is refused before any work is done
        with self._open() as container:
            self._codec = the_video(container).codec_context.name
            self._pace = measured_pace(container)
            self.started_at = container_start(container.metadata)
        self.fps = self._pace.rate

    def __iter__(self) -> Iterator[Frame]:
        self.health = health = SourceHealth()
        index = -1
        with opened(self._open, self._codec, health.remark) as container:
            try:
                for frame in Decoder(container, health, pace=self._pace).frames():
                    index = frame.index
                    yield frame
            except READ_ERRORS as error:
                health.notes.append(f"Reading {self.path} stopped early: {reason(error)}.")
        if index < 0:
            raise SourceError(
                f"Not one frame of {self.path} can be decoded; "
                "the file is damaged or its codec is unknown."
            )

    def announced(self) -> int:
        """Frames that the file announces; those that could be had and the lost ones together.

        Nothing is decoded.

        Raises:
            SourceError: the file cannot be opened.
        """
        with self._open() as container:
            return announced_frames(container, self._pace)

    def frame_size(self) -> tuple[int, int]:
        """(H, W) of the first frame, upright.

        Raises:
            SourceError: not one frame can be decoded.
        """
        return next(iter(self)).image.shape[:2]

    def _open(self, device: HWAccel | None = None) -> InputContainer:
        try:
            if self.path.stat().st_size == 0:
                raise SourceError(f"The video file {self.path} is empty (zero bytes).")
            # All programme tables: a transport stream's first one may be the damaged one.
            options = {"scan_all_pmts": "1"}
            # Beyond the limit FFmpeg may forget the size. Most headers have it, so that nothing is
            # decoded; the codec's own data have it where they do not.
            for more in (decoder_options(), NO_DECODER, {}):
                container = av.open(str(self.path), options={**options, **more}, hwaccel=device)
                if (video := main_video(container)) is None or video.codec_context.width:
                    break
        except READ_ERRORS as error:
            raise SourceError(
                f"Cannot read {self.path} as video: {reason(error)}; "
                "the file may be truncated, damaged or no video at all."
            ) from error
        check_video(container, f"The file {self.path}")
        return container
