"""What is asked of an object detector, whichever it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from awry.errors import ConfigError


@dataclass(frozen=True, slots=True)
class DetectorOptions:
    """What is asked of a detector, whichever it is.

    Attributes:
        threshold: lowest confidence that is kept; None: the adapter's own.
        tiles: columns and rows of overlapping tiles that a frame is cut into, each shown to the
            network by itself, beside the whole frame: small objects in large frames need them.
        overlap: share of a tile's side that it shares with its neighbour.
        suppression: of two boxes of one class whose IoU is above this the less confident goes.
        across_classes: suppress boxes of other classes too. The kept box then takes each class's
            highest probability among the boxes that it suppressed.
        least_side: boxes with a shorter side, in pixels of the frame, go.
        contained: whether a box that lies inside another of the same class stays.
        most: at most so many boxes a frame, the most confident.
    """

    threshold: float | None = None
    tiles: tuple[int, int] = (1, 1)
    overlap: float = 0.25
    suppression: float = 0.5
    across_classes: bool = False
    least_side: float = 4.0
    contained: bool = False
    most: int = 100

    def __post_init__(self) -> None:
        if min(self.tiles) < 1 or not 0 <= self.overlap < 1:
            raise ConfigError(
                f"Tiles are {self.tiles} with overlap {self.overlap}; expected at least one column "
                "and one row, and an overlap from 0 to below 1."
            )

    def with_tiles(self, tiles: tuple[int, int]) -> DetectorOptions:
        """The same with other tiles."""
        return replace(self, tiles=tiles)
