"""A camera's packets as MP4 in small fragments, for browsers that play while it comes."""

from __future__ import annotations

from typing import IO, cast

from awry.watch.ingest.clip_file import FILE_ERRORS, CopiedFile
from awry.watch.ingest.packets import Codec, Piece
from awry.watch.ipc.live import LiveBegin

_OPTIONS = {
    # A fragment for each picture: nothing waits for the next ones.
    "movflags": "empty_moov+default_base_moof+frag_every_frame",
    "flush_packets": "1",
    "use_editlist": "0",
}


class _Spool:
    """Takes what FFmpeg writes, until it is taken away."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def write(self, data: bytes) -> int:
        self._parts.append(bytes(data))
        self._size += len(data)
        return len(data)

    def tell(self) -> int:
        return self._size

    def seek(self, place: int, whence: int = 0) -> int:
        return self._size  # nothing is ever written twice

    def close(self) -> None:
        self._parts.clear()

    def take(self) -> bytes:
        data = b"".join(self._parts)
        self._parts.clear()
        return data


class LiveVideo:
    """Packets become a stream of MP4: copied, never encoded anew.

    Args:
        codec: of the packets.

    Raises:
        AwryError: MP4 cannot hold this video.
    """

    def __init__(self, codec: Codec) -> None:
        self._codec = codec
        self._spool = _Spool()
        self._file = CopiedFile(cast("IO[bytes]", self._spool), codec, None, None, _OPTIONS)

    def add(self, piece: Piece) -> bytes:
        """The bytes that are ready with this packet; may be empty.

        Raises:
            OSError, ValueError, FFmpegError: FFmpeg cannot write this packet.
        """
        self._file.write(piece)
        return self._spool.take()

    def begin(self, first: bytes) -> LiveBegin:
        """What a browser must know of the stream, from its first bytes."""
        codecs = codecs_of(first)
        mime = f'video/mp4; codecs="{codecs}"' if codecs else ""
        return LiveBegin(mime, self._codec.name, self._codec.width, self._codec.height)

    def close(self) -> None:
        """End the stream."""
        try:
            self._file.finish()
        except FILE_ERRORS:
            return


def codecs_of(first: bytes) -> str:
    """The codec of a video as browsers name it (RFC 6381), from the beginning of its MP4.

    Returns:
        e.g. `avc1.42c01e`, `hev1.1.6.L93.b0`, `vp09.00.21.08` or `av01.0.04M.08`; empty where it
        is another codec.
    """
    if (place := first.find(b"avcC")) >= 0:
        return f"avc1.{first[place + 5 : place + 8].hex()}"
    if (place := first.find(b"hvcC")) >= 0:
        name = "hvc1" if b"hvc1" in first[:place] else "hev1"
        return f"{name}.{_hevc(first[place + 5 : place + 17])}"
    if (place := first.find(b"vpcC")) >= 0:
        profile, level, depth = first[place + 8 : place + 11]
        return f"vp09.{profile:02}.{level:02}.{depth >> 4:02}"
    if (place := first.find(b"av1C")) >= 0:
        return _av1(first[place + 5 : place + 7])
    return ""


def _av1(told: bytes) -> str:
    """Profile, level, tier and bits of AV1 from the two bytes of `av1C` that tell them."""
    tier = "H" if told[1] & 0x80 else "M"
    bits = 12 if told[1] & 0x60 == 0x60 else 10 if told[1] & 0x40 else 8
    return f"av01.{told[0] >> 5}.{told[0] & 0x1F:02}{tier}.{bits:02}"


def _hevc(profile: bytes) -> str:
    """Profile, tier and level of H.265 from the twelve bytes of `hvcC` that tell them."""
    space = ("", "A", "B", "C")[profile[0] >> 6]
    tier = "H" if profile[0] & 0x20 else "L"
    compatible = int(f"{int.from_bytes(profile[1:5], 'big'):032b}"[::-1], 2)
    constraints = profile[5:11].rstrip(b"\0")
    parts = [f"{space}{profile[0] & 0x1F}", f"{compatible:x}", f"{tier}{profile[11]}"]
    return ".".join([*parts, *(f"{one:x}" for one in constraints)])
