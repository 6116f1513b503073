"""Connections to cameras: opened and read beside the process's own loop, which takes what came."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import av
from av.container import InputContainer
from av.stream import Stream

from awry.errors import SourceError
from awry.video.address import STREAM_PREFIXES, is_device, redact
from awry.video.container import check_video, decoder_options, has_clock, main_video
from awry.video.ending import is_closed
from awry.video.live import device_input
from awry.video.unpack import READ_ERRORS, STUBBORN, reason
from awry.watch.ingest.packets import Arrival, Codec, Lost, Opened, Piece

# So much is looked at to learn what a stream holds: FFmpeg's own limits take seconds.
_PROBE = {"analyzeduration": "500000", "probesize": "1000000"}
# What may wait between the reader and the loop; the camera's own buffer takes the rest.
_WAITING_BYTES = 16 * 2**20
# What only other settings can help against.
_REFUSALS = {
    "HTTPUnauthorizedError": "it refuses the user or the password",
    "HTTPForbiddenError": "it forbids this user to see the stream",
    "HTTPNotFoundError": "it has no such stream",
    "HTTPBadRequestError": "it does not understand the address",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a camera may keep silent, and what is read of it.

    Attributes:
        connect_s: seconds until the stream must be open.
        read_s: seconds within which the next data must come.
        audio: whether sound is read.
    """

    connect_s: float = 10.0
    read_s: float = 10.0
    audio: bool = False


class Feed(Protocol):
    """A connection, being made or standing."""

    def take(self) -> Sequence[Arrival]:
        """What came since, at once and in order; after a `Lost` nothing comes any more."""
        ...

    def close(self) -> None:
        """End it; harmless when it has ended."""
        ...


class Opener(Protocol):
    """What makes connections; tests and simulations give one of their own."""

    def __call__(self, address: str, limits: Limits, wake: threading.Event) -> Feed:
        """Begin to connect.

        Args:
            address: of the stream, with its password.
            limits: see `Limits`.
            wake: set whenever something came.
        """
        ...


class AvFeed:
    """A connection by FFmpeg, read by a thread of its own.

    Args:
        address: of the stream, with its password.
        limits: see `Limits`.
        wake: set whenever something came.
        monotonic: seconds of a clock that only grows.
    """

    def __init__(
        self,
        address: str,
        limits: Limits,
        wake: threading.Event,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._address = address
        self._limits = limits
        self._wake = wake
        self._monotonic = monotonic
        self._came: deque[Arrival] = deque()
        self._bytes = 0
        self._room = threading.Condition()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="reader", daemon=True)
        self._thread.start()

    def take(self) -> Sequence[Arrival]:
        """What came since, at once and in order."""
        with self._room:
            came = list(self._came)
            self._came.clear()
            self._bytes = 0
            self._room.notify_all()
        return came

    def close(self) -> None:
        """End the connection: at the next packet, or when the time limit is over."""
        with self._room:
            self._closed = True
            self._came.clear()
            self._bytes = 0
            self._room.notify_all()

    def join(self, seconds: float) -> bool:
        """Wait for the reader to end; whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        try:
            lost = self._read()
        except Exception as error:  # the reader must never die silently
            lost = Lost(f"Lost {redact(self._address)}: {type(error).__name__}.")
        self._put(lost)

    def _put(self, one: Arrival) -> None:
        size = len(one.data) if isinstance(one, Piece) else 0
        with self._room:
            while self._bytes + size > _WAITING_BYTES and self._bytes and not self._closed:
                self._room.wait()
            if self._closed:
                return
            self._came.append(one)
            self._bytes += size
        self._wake.set()

    def _read(self) -> Lost:
        opened = self._open()
        if isinstance(opened, Lost):
            return opened
        with opened as container:
            try:
                video = check_video(container, redact(self._address))
            except SourceError as error:
                return Lost(str(error), settings=True)
            audio = container.streams.audio[0] if self._wants_audio(container) else None
            codecs = {video.index: Codec.of(video)}
            if audio is not None:
                codecs[audio.index] = Codec.of(audio)
            self._put(
                Opened(
                    codecs[video.index],
                    None if audio is None else codecs[audio.index],
                    has_clock(container),
                )
            )
            streams: list[Stream] = [video] if audio is None else [video, audio]
            return self._lost(self._demux(container, streams, codecs))

    def _wants_audio(self, container: InputContainer) -> bool:
        return self._limits.audio and bool(container.streams.audio)

    def _open(self) -> InputContainer | Lost:
        shown = redact(self._address)
        where = place(self._address)
        if where is None:
            return Lost(
                f"Cannot open {shown}: expected an address that starts with "
                f"{', '.join(STREAM_PREFIXES)}, or a camera such as /dev/video0.",
                settings=True,
            )
        format, address, options = where
        began = self._monotonic()
        try:
            container = av.open(
                address,
                format=format,
                options={**options, **decoder_options()},
                timeout=(self._limits.connect_s, self._limits.read_s),
            )
        except READ_ERRORS as error:
            said = _REFUSALS.get(type(error).__name__)
            if said is not None:
                return Lost(f"Cannot open {shown}: {said}.", settings=True)
            return Lost(f"Cannot open {shown}: {self._words(error, began, connecting=True)}.")
        if main_video(container) is None:
            container.close()
            return Lost(
                f"Cannot open {shown}: it carries no video that can be decoded.", settings=True
            )
        return container

    def _demux(
        self, container: InputContainer, streams: list[Stream], codecs: dict[int, Codec]
    ) -> str:
        """Pass on packets until the connection is lost; returns how that came."""
        failures = 0
        while not self._closed:
            began = self._monotonic()
            try:
                for packet in container.demux(streams):
                    failures = 0
                    if packet.size and not packet.is_discard:
                        self._put(self._piece(packet, codecs))
                    if self._closed:
                        return "it was closed"
                    began = self._monotonic()
                return "the other side ended it"
            except (av.error.InvalidDataError, IndexError) as error:
                failures += 1
                if failures > STUBBORN:
                    return f"broken data: {reason(error)}"
            except READ_ERRORS as error:
                return self._words(error, began, connecting=False)
        return "it was closed"

    def _piece(self, packet: av.Packet, codecs: dict[int, Codec]) -> Piece:
        audio = packet.stream.type == "audio"
        piece = Piece(
            data=bytes(packet),
            pts=packet.pts,
            dts=packet.dts,
            duration=packet.duration or 0,
            time_base=packet.time_base,
            is_key=packet.is_keyframe,
            arrived=self._monotonic(),
            codec=codecs[packet.stream.index],
            audio=audio,
            corrupt=packet.is_corrupt,
            camera_s=camera_time(packet),
        )
        if not audio:
            piece.codec = codecs[packet.stream.index] = piece.codec.after(piece)
        return piece

    def _words(self, error: Exception, began: float, *, connecting: bool) -> str:
        limit = self._limits.connect_s if connecting else self._limits.read_s
        # FFmpeg reports its time limit under several names.
        if self._monotonic() - began >= limit:
            return f"nothing came for {limit:g} seconds"
        if is_closed(error) and not connecting:
            return "the other side ended it"
        return reason(error)

    def _lost(self, why: str) -> Lost:
        return Lost(f"Lost {redact(self._address)}: {why}.")


def place(address: str) -> tuple[str | None, str, dict[str, str]] | None:
    """FFmpeg's format, address and options of a camera; None where it is neither kind.

    >>> place("RTSP://camera/live")[1:2]
    ('rtsp://camera/live',)
    """
    scheme, separator, rest = address.partition("://")
    lower = scheme.lower() + separator + rest
    if lower.startswith(STREAM_PREFIXES):
        options = dict(_PROBE)
        if lower.startswith("rtsp"):
            options["rtsp_flags"] = "prefer_tcp"
        if lower.startswith("http"):
            # Measuring the rate of pictures that arrive slowly would outlast the time limit.
            options["fpsprobesize"] = "2"
        return None, lower, options
    if is_device(address):
        format, device = device_input(address)
        return format, device, {}
    return None


def camera_time(packet: av.Packet) -> float | None:
    """When a packet was taken, as RTCP reports say it by the camera's clock; None: unknown."""
    if not packet.has_sidedata("prft"):
        return None
    side: Any = packet.get_sidedata("prft")
    stamp = int.from_bytes(bytes(side)[:8], "little", signed=True)
    return stamp / 1e6 if stamp > 0 else None
