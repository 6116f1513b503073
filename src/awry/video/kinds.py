"""What kind of file something is: by its ending or, where that tells nothing, its first bytes."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path


class Kind(Enum):
    """What a file is to somebody who looks for footage."""

    VIDEO = "video"
    PICTURE = "picture"
    UNSUPPORTED = "footage that cannot be read"
    UNREADABLE = "a file that may not be read"
    BACKUP = "a backup or an unfinished copy"
    HIDDEN = "hidden footage"
    OTHER = "no footage"
    LITTER = "what file managers leave behind"


# fmt: off
VIDEO_ENDINGS = frozenset({
    ".264", ".265", ".3g2", ".3gp", ".3gpp", ".amv", ".asf", ".av1", ".avi", ".cine", ".dav",
    ".divx", ".dv", ".dvr-ms", ".evo", ".f4v", ".flc", ".fli", ".flv", ".gxf", ".h261", ".h263",
    ".h264", ".h265", ".hevc", ".ivf", ".m1v", ".m2p", ".m2t", ".m2ts", ".m2v", ".m4v", ".mjpeg",
    ".mjpg", ".mk3d", ".mkv", ".mov", ".mp2v", ".mp4", ".mp4v", ".mpe", ".mpeg", ".mpg", ".mpv",
    ".mqv", ".mts", ".mxf", ".nsv", ".nut", ".obu", ".ogm", ".ogv", ".qt", ".rm", ".rmvb", ".tod",
    ".tp", ".trp", ".ts", ".vc1", ".vob", ".webm", ".wm", ".wmv", ".wtv", ".xvid", ".y4m",
})
# Lossless first: of a frame that is there in several formats, the first is taken.
PICTURE_ENDINGS = (
    ".tif", ".tiff", ".png", ".bmp", ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".dib", ".sgi",
    ".pcx", ".jp2", ".j2k", ".jpx", ".jpf", ".j2c", ".jpc", ".webp", ".avif", ".avifs", ".gif",
    ".apng", ".jpg", ".jpeg", ".jpe", ".jfif", ".mpo",
)
MOVING_ENDINGS = frozenset({".gif", ".apng", ".webp", ".avif", ".avifs"})
"""Pictures that may be short films."""

_PICTURES = frozenset(PICTURE_ENDINGS)
_UNSUPPORTED = frozenset({
    ".heic", ".heif", ".jxl", ".exr", ".hdr", ".dng", ".cr2", ".cr3", ".nef", ".arw", ".orf",
    ".rw2", ".raf", ".yuv", ".braw", ".r3d", ".fits", ".dcm", ".dpx",
})
_BACKUPS = frozenset({
    ".bak", ".old", ".orig", ".tmp", ".temp", ".part", ".partial", ".crdownload", ".swp",
})
_OTHER = frozenset({
    ".txt", ".csv", ".tsv", ".json", ".jsonl", ".xml", ".yaml", ".yml", ".toml", ".ini", ".cfg",
    ".md", ".rst", ".html", ".htm", ".css", ".js", ".pdf", ".doc", ".docx", ".xls", ".xlsx",
    ".log", ".py", ".m", ".sh", ".bat", ".exe", ".dll", ".mat", ".npy", ".npz", ".pkl", ".h5",
    ".hdf5", ".parquet", ".safetensors", ".onnx", ".pt", ".pth", ".srt", ".vtt", ".ass", ".sub",
    ".idx", ".nfo", ".thm", ".lrv", ".url", ".lnk", ".db", ".sqlite", ".md5", ".sha1", ".sha256",
    ".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar", ".zst", ".iso", ".mp3", ".wav",
    ".aac", ".flac", ".m4a", ".m4b", ".ogg", ".oga", ".opus", ".wma", ".mka", ".m3u", ".m3u8",
    ".ffconcat", ".svg", ".ico", ".psd", ".eps", ".ps", ".ipynb", ".gitignore",
})
# fmt: on
_LITTER = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", ".ds_store", ".directory"})
_HEAD = 4096
_FAR = 2**22
_JPEG_AFTER_JPEG = b"\xff\xd9\xff\xd8\xff"


def ending_of(name: str) -> str:
    """The ending in lower case, with its dot.

    >>> ending_of("a/b.MP4"), ending_of(".hidden")
    ('.mp4', '')
    """
    return os.path.splitext(name)[1].lower()  # noqa: PTH122 - a name, for speed


def is_video(path: Path) -> bool:
    """True for a name with a video's ending that is not hidden; the file is not looked at."""
    return ending_of(path.name) in VIDEO_ENDINGS and not path.name.startswith(".")


def has_footage_ending(name: str) -> bool:
    """Whether a name, not hidden, ends like a video's or a picture's; no file is looked at."""
    ending = ending_of(name)
    return (ending in VIDEO_ENDINGS or ending in _PICTURES) and not name.startswith(".")


def kind_of(name: str, path: str | Path) -> Kind:
    """What kind an ordinary file is.

    Args:
        name: the file's name, without its folder.
        path: where its first bytes are read, if the name tells nothing.
    """
    ending = ending_of(name)
    if name.startswith("._") or name.lower() in _LITTER:
        return Kind.LITTER
    if name.startswith("."):
        return Kind.HIDDEN if _by_ending(ending) in (Kind.VIDEO, Kind.PICTURE) else Kind.LITTER
    if ending in _BACKUPS or name.endswith(("~", "_original")):
        return Kind.BACKUP
    known = _by_ending(ending)
    if known is not None:
        return known
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - a text path, for speed
            head = file.read(_HEAD)
            if head.startswith(b"\xff\xd8\xff") and _JPEG_AFTER_JPEG in head + file.read(_FAR):
                return Kind.VIDEO
            return _by_content(head)
    except OSError:
        return Kind.UNREADABLE


def _by_ending(ending: str) -> Kind | None:
    if ending in _PICTURES:
        return Kind.PICTURE
    if ending in VIDEO_ENDINGS:
        return Kind.VIDEO
    if ending in _UNSUPPORTED:
        return Kind.UNSUPPORTED
    return Kind.OTHER if ending in _OTHER else None


# fmt: off
_VIDEO_STARTS = (
    b"\x1a\x45\xdf\xa3",  # Matroska, WebM
    b"FLV\x01", b"\x30\x26\xb2\x75\x8e\x66\xcf\x11",  # Windows Media
    b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"\x00\x00\x01\xb0",  # MPEG
    b"\x00\x00\x00\x01\x67", b"\x00\x00\x00\x01\x27", b"\x00\x00\x00\x01\x47",  # H.264
    b"\x00\x00\x00\x01\x09", b"\x00\x00\x00\x01\x40", b"\x00\x00\x00\x01\x46",  # H.264, HEVC
    b"\x00\x00\x01\x67", b"\x00\x00\x01\x27", b"\x00\x00\x01\x09", b"\x00\x00\x01\x40\x01",
    b".RMF", b"DHAV", b"DAHUA", b"IMKH", b"YUV4MPEG2", b"\x06\x0e\x2b\x34", b"DKIF",
    b"nut/multimedia",
)
_PICTURE_STARTS = (
    b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*", b"GIF87a", b"GIF89a",
    b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51", b"P5\n", b"P6\n", b"P5 ", b"P6 ",
)
_ATOMS = (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot")
# fmt: on


def _by_content(head: bytes) -> Kind:
    if head.startswith(_VIDEO_STARTS):
        return Kind.VIDEO
    if head.startswith(_PICTURE_STARTS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PICTURE
    if head[:2] == b"BM" and head[6:10] == bytes(4):
        return Kind.PICTURE
    if head[:4] == b"RIFF" and head[8:12] in (b"AVI ", b"CDXA"):
        return Kind.VIDEO
    if head[4:8] in _ATOMS:
        return _by_brand(head[8:12]) if head[4:8] == b"ftyp" else Kind.VIDEO
    if head[:4] == b"OggS":
        return Kind.VIDEO if b"theora" in head or b"video" in head else Kind.OTHER
    return Kind.VIDEO if _is_transport_stream(head) else Kind.OTHER


def _by_brand(brand: bytes) -> Kind:
    if brand in (b"M4A ", b"M4B ", b"M4P "):
        return Kind.OTHER
    if brand in (b"avif", b"avis"):
        return Kind.PICTURE
    return Kind.UNSUPPORTED if brand in (b"heic", b"heix", b"mif1", b"msf1") else Kind.VIDEO


def _is_transport_stream(head: bytes) -> bool:
    """MPEG's packets of 188 bytes, or of 192 with a time in front, begin with 0x47."""
    return any(
        len(head) > start + 4 * size and all(head[start + k * size] == 0x47 for k in range(5))
        for start, size in ((0, 188), (4, 192), (0, 204))
    )
