"""Pixel masks of any depth and values, held to their clip."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from awry.datasets.arrays import load_array
from awry.datasets.clips import frame_size, known_length
from awry.errors import DatasetError
from awry.video.images import image_files
from awry.video.limits import check_pixels
from awry.video.pages import (
    is_turned,
    opened,
    page_count,
    page_numbers,
    said_of,
    tiff_tags,
    upright_size,
)

Masks = Callable[[], NDArray[np.bool_]]

_FAINT = 64
"""Lossy formats blur: below this, an object's number cannot be told from noise."""


@dataclass(frozen=True, slots=True)
class MaskReader:
    """Reads the masks of a clip.

    Attributes:
        read: bool (n, H, W), held to the clip; raises `DatasetError`.
        check: as much of that as can be told without reading all of them.
    """

    read: Masks
    check: Callable[[], object]

    def __call__(self) -> NDArray[np.bool_]:
        return self.read()


@dataclass(frozen=True, slots=True)
class LabelsOfMasks:
    """Labels that mark the frames whose mask has any pixel."""

    masks: Masks

    def __call__(self) -> NDArray[np.uint8]:
        abnormal: NDArray[np.bool_] = np.any(self.masks(), axis=(1, 2))
        return abnormal.astype(np.uint8)

    def check(self) -> None:
        """As far as the masks can be checked without reading all of them.

        Raises:
            DatasetError: they do not fit.
        """
        getattr(self.masks, "check", self.masks)()


def mask_values(path: Path, page: int = 0) -> NDArray[Any]:
    """The values of a mask's picture, at their full depth.

    Palettes are looked up, unless all their colours are black; transparent pixels are 0, and a
    picture that is black all over with a shape in its transparency is that shape.

    Args:
        path: a picture file, 1 to 64 bits, whole or floating-point numbers.
        page: which of its pictures, from 0.

    Returns:
        Any number type; (H, W), or (H, W, 3) where the channels differ.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        with opened(path) as picture:
            if page:
                picture.seek(page_numbers(picture)[page])
            if not _is_deep_colour(picture):
                picture.load()
                return _values(ImageOps.exif_transpose(picture) if is_turned(picture) else picture)
    except OSError as error:
        if not isinstance(error.__cause__, UnidentifiedImageError):
            raise
        tags = tiff_tags(path)
        check_pixels(int(tags.get(256, 0)), int(tags.get(257, 0)), path)
    return _by_opencv(path)


def _is_deep_colour(picture: Image.Image) -> bool:
    """16-bit colours, of which Pillow keeps 8 bits."""
    return len(picture.getbands()) > 1 and ";16" in str(getattr(picture, "tile", ""))


def _values(picture: Image.Image) -> NDArray[Any]:
    if picture.mode in ("1", "L", "F") or picture.mode.startswith("I"):
        return np.asarray(picture)
    if picture.mode == "P" and not any(picture.getpalette() or ()):
        return np.asarray(picture)
    if "A" in picture.getbands() or "transparency" in picture.info:
        both = np.asarray(picture.convert("RGBA"))
        return _visible(both[:, :, :3], both[:, :, 3])
    return _one_channel(np.asarray(picture.convert("RGB")))


def _visible(colours: NDArray[Any], opacity: NDArray[Any]) -> NDArray[Any]:
    """Colours where they can be seen; a black picture is the shape of its opacity."""
    if not colours.any():
        return opacity if opacity.min() != opacity.max() else colours[:, :, 0]
    return _one_channel(np.where(opacity[:, :, None] > 0, colours, 0))


def _one_channel(colours: NDArray[Any]) -> NDArray[Any]:
    first, second, third = np.moveaxis(colours, 2, 0)
    if np.array_equal(first, second) and np.array_equal(first, third):
        return first
    return colours


def _by_opencv(path: Path) -> NDArray[Any]:
    """16-bit colours, and TIFF of numbers that Pillow does not know."""
    try:
        decoded = cv2.imdecode(np.fromfile(path, np.uint8), cv2.IMREAD_UNCHANGED)
    except (cv2.error, MemoryError):
        decoded = None
    if decoded is None:
        raise OSError("it is no picture of a known kind")
    values = np.asarray(decoded)
    if values.ndim == 2:
        return values
    if values.shape[2] == 4:
        return _visible(values[:, :, :3], values[:, :, 3])
    return _one_channel(values)


def read_mask(path: Path, page: int = 0) -> NDArray[np.bool_]:
    """One mask: any pixel that is not 0 is abnormal, whatever its number or colour.

    JPEG and other lossy formats blur: there, pixels above half of the range are abnormal.

    Returns:
        bool (H, W).

    Raises:
        OSError: the file cannot be read, holds NaN, or is lossy and too faint to be told from
            noise.
    """
    values = mask_values(path, page)
    if values.dtype.kind == "f" and np.isnan(values).any():
        raise OSError("it holds NaN")
    if _is_lossy(path):
        return _above_noise(values)
    marked = values != 0
    return marked if marked.ndim == 2 else marked[:, :, 0] | marked[:, :, 1] | marked[:, :, 2]


def _is_lossy(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
    webp = head[:4] == b"RIFF" and head[8:16] in (b"WEBPVP8 ", b"WEBPVP8X")
    return head[:3] == b"\xff\xd8\xff" or webp or head[4:12] == b"ftypavif"


def _above_noise(values: NDArray[Any]) -> NDArray[np.bool_]:
    bright = values if values.ndim == 2 else values.max(axis=2)
    top = int(bright.max())
    if 0 < top < _FAINT:
        raise OSError(
            f"its brightest value is {top}, which a lossy format such as JPEG does not keep "
            "apart from noise; use PNG, BMP or TIF"
        )
    return bright > min(top, 255) // 2


def read_mask_images(files: Sequence[Path], clip: str) -> NDArray[np.bool_]:
    """Read one mask for each picture; a file may hold several.

    Args:
        files: picture files, in the order of the frames.
        clip: the clip's name, for messages.

    Returns:
        bool (n, H, W).

    Raises:
        DatasetError: a picture cannot be read, or they differ in size.
    """
    masks: list[NDArray[np.bool_]] = []
    for path in files:
        for page in range(page_count(path)):
            try:
                masks.append(read_mask(path, page))
            except OSError as error:
                why = said_of(path, error)
                raise DatasetError(f"The mask {path} of {clip} cannot be read: {why}") from error
            if masks[-1].shape != masks[0].shape:
                raise DatasetError(
                    f"The masks of {clip} differ in size: {path.name} is "
                    f"{masks[-1].shape[1]} x {masks[-1].shape[0]}, {files[0].name} is "
                    f"{masks[0].shape[1]} x {masks[0].shape[0]}."
                )
    return np.stack(masks)


def picture_masks(where: Path, clip: str, frames: Path) -> MaskReader:
    """The masks in a folder of pictures, or in one file with several.

    Args:
        where: the folder or file.
        clip: the clip's name, for messages.
        frames: the clip: a folder of pictures or a video.
    """

    def files() -> list[Path]:
        return [where] if where.is_file() else image_files(where)

    def check() -> None:
        pictures = files()
        count = sum(map(page_count, pictures))
        try:
            size = upright_size(pictures[0])
        except OSError:  # reading it will say why
            size = frame_size(frames)
        check_masks((count, *size), known_length(frames), frame_size(frames), clip, where)

    def read() -> NDArray[np.bool_]:
        masks = read_mask_images(files(), clip)
        return checked_masks(masks, known_length(frames), frame_size(frames), clip, where)

    return MaskReader(read, check)


def array_masks(file: Path, clip: str, frames: Path) -> MaskReader:
    """The masks in a `.npy` or `.npz` file; its header is held to the clip before it is read.

    Args:
        file, clip, frames: as in `picture_masks`.
    """

    def check() -> NDArray[Any]:
        array = load_array(file, mapped=True)
        shape = array.shape[:-1] if array.shape[-1:] == (1,) else array.shape
        check_masks(shape, known_length(frames), frame_size(frames), clip, file)
        return array.reshape(shape)

    def read() -> NDArray[np.bool_]:
        array = check()
        if array.dtype.kind == "f" and np.isnan(array).any():
            raise DatasetError(f"The masks of {clip} in {file} hold NaN.")
        return np.asarray(array != 0)

    return MaskReader(read, check)


def check_masks(
    shape: tuple[int, ...], length: int | None, size: tuple[int, int], clip: str, where: Path
) -> None:
    """Hold the shape of masks to their clip.

    Args:
        shape: of the masks, (n, H, W).
        length: number of frames of the clip, or None where counting is not cheap.
        size: (H, W) of the clip's frames.
        clip, where: the clip's name and the mask file or folder, for messages.

    Raises:
        DatasetError: another number of masks than frames, or of another size.
    """
    if len(shape) != 3:
        raise DatasetError(
            f"The masks of {clip} in {where} have the shape {shape}; expected (n, H, W)."
        )
    if length is not None and shape[0] != length:
        raise DatasetError(
            f"The masks of {clip} in {where} do not fit: {shape[0]} masks for {length} frames."
        )
    if shape[1:] != size:
        raise DatasetError(
            f"The masks of {clip} in {where} do not fit: masks of {shape[2]} x {shape[1]}, "
            f"frames of {size[1]} x {size[0]} pixels."
        )


def checked_masks(
    masks: NDArray[Any], length: int | None, size: tuple[int, int], clip: str, where: Path
) -> NDArray[np.bool_]:
    """Masks in the project's form.

    Args:
        masks: (n, H, W), not zero where abnormal.
        length, size, clip, where: as in `check_masks`.

    Returns:
        bool (n, H, W).

    Raises:
        DatasetError: as `check_masks`.
    """
    check_masks(masks.shape, length, size, clip, where)
    return np.asarray(masks != 0)
