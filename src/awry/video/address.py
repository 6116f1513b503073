"""Addresses of streams: which there are, and how they are shown without their secrets."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

STREAM_PREFIXES = (
    *("rtsp://", "rtsps://", "rtmp://", "rtmps://", "http://", "https://"),
    *("udp://", "tcp://", "rtp://", "srt://"),
)
SYNTHETIC = "synthetic://"
"""Before the name of a drawn camera, where a site allows these."""

HIDDEN = "***"
# `//` may have become `/` where an address was taken for a path.
_SCHEMES = "|".join(prefix.removesuffix("://") for prefix in STREAM_PREFIXES)
_ADDRESS = re.compile(
    rf"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+(?=://)|(?i:{_SCHEMES})(?=:/)):/+(?P<rest>.*)", re.DOTALL
)
_NAMED = re.compile(r"(?P<name>[^\W\d][\w.-]*)=(?P<url>[A-Za-z][A-Za-z0-9+.-]+://.*)", re.DOTALL)
_PLACE = re.compile(r"(?P<place>[^/?#;\s]*)(?P<tail>.*)", re.DOTALL)
_HOST = re.compile(r"(?:[\w.-]+|\[[0-9A-Fa-f:.]+(?:%(?:25)?\w{1,15})?\])(?::\d{1,5})?")
# What makers call their streams. Any other word may be a password: cameras have it as a part of
# the path, as in /user=admin_password=123456_channel=1 or /live/NAME/PASSWORD/1.ts.
_WORDS = (
    "amp asf av avc axis bin cam camera cameras cgi ch chan channel channels cif dash default feed "
    "first flv h264 h265 hd hevc high hls image images img index isapi jpeg jpg live low m3u8 "
    "m4s main media mjpeg mjpg mov mp2 mp4 mpeg mpeg4 mpegts multicast nvr onvif play playlist "
    "preview primary profile qcif realmonitor sd sdp second secondary snap snapshot still stream "
    "streaming streams sub test track trackid ts unicast vga video videos view"
)
# The longest first and never taken back, so that no text takes long.
_LONGEST_FIRST = "|".join(sorted(_WORDS.split(), key=len, reverse=True))
# Long numbers may be passwords too.
_HARMLESS = re.compile(rf"(?:{_LONGEST_FIRST}|(?<!\d)\d{{1,3}}(?!\d)|[._-])++", re.IGNORECASE)
_HARMLESS_KEY = re.compile(
    r"(?:camera|cam|channel|chan|ch|subtype|stream|streamtype|profile|resolution|fps|width|height)"
    r"=(?:\d{1,4}(?:x\d{1,4})?)",
    re.IGNORECASE,
)
_DEVICE = re.compile(r"\d{1,3}|/dev/video\d+")
_OPTION = re.compile(r"^--[\w-]+=")
# What may be an address without its scheme; not a drive of Windows.
_SUSPICIOUS = re.compile(
    r"^(?![A-Za-z]:[\\/]).*:.*@|[?&;].*=|(?i:pass|pwd|psw|token|secret)[^/]*=", re.DOTALL
)


def is_address(text: str) -> bool:
    """Whether a text is an address rather than a path or a device."""
    return "://" in text


def is_device(text: str) -> bool:
    """Whether a text is a camera of this machine: a number or `/dev/videoN`, and no file."""
    path = Path(text)
    return bool(_DEVICE.fullmatch(text)) and not path.is_dir() and not path.is_file()


def is_live_place(text: str) -> bool:
    """Whether a text is an address or a device.

    >>> is_live_place("rtsp://camera/live"), is_live_place("/dev/video7"), is_live_place("a.mp4")
    (True, True, False)
    """
    return is_address(text) or is_device(text)


def named_address(text: str) -> tuple[str | None, str]:
    """Name and address of `NAME=ADDRESS`, or None and the whole text.

    >>> named_address("door=rtsp://camera/live")
    ('door', 'rtsp://camera/live')
    """
    match = _NAMED.fullmatch(text)
    return (match["name"], match["url"]) if match else (None, text)


def redact(url: str) -> str:
    """The address without whatever may be secret: scheme, host, port and harmless words.

    Of the path the first segments are shown that consist of words which makers use for streams
    (`live`, `channel`, `h264`, ...) and numbers of at most three digits; of the query, numbers of
    channels, profiles and sizes. Everything else becomes `***`; so does the host where a sign @
    further back leaves open where a password ends.

    >>> redact("rtsp://root:word@camera:554/Streaming/Channels/101?token=1&channel=2")
    'rtsp://***@camera:554/Streaming/Channels/101?***&channel=2'
    >>> redact("rtsp://camera/user=admin_password=1234_channel=1.sdp")
    'rtsp://camera/***'
    """
    match = _ADDRESS.fullmatch(url)
    if not match:
        return HIDDEN
    scheme, rest = match["scheme"].lower(), _PLACE.fullmatch(match["rest"])
    assert rest is not None
    user, at, host = rest["place"].rpartition("@")
    if "@" in rest["tail"] or not _HOST.fullmatch(host):
        return f"{scheme}://{HIDDEN}"
    path, question, query = rest["tail"].partition("?")
    path = _shown_path(path)
    shown = f"{scheme}://{HIDDEN if user else ''}{at}{host}{path}"
    return shown if HIDDEN in path else f"{shown}{question}{_shown_query(query)}"


def _shown_path(path: str) -> str:
    segments = path.split("/")
    for place, segment in enumerate(segments):
        if segment and not _HARMLESS.fullmatch(segment):
            # What follows an unknown word may belong to it: /admin/123/stream.
            return "/".join([*(segments[:place] or [""]), HIDDEN])
    return path


def _shown_query(query: str) -> str:
    parts = [part if _HARMLESS_KEY.fullmatch(part) else HIDDEN for part in query.split("&")]
    return "&".join(dict.fromkeys(parts)) if query else ""


def name_of(url: str) -> str:
    """How a stream is called in outputs: what `redact` shows, without scheme and asterisks.

    >>> name_of("rtsp://root:word@camera/live/root/word")
    'camera/live'
    """
    shown = redact(url).split("://", 1)[-1].removeprefix(f"{HIDDEN}@").lstrip("@")
    path, _, query = shown.partition("?")
    known = "&".join(part for part in query.split("&") if part not in ("", HIDDEN))
    return (path.replace(HIDDEN, "").rstrip("/") + (f"?{known}" if known else "")) or "stream"


def safe(what: str) -> str:
    """What a person typed for a source, as it may be repeated in a message.

    >>> safe("videos/monday.mp4"), safe("root:word@camera/live")
    ('videos/monday.mp4', '***')
    """
    name, url = named_address(what)
    if name is not None:
        return f"{name}={redact(url)}"
    if is_address(what) or _SUSPICIOUS.search(what) or _ADDRESS.fullmatch(what):
        return redact(what)
    return what


def without_addresses(message: str, typed: Iterable[str]) -> str:
    """A message in which none of the typed addresses stands with its secrets.

    Args:
        message: for people or logs.
        typed: words of a command line; those that hold an address, behind an option too, are
            replaced wherever they stand, also as a path that was made of them.
    """
    for word in typed:
        match = _ADDRESS.search(word)
        secret = match[0] if match else _OPTION.sub("", word)
        if safe(secret) != secret and not Path(secret).exists():
            for form in {secret, str(Path(secret)), repr(secret)[1:-1]}:
                message = message.replace(form, safe(secret))
    return message
