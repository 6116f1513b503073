"""Folders of pictures, and single pictures, as clips."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from natsort import natsorted, ns
from numpy.typing import NDArray
from PIL import Image

from awry.errors import SourceError
from awry.frames import Frame
from awry.video.source import SourceHealth

IMAGE_ENDINGS = frozenset({".tif", ".tiff", ".bmp", ".png", ".jpg", ".jpeg"})


def is_image(path: Path) -> bool:
    """True for a TIF, BMP, PNG or JPEG name that is not hidden."""
    return path.suffix.lower() in IMAGE_ENDINGS and not path.name.startswith(".")


def image_files(folder: Path) -> list[Path]:
    """The pictures of a folder in natural order (2 before 10), hidden files left out."""
    found = [path for path in folder.iterdir() if is_image(path) and path.is_file()]
    return natsorted(found, key=lambda path: path.name, alg=ns.IGNORECASE)


def read_image(path: Path) -> NDArray[np.uint8]:
    """Read one picture as RGB.

    Grey is expanded to three equal channels, 16-bit is scaled by 1/257, palettes are looked up,
    alpha is dropped.

    Returns:
        uint8 (H, W, 3), RGB.

    Raises:
        OSError: the file is unreadable, truncated or of a kind that is not supported.
    """
    try:
        with Image.open(path) as picture:
            picture.load()
            if picture.mode.startswith("I"):
                return _from_16_bit(np.asarray(picture))
            if picture.mode == "F":
                raise OSError("floating-point pictures are not supported")
            # Pillow warns about transparent palettes unless they become RGBA first.
            between = picture.convert("RGBA") if "transparency" in picture.info else picture
            return np.array(between.convert("RGB"))
    except (ValueError, SyntaxError, EOFError, Image.DecompressionBombError) as error:
        # Pillow reports some broken files by these instead of OSError.
        raise OSError(str(error)) from error


def _from_16_bit(values: NDArray[np.generic]) -> NDArray[np.uint8]:
    wide = values.astype(np.int64)
    if wide.min() < 0 or wide.max() > 65535:
        raise OSError("32-bit pictures are not supported")
    grey = ((wide + 128) // 257).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


class ImageFolder:
    """The pictures of a folder, in natural order; or a single picture as a clip of one frame.

    A picture that cannot be read gives no frame but keeps its place: the frames after it have
    the same indices as if it were good. Each such file is named in `health.notes` and counted in
    `health.lost`. A picture of another size than the first is delivered as it is.

    Args:
        path: a folder, or one picture.
        fps: frames per second; frame times are `index / fps`, or None without it.
        name: how the clip is called; by default the folder's name or the file's stem.

    Raises:
        SourceError: there is no such folder or file, or no picture in it; while iterating, none
            of the pictures can be read.
    """

    def __init__(self, path: str | Path, fps: float | None = None, name: str | None = None) -> None:
        path = Path(path)
        if fps is not None and not fps > 0:
            raise SourceError(f"Frames per second must be above zero, not {fps}.")
        try:
            self.files = [path] if path.is_file() else image_files(path)
        except OSError as error:
            raise SourceError(f"Cannot open {path}: {error.strerror}.") from error
        if not self.files:
            raise SourceError(
                f"The folder {path} holds no pictures; expected TIF, BMP, PNG or JPEG files."
            )
        self.path = path
        self.name = name or (path.stem if path.is_file() else path.resolve().name)
        self.fps = fps
        self.health = SourceHealth()

    def __len__(self) -> int:
        """Number of picture files, unreadable ones included."""
        return len(self.files)

    def __iter__(self) -> Iterator[Frame]:
        self.health = SourceHealth()
        for index, path in enumerate(self.files):
            try:
                image = read_image(path)
            except OSError as error:
                self.health.lost += 1
                self.health.notes.append(f"{path} was skipped: {_reason(path, error)}")
                continue
            yield Frame(index, None if self.fps is None else index / self.fps, image)
        if self.health.lost == len(self.files):
            raise SourceError(
                f"None of the {len(self.files)} pictures of {self.path} can be read; "
                f"the first: {self.health.notes[0]}"
            )


def _reason(path: Path, error: OSError) -> str:
    if path.exists() and path.stat().st_size == 0:
        return "the file is empty (zero bytes)."
    return f"{error.strerror or 'unreadable or truncated picture'} ({type(error).__name__})."
