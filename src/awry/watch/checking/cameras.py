"""Cameras that are opened to see whether they answer, all at once and in a bounded time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from awry.errors import AwryError
from awry.frames import Frame
from awry.video.address import is_device, redact, without_addresses
from awry.watch.site.model import Camera, Site

LOOK_S = 3.0
"""So long pictures are counted, for the rate that a stream really has."""
MORE_S = 5.0
"""Beyond the time limits of a connection, since FFmpeg keeps to them only roughly."""
MOST_AT_ONCE = 32
Opener = Callable[[str, float, float], Any]
"""Address, seconds to connect and to read within -> a source of frames, see `awry.video`."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a stream showed.

    Attributes:
        width, height: of its pictures, in pixels; 0 where none came.
        rate: pictures a second, as counted or as it says; None where neither is known.
        problem: a sentence, without secrets; empty where it works.
    """

    width: int = 0
    height: int = 0
    rate: float | None = None
    problem: str = ""


def open_live(address: str, connect_s: float, read_s: float) -> Any:
    """Open a stream or a camera of this machine.

    Raises:
        SourceError: it does not answer, or has no video.
    """
    from awry.video.live import Camera as Device
    from awry.video.live import LiveStream

    kind = Device if is_device(address) else LiveStream
    return kind(address, connect_timeout_s=connect_s, read_timeout_s=read_s)


def look_at_all(
    site: Site, opener: Opener = open_live, *, seconds: float = LOOK_S
) -> Mapping[tuple[str, str], Seen]:
    """Open every enabled camera's streams at the same time.

    Args:
        site: whose cameras.
        opener: opens one.
        seconds: how long each is watched.

    Returns:
        (camera, `detect` or `record`) -> what was seen. A stream that does not come to an end in
        its time limits has a sentence that says so.
    """
    wanted = [
        (camera, stream, secret.get_secret_value())
        for camera in site.cameras.values()
        if camera.enabled
        for stream in ("detect", "record")
        if (secret := getattr(camera, stream)) is not None
    ]
    seen: dict[tuple[str, str], Seen] = {}
    for first in range(0, len(wanted), MOST_AT_ONCE):
        some = wanted[first : first + MOST_AT_ONCE]
        seen |= _together(some, opener, seconds)
    return seen


def _together(
    wanted: list[tuple[Camera, str, str]], opener: Opener, seconds: float
) -> dict[tuple[str, str], Seen]:
    found: dict[tuple[str, str], Seen] = {}
    threads = []
    for camera, stream, address in wanted:

        def work(camera: Camera = camera, stream: str = stream, address: str = address) -> None:
            found[camera.name, stream] = _look(camera, address, opener, seconds)

        # Daemons, since what hangs in a driver must not keep the program from ending.
        threads.append(threading.Thread(target=work, daemon=True))
        threads[-1].start()
    limits = [one.connect_timeout_s + one.read_timeout_s for one, _, _ in wanted]
    end = time.monotonic() + max(limits, default=0) + seconds + MORE_S
    for thread in threads:
        thread.join(max(0.0, end - time.monotonic()))
    late = Seen(problem="It did not answer within its time limits; check address and network.")
    return {(one.name, stream): found.get((one.name, stream), late) for one, stream, _ in wanted}


def _look(camera: Camera, address: str, opener: Opener, seconds: float) -> Seen:
    try:
        source = opener(address, camera.connect_timeout_s, camera.read_timeout_s)
        try:
            return watched(source, seconds)
        finally:
            getattr(source, "close", lambda: None)()
    except AwryError as error:
        # The error shows addresses redacted already; once more, since nothing else may be shown.
        return Seen(problem=without_addresses(str(error), [address]))
    except Exception as error:  # a fault of a decoder is that stream's
        return Seen(problem=f"{redact(address)} cannot be read: {type(error).__name__}.")


def watched(source: Any, seconds: float) -> Seen:
    """Size and rate of what comes in a stream's first seconds.

    Args:
        source: gives frames, and says its `fps`.
        seconds: it is watched for so long from its first picture on.
    """
    times: list[float] = []
    size = (0, 0)
    end = None
    for frame in source:
        size = (frame.image.shape[0], frame.image.shape[1])
        times.append(_time_of(frame))
        end = end or time.monotonic() + seconds
        if time.monotonic() >= end:
            break
    if not times:
        return Seen(problem="It opened, but no picture came.")
    return Seen(size[1], size[0], _rate(times, source.fps))


def _time_of(frame: Frame) -> float:
    return time.monotonic() if frame.time_s is None else frame.time_s


def _rate(times: list[float], claimed: float | Fraction | None) -> float | None:
    """Pictures a second as counted, where there are enough; else as the stream says."""
    length = times[-1] - times[0]
    if len(times) >= 10 and length > 0.5:
        return (len(times) - 1) / length
    return None if claimed is None else float(claimed)
