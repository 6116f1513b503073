"""Picture files: opened, counted and read page by page, upright, in 8 bits.

A file may hold several pictures: TIFF pages, animated GIF, PNG, WebP and AVIF, and JPEG with more
than one picture (MPO). Each that is as large as the first is a page here. Smaller copies of a
picture, which cameras and scanners add, are none.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, TiffImagePlugin, UnidentifiedImageError

from awry.errors import AwryError
from awry.names import shown
from awry.video.limits import check_pixels

BROWSER_MILLISECONDS = 100.0
"""How long browsers show a picture of an animation that gives no time."""

_READ_ERRORS = (
    ValueError, SyntaxError, EOFError, TypeError, KeyError, IndexError, AttributeError,
    OverflowError, ZeroDivisionError, MemoryError, struct.error, RuntimeError, NotImplementedError,
)  # fmt: skip
"""What Pillow raises on broken files, besides OSError."""
_ORIENTATION = 0x0112
_SUBFILE = 254
_ANIMATED = ("GIF", "PNG", "WEBP", "AVIF")
_OPENING = threading.Lock()


@contextmanager
def opened(path: Path) -> Iterator[Image.Image]:
    """A picture file at its first page, nothing of it decoded yet.

    Raises:
        OSError: also inside, whatever the reader raises: the file is unreadable, truncated, of a
            kind that is not supported, or larger than the limit. The message says which.
    """
    with told(path), _open(path) as picture:
        check_pixels(*picture.size, "it")
        yield picture


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Turn whatever reading a picture raises into an OSError that says why.

    Raises:
        OSError: anything went wrong inside.
    """
    try:
        yield
    except UnidentifiedImageError as error:
        raise OSError(_why_unknown(path)) from error
    except AwryError as error:
        raise OSError(str(error).rstrip(".")) from error
    except _READ_ERRORS as error:
        raise OSError(str(error) or type(error).__name__) from error


def _open(path: Path) -> Image.Image:
    # Pillow's own limit is lower than ours can be set; it holds while a header is read only.
    with _OPENING:
        before, Image.MAX_IMAGE_PIXELS = Image.MAX_IMAGE_PIXELS, None
        try:
            return Image.open(path)
        finally:
            Image.MAX_IMAGE_PIXELS = before


def _why_unknown(path: Path) -> str:
    """Why a reader that knows most formats does not know this one."""
    try:
        tags = tiff_tags(path)
    except OSError as error:
        return str(error)
    bits, form = (_first(tags.get(number, 1)) for number in (258, 339))
    forms = {1: "whole numbers", 2: "signed whole numbers", 3: "floating-point numbers"}
    return (
        f"TIFF with {_first(tags.get(277, 1))} samples of {bits} bits a pixel, "
        f"{forms.get(form, 'unknown')}, is not supported; convert it to 8 or 16 bits"
    )


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, tuple) and value else value


def tiff_tags(path: Path) -> Mapping[int, Any]:
    """The tags of a TIFF's first page, whether its pictures can be read or not.

    Raises:
        OSError: it is no TIFF, or its tags are broken.
    """
    with path.open("rb") as file:
        head = file.read(8)
        if head[:4] not in (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+"):
            raise OSError("it is no picture of a known kind")
        try:
            tags = TiffImagePlugin.ImageFileDirectory_v2(
                head + (file.read(8) if b"+" in head[2:4] else b"")
            )
            file.seek(tags.next)
            tags.load(file)
            return dict(tags)
        except Exception as error:  # whatever Pillow raises on damaged tags
            raise OSError("its TIFF header is broken") from error


def page_numbers(picture: Image.Image) -> list[int]:
    """Which pages of an opened file are frames, and which are not left out as smaller copies.

    Raises:
        OSError: as `opened`, inside of which this is to be called.
    """
    count = int(getattr(picture, "n_frames", 1))
    if count == 1:
        return [0]
    # An animated PNG may have a picture for readers that know no animation.
    first = int(bool(getattr(picture, "default_image", False)))
    if picture.format in _ANIMATED:
        return list(range(first, count))
    size, numbers = picture.size, []
    for number in range(count):
        picture.seek(number)
        is_copy = int(cast(Any, getattr(picture, "tag_v2", {})).get(_SUBFILE, 0)) & 0b101
        if picture.size == size and not is_copy:
            numbers.append(number)
    picture.seek(0)
    return numbers or [0]


def page_count(path: Path) -> int:
    """How many frames a picture file holds; 1 where it cannot be read: it keeps its place."""
    try:
        facts = path.stat()
        return _page_count(path, facts.st_size, facts.st_mtime_ns)
    except OSError:
        return 1


@lru_cache(maxsize=2**16)
def _page_count(path: Path, size: int, changed: int) -> int:
    with opened(path) as picture:
        return len(page_numbers(picture))


def is_animated(path: Path) -> bool:
    """Whether a picture file is a short film."""
    return page_count(path) > 1


def page_seconds(picture: Image.Image) -> float | None:
    """How long the page is shown; None where the format has no times."""
    milliseconds = _milliseconds(picture)
    return None if milliseconds is None else milliseconds / 1000


def _milliseconds(picture: Image.Image) -> float | None:
    if picture.format not in _ANIMATED:
        return None
    return float(picture.info.get("duration") or 0) or BROWSER_MILLISECONDS


def read_pages(path: Path) -> Iterator[tuple[float, NDArray[np.uint8] | OSError]]:
    """The frames of a file in order: seconds since its first one, and the picture.

    Where a picture cannot be read, the error stands in its place.

    Raises:
        OSError: the file cannot be read at all.
    """
    milliseconds = 0.0
    with opened(path) as picture:
        for number in page_numbers(picture):
            page: NDArray[np.uint8] | OSError
            try:
                with told(path):
                    picture.seek(number)
                    page = decoded(picture)
            except OSError as error:
                page = error
            yield milliseconds / 1000, page
            milliseconds += _milliseconds(picture) or 0.0


def decoded(picture: Image.Image) -> NDArray[np.uint8]:
    """The page that an opened file stands at.

    Grey is expanded to three equal channels, 16-bit is scaled by 1/257, palettes are looked up,
    alpha is dropped, other colour spaces are converted, and the picture is turned upright.

    Returns:
        uint8 (H, W, 3), RGB.

    Raises:
        OSError: as `opened`, inside of which this is to be called.
    """
    check_pixels(*picture.size, "it")
    picture.load()
    if is_turned(picture):
        picture = ImageOps.exif_transpose(picture)
    if picture.mode.startswith("I"):
        return _from_16_bit(np.asarray(picture))
    if picture.mode == "F":
        raise OSError("floating-point pictures are not supported; convert it to 8 or 16 bits")
    # Pillow warns about transparent palettes unless they become RGBA first.
    between = picture.convert("RGBA") if "transparency" in picture.info else picture
    return np.array(between.convert("RGB"))


def is_turned(picture: Image.Image) -> bool:
    """Whether a loaded page says that it is to be turned or mirrored before it is shown."""
    return picture.getexif().get(_ORIENTATION, 1) in range(2, 9)


def _from_16_bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    if values.dtype.itemsize > 2 and (values.min() < 0 or values.max() > 65535):
        raise OSError("32-bit pictures are not supported; convert it to 8 or 16 bits")
    grey = ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def upright_size(path: Path) -> tuple[int, int]:
    """(H, W) of a file's pictures as they are delivered; nothing but one header is read, if it can.

    Raises:
        OSError: as `opened`.
    """
    with opened(path) as picture:
        width, height = picture.size
        sideways = picture.format != "TIFF" and picture.getexif().get(_ORIENTATION, 1) > 4
        return (width, height) if sideways else (height, width)


def said_of(path: Path, error: OSError) -> str:
    """A sentence on why a picture could not be read, without its name in front."""
    try:
        empty = path.stat().st_size == 0
    except OSError:
        empty = False
    if empty:
        return "the file is empty (zero bytes)."
    reason = shown(error.strerror or str(error) or "it is unreadable").rstrip(".")
    return f"{reason}." if type(error) is OSError else f"{reason} ({type(error).__name__})."
