"""The light of a camera's pictures: day in colours, or infrared without."""

from __future__ import annotations

from dataclasses import dataclass

from awry.watch.ingest.thumbnail import Thumbnail
from awry.watch.messages import Light


@dataclass(frozen=True, slots=True)
class LightRule:
    """When a picture counts as infrared.

    Attributes:
        grey_below: distance from grey (`Thumbnail.colour`) below which it has no colour.
        colour_above: above which it has; between the two nothing changes.
        dark_below: mean brightness below which colours say nothing: that is night.
        hold_s: so long it must stay so.
    """

    grey_below: float = 3.0
    colour_above: float = 6.0
    dark_below: float = 10.0
    hold_s: float = 5.0


class LightMode:
    """Follows the light of one camera; the first picture decides at once.

    Args:
        rule: see `LightRule`.
    """

    def __init__(self, rule: LightRule = LightRule()) -> None:
        self._rule = rule
        self._mode: Light | None = None
        self._since: float | None = None

    @property
    def mode(self) -> Light:
        """Of the newest picture."""
        return self._mode or "day"

    def see(self, thumbnail: Thumbnail) -> bool:
        """Look at the next picture; whether the mode changed."""
        seen = self._seen(thumbnail)
        if self._mode is None:
            self._mode = seen or "infrared"
            return True
        if seen is None or seen == self._mode:
            self._since = None
            return False
        # A clock that is set back begins the wait anew.
        self._since = thumbnail.at if self._since is None else min(self._since, thumbnail.at)
        if thumbnail.at - self._since < self._rule.hold_s:
            return False
        self._mode, self._since = seen, None
        return True

    def _seen(self, thumbnail: Thumbnail) -> Light | None:
        rule = self._rule
        if thumbnail.colour < rule.grey_below or thumbnail.grey.mean() < rule.dark_below:
            return "infrared"
        return "day" if thumbnail.colour > rule.colour_above else None
