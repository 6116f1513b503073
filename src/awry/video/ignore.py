"""Regions whose pixels never count: burned-in clocks, captions, trees in the wind."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError

EXAMPLES = (
    "rows:0-23, columns:300-319, rectangle:250,198,319,239 (rectangle:250,198,, reaches the "
    "frame's edge), polygon:0,0;80,0;0,60"
)
_SPAN = re.compile(r"(\d+)-(\d*)")
_FARTHEST = 1_000_000  # pixels; no frame is larger


@dataclass(frozen=True, slots=True)
class _Box:
    """Inclusive pixels; None reaches the frame's edge."""

    x_min: int
    y_min: int
    x_max: int | None
    y_max: int | None

    def paint(self, mask: NDArray[np.uint8]) -> None:
        bottom = None if self.y_max is None else self.y_max + 1
        right = None if self.x_max is None else self.x_max + 1
        mask[self.y_min : bottom, self.x_min : right] = 1


@dataclass(frozen=True, slots=True)
class _Polygon:
    """Corners (x, y); the pixels of the outline belong to it."""

    corners: tuple[tuple[int, int], ...]

    def paint(self, mask: NDArray[np.uint8]) -> None:
        cv2.fillPoly(mask, [np.array(self.corners, np.int32)], 1)


@dataclass(frozen=True, slots=True)
class IgnoreRegions:
    """Parts of the picture that never count; false where there are none.

    Coordinates are pixels of the full-size frame, x to the right and y down, both ends inclusive.

    Attributes:
        written: the regions as they were given, see `parse`.
    """

    written: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for spec in self.written:
            _shape(spec)

    @classmethod
    def parse(cls, specs: Iterable[str]) -> IgnoreRegions:
        """Read regions from text.

        Args:
            specs: each one of `rows:A-B`, `columns:A-B`, `rectangle:x_min,y_min,x_max,y_max` (or
                `rect:`) and `polygon:x,y;x,y;x,y`. A missing end (`rows:200-`,
                `rectangle:250,198,,`) reaches the frame's edge.

        Raises:
            ConfigError: a region that cannot be read.

        >>> IgnoreRegions.parse(["rows:0-1"]).mask(3, 2).tolist()
        [[True, True], [True, True], [False, False]]
        """
        return cls(tuple(spec.strip() for spec in specs))

    @property
    def specs(self) -> list[str]:
        """The regions as text, for `parse`."""
        return list(self.written)

    def __bool__(self) -> bool:
        return bool(self.written)

    def mask(
        self, height: int, width: int, reference_size: tuple[int, int] | None = None
    ) -> NDArray[np.bool_]:
        """Where pixels are ignored.

        Args:
            height, width: size of the mask.
            reference_size: (H, W) of the frames that the regions speak of, where it is another;
                a pixel of the mask is then ignored if any ignored pixel falls into it.

        Returns:
            bool (height, width), True = ignored; read-only.

        Raises:
            ConfigError: a region lies outside of the frame, or nothing would be left of it.
        """
        return _mask(self.written, (height, width), reference_size or (height, width))

    def black_out(
        self, image: NDArray[np.uint8], reference_size: tuple[int, int] | None = None
    ) -> NDArray[np.uint8]:
        """The picture with the regions' pixels black.

        Args:
            image: uint8 (H, W, 3).
            reference_size: as in `mask`.

        Returns:
            a new array of the same shape; the picture itself where there are no regions.

        Raises:
            ConfigError: as `mask`.
        """
        if not self:
            return image
        height, width = image.shape[:2]
        blacked = image.copy()
        blacked[self.mask(height, width, reference_size)] = 0
        return blacked

    def outline(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Draw the regions dimmed, hatched and outlined, for people.

        Args:
            image: uint8 (H, W, 3), RGB, full size.

        Returns:
            a new array of the same shape.
        """
        if not self:
            return image.copy()
        height, width = image.shape[:2]
        mask = self.mask(height, width)
        y, x = np.mgrid[:height, :width]
        hatch = (x + y) % 8 < 2
        drawn = image.copy()
        drawn[mask] = drawn[mask] // 2
        drawn[mask & hatch] = drawn[mask & hatch] // 2 + 80
        edges, _ = cv2.findContours(mask.astype(np.uint8), cv2.RETR_LIST, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, edges, -1, (230, 230, 230), 1)
        return drawn


# Masks are asked for with every frame.
@lru_cache(maxsize=32)
def _mask(
    specs: tuple[str, ...], size: tuple[int, int], reference: tuple[int, int]
) -> NDArray[np.bool_]:
    full = np.zeros(reference, np.uint8)
    for spec in specs:
        one = np.zeros_like(full)
        _shape(spec).paint(one)
        if not one.any():
            raise ConfigError(
                f"The ignore region '{spec}' lies outside of the {reference[1]} x {reference[0]} "
                "frame; give pixels of the full-size frame."
            )
        full |= one
    if full.size and full.all():
        raise ConfigError("The ignore regions cover the whole frame; nothing would be left.")
    if size != reference:
        touched = cv2.resize(full.astype(np.float32), size[::-1], interpolation=cv2.INTER_AREA)
        mask = touched > 0
    else:
        mask = full > 0
    mask.setflags(write=False)
    return mask


def _shape(spec: str) -> _Box | _Polygon:
    kind, _, rest = spec.partition(":")
    try:
        return _READERS[kind.strip()]("".join(rest.split()))
    except (KeyError, ValueError) as error:
        raise ConfigError(
            f"Cannot read the ignore region '{spec}'; expected one like {EXAMPLES}."
        ) from error


def _span(text: str) -> tuple[int, int | None]:
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(text)
    return _ordered(_pixel(match[1]), _pixel(match[2]) if match[2] else None)


def _pixel(text: str) -> int:
    value = int(text[:20])
    if abs(value) > _FARTHEST:
        raise ValueError(f"{text[:20]} lies outside of every frame")
    return value


def _ordered(low: int, high: int | None) -> tuple[int, int | None]:
    if low < 0 or (high is not None and high < low):
        raise ValueError(f"{low}-{high}")
    return low, high


def _rows(text: str) -> _Box:
    y_min, y_max = _span(text)
    return _Box(0, y_min, None, y_max)


def _columns(text: str) -> _Box:
    x_min, x_max = _span(text)
    return _Box(x_min, 0, x_max, None)


def _rectangle(text: str) -> _Box:
    left, top, right, bottom = text.split(",")
    x_min, x_max = _ordered(_pixel(left), _pixel(right) if right else None)
    y_min, y_max = _ordered(_pixel(top), _pixel(bottom) if bottom else None)
    return _Box(x_min, y_min, x_max, y_max)


def _polygon(text: str) -> _Polygon:
    corners = []
    for corner in text.rstrip(";").split(";"):
        x, y = corner.split(",")
        corners.append((_pixel(x), _pixel(y)))
    if len(corners) < 3:
        raise ValueError(text)
    return _Polygon(tuple(corners))


_READERS: dict[str, Callable[[str], _Box | _Polygon]] = {
    "rows": _rows,
    "columns": _columns,
    "rectangle": _rectangle,
    "rect": _rectangle,
    "polygon": _polygon,
}
