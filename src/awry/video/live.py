"""Network streams and camera devices, with limits on how long they may keep silent."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

import av
from av.container import InputContainer

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.address import STREAM_PREFIXES, name_of, redact
from awry.video.clock import container_start
from awry.video.container import (
    check_video,
    claimed_rate,
    decoder_options,
    held_streams,
    main_video,
)
from awry.video.decode import Decoder
from awry.video.ending import WITHOUT_CLOCK, Ending, is_closed
from awry.video.hardware import accelerator, remark_of
from awry.video.source import SourceHealth
from awry.video.unpack import READ_ERRORS, reason
from awry.video.watch import PictureWatch


class _Live:
    """What streams and cameras share: opened at once, read once."""

    is_live = True
    started_at: datetime | None = None

    def __init__(
        self,
        what: str,
        address: str,
        *,
        name: str,
        format: str | None,
        options: dict[str, str],
        connect_timeout_s: float,
        read_timeout_s: float,
    ) -> None:
        self._what = what
        self._read_timeout_s = read_timeout_s
        self._container: InputContainer | None = None
        self._read = False
        self.name = name
        self.health = SourceHealth()
        self._container = self._open(address, format, options, connect_timeout_s)
        self._clock = time.monotonic if self._container.format.name in WITHOUT_CLOCK else None
        self.fps = None if self._clock else claimed_rate(self._container)
        self.streams = held_streams(self._container)

    def _open(
        self, address: str, format: str | None, options: dict[str, str], timeout_s: float
    ) -> InputContainer:
        device = accelerator()
        began = time.monotonic()
        try:
            container = av.open(
                address,
                format=format,
                options={**options, **decoder_options()},
                timeout=(timeout_s, self._read_timeout_s),
                hwaccel=device,
            )
        except READ_ERRORS as error:
            problem = _problem(error, time.monotonic() - began, timeout_s)
        else:
            if main_video(container) is not None:
                check_video(container, self._what)
                if device is not None:
                    remark_of(container, self.health.remark)
                return container
            container.close()
            problem = "it carries no video that can be decoded"
        # Outside of the handler: FFmpeg's own error repeats the address with its password.
        raise SourceError(f"Cannot open {self._what}: {problem}.")

    def __iter__(self) -> Iterator[Frame]:
        if self._container is None or self._read:
            raise SourceError(f"A live source is read once; open {self._what} anew.")
        self._read = True
        decoder = Decoder(
            self._container,
            self.health,
            live=True,
            clock=self._clock,
        )
        watch = PictureWatch(self.health)
        last_s = None
        try:
            frames = decoder.frames()
            while True:
                began = time.monotonic()
                frame = next(frames, None)
                if frame is None:
                    break
                last_s = frame.time_s
                if self.is_live and self.started_at is None:
                    self.started_at = datetime.now().astimezone() - timedelta(seconds=last_s or 0)
                watch.see(frame)
                yield frame
            problem = self._loss(None, last_s)
        except READ_ERRORS as error:
            problem = self._problem(error, time.monotonic() - began, last_s)
        finally:
            self.close()
        if problem:
            raise SourceError(f"Lost {self._what}: {problem}.")

    def _problem(self, error: Exception, waited_s: float, last_s: float | None) -> str | None:
        if waited_s < self._read_timeout_s and is_closed(error):
            return self._loss(error, last_s)
        return _problem(error, waited_s, self._read_timeout_s)

    def _loss(self, error: Exception | None, last_s: float | None) -> str | None:
        """What was lost when the other side ended it, with or without an error; or None."""
        raise NotImplementedError

    def close(self) -> None:
        """Close the connection; harmless when it is closed already."""
        container, self._container = self._container, None
        if container is not None:
            container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


class LiveStream(_Live):
    """A stream from the network, by an address that starts with one of `STREAM_PREFIXES`.

    Connects at once; iterating reads it, once. Over HTTP both pushed JPEG pictures
    (multipart/x-mixed-replace) and plain video files work. Times are the stream's own and start
    at 0; pushed JPEG pictures carry none, so theirs are the times of arrival and `fps` is None.
    Frames before the first key frame are not delivered. `name` and all messages show the address
    without its secrets (`awry.video.address.redact`).

    Args:
        url: the address.
        connect_timeout_s: seconds until the stream must be open, including finding its format.
        read_timeout_s: seconds within which the next data must arrive.
        name: how the stream is called; by default what may be shown of its address.

    Raises:
        SourceError: no connection, no answer in time or no video; while iterating, the
            connection is lost, or silent for too long. The other side's end of a stream is a loss;
            only a file that HTTP or a playlist sends ends in order.

    Attributes:
        is_live: whether frames come in their own time; a file that is sent waits for its reader.
        is_file: whether it is a file of an announced length.
        started_at: this machine's clock at the first frame, None before it; of a file, what it says
            itself.
        streams: what the container holds.
    """

    def __init__(
        self,
        url: str,
        connect_timeout_s: float = 10,
        read_timeout_s: float = 10,
        *,
        name: str | None = None,
    ) -> None:
        scheme, separator, rest = url.partition("://")
        # FFmpeg knows no capital letters here.
        url = scheme.lower() + separator + rest
        if not url.startswith(STREAM_PREFIXES):
            raise SourceError(
                f"Cannot open {redact(url)}: expected an address that starts with "
                f"{', '.join(STREAM_PREFIXES)}."
            )
        options = {"rtsp_flags": "prefer_tcp"} if url.startswith("rtsp") else {}
        if url.startswith("http"):
            # Measuring the rate of pictures that arrive slowly would outlast the time limit.
            options = {"fpsprobesize": "2"}
        super().__init__(
            f"the stream {redact(url)}",
            url,
            name=name or name_of(url),
            format=None,
            options=options,
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        assert self._container is not None
        self._url = url
        self._ending = Ending.of(self._container, url)
        self.is_live = not self._ending.is_file
        self.is_file = self._ending.is_file and not self._ending.is_open
        if not self.is_live:
            self.started_at = container_start(self._container.metadata)

    def _loss(self, error: Exception | None, last_s: float | None) -> str | None:
        return self._ending.loss(error, last_s, self._url)


class Camera(_Live):
    """A camera of this machine.

    Opens at once; iterating reads it, once. Times are the driver's and start at 0.

    Args:
        device: a number (0 is the first camera), a Linux device such as `/dev/video0`, or a
            camera's name on Windows.
        format: FFmpeg's input format; by default the system's own.
        connect_timeout_s: seconds until the camera must be open.
        read_timeout_s: seconds within which the next frame must arrive.

    Raises:
        SourceError: there is no such camera or it cannot be opened; while iterating, it went away
            or is silent for too long.
    """

    def __init__(
        self,
        device: int | str,
        *,
        format: str | None = None,
        connect_timeout_s: float = 10,
        read_timeout_s: float = 10,
    ) -> None:
        system_format, address = device_input(str(device))
        super().__init__(
            f"the camera {device}",
            address if format is None else str(device),
            name=f"camera-{device}" if str(device).isdigit() else str(device).rsplit("/", 1)[-1],
            format=format or system_format,
            options={},
            connect_timeout_s=connect_timeout_s,
            read_timeout_s=read_timeout_s,
        )
        # Pictures that FFmpeg makes up may end; a camera does not.
        self._may_end = format == "lavfi"

    def _loss(self, error: Exception | None, last_s: float | None) -> str | None:
        return None if self._may_end else "the device ended it"


def device_input(device: str, system: str = sys.platform) -> tuple[str, str]:
    """FFmpeg's input format and address for a camera."""
    if system == "darwin":
        return "avfoundation", device
    if system == "win32":
        return "dshow", f"video={device}"
    return "v4l2", f"/dev/video{device}" if device.isdigit() else device


def _problem(error: Exception, waited_s: float, limit_s: float) -> str:
    # FFmpeg reports its time limit under several names.
    if waited_s >= limit_s:
        return f"nothing came for {limit_s:g} seconds; check the address and the network"
    return reason(error)
