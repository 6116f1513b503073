"""Why a live source ended, and whether that was meant.

FFmpeg ends a stream whose other side closed the connection just like a file at its end. What is
no file was therefore lost.
"""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

from av.container import InputContainer

# Bare pictures one after another: the container's times are made up from a made-up rate.
WITHOUT_CLOCK = frozenset({"mpjpeg", "mjpeg"})
# Their size is that of the list, not that of the footage.
_PLAYLISTS = frozenset({"hls", "dash"})
# Seconds that the last frame may lie before the announced end.
_TOLERANCE_S = 2.0


@dataclass(frozen=True, slots=True)
class Ending:
    """What an open stream says of its end.

    Attributes:
        is_file: a file that is sent, which waits for its reader and may end.
        size: its bytes, or None where they were not announced.
        duration_s: its announced seconds, or None.
    """

    is_file: bool
    size: int | None
    duration_s: float | None

    @property
    def is_open(self) -> bool:
        """Whether it said nothing of its end."""
        return self.size is None and not self.duration_s

    @classmethod
    def of(cls, container: InputContainer, url: str) -> Ending:
        """Of a container that was opened by this address."""
        kind = container.format.name
        size = container.size if container.size > 0 and kind not in _PLAYLISTS else None
        duration_s = None if container.duration is None else container.duration / 1e6
        is_file = url.startswith("http") and kind != "mpjpeg"
        if kind in _PLAYLISTS:
            is_file = duration_s is not None
        elif kind in WITHOUT_CLOCK:
            is_file = is_file and size is not None
        return cls(is_file, size, duration_s)

    def loss(self, error: Exception | None, last_s: float | None, url: str) -> str | None:
        """What was lost when the other side closed the connection, or None.

        Args:
            error: what FFmpeg made of it; an input error where no length had been announced.
            last_s: the last frame's time.
            url: the address.
        """
        if self.duration_s and last_s is not None and last_s >= self.duration_s - _TOLERANCE_S:
            return None
        if not self.is_file:
            return "the other side ended it"
        if self.size is not None:
            return None if error is None else "it broke off before its announced end"
        # HTTP in chunks ends without an error even where the last chunk is missing. Without
        # chunks the connection's end is the file's, or the server's.
        if error is None:
            return "the other side ended it"
        return None if _answers(url) else "the other side ended it and answers no more"


def is_closed(error: Exception) -> bool:
    """Whether the error may just say that the other side closed the connection."""
    return isinstance(error, OSError) and error.errno == errno.EIO


def _answers(url: str) -> bool:
    place = urlsplit(url)
    port = place.port or (443 if place.scheme == "https" else 80)
    try:
        with socket.create_connection((place.hostname or "", port), timeout=2):
            return True
    except OSError:
        return False
