"""Why a frame's score is high, in words, and which boxes show where.

One place makes every sentence: of alarms, reports, moments and overlay videos.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from awry.frames import Event, FrameScore, Region
from awry.scoring.calibration import SceneCalibration
from awry.scoring.maps import strongest_place
from awry.scoring.reason_parts import HIGHER, PART_HIGHER, SOMETHING, with_article
from awry.scoring.regions import distinct_regions
from awry.video.overlay import Mark, clock

MARKED_FROM = 0.5
"""Boxes are drawn from this share of the way from the normal level to the threshold."""
MOST_MARKS = 3
_ALL_OF_IT = 2 / 3

Size = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Explainer:
    """Says in words what a method's scores mean for one scene.

    Attributes:
        calibration: what normal footage of the scene scored.
        describe: part -> clause, with `{it}` for the object; as `Method.describe`.
        levels: parts that are whole scores and no reasons; as `Method.levels`.
        speaker: parts -> which of several systems says so; as `Method.speaker`.
    """

    calibration: SceneCalibration
    describe: Callable[[str], str | None]
    levels: Sequence[str] = ()
    speaker: Callable[[Mapping[str, float]], str] = lambda parts: ""

    def height(self, score: float) -> float | None:
        """How high a score is: 0 at the mean of normal footage, 1 at the threshold.

        None where there is no threshold, or it does not lie above that mean.
        """
        if self.calibration.threshold is None:
            return None
        way = self.calibration.threshold - self.calibration.location
        return (score - self.calibration.location) / way if way > 0 else None

    def height_in_words(self, score: float) -> str:
        """The same in words, e.g. `2.3 times as far above normal as the threshold`."""
        height = self.height(score)
        if height is None:
            deviations = (score - self.calibration.location) / self.calibration.scale
            return f"{deviations:.1f} standard deviations above normal footage"
        if height <= 0:
            return "no higher than normal footage"
        if height < 1:
            return f"{min(round(100 * height), 99)} % of the way from normal to the threshold"
        return f"{height_as_factor(height)} times as far above normal as the threshold"

    def marks(self, score: FrameScore, size: Size, *, always: bool = False) -> tuple[Mark, ...]:
        """The boxes to draw: one for each object, where the frame's score is far above normal.

        The strongest box has the frame's height, the others their share of it.

        Args:
            score: of the frame.
            size: (H, W) of the frame.
            always: mark the strongest place even where the score is low.
        """
        height = None if score.score is None else self.height(score.score)
        if not always and (height is None or height < MARKED_FROM):
            return ()
        regions = distinct_regions(score.regions, MOST_MARKS)
        if not regions and always and score.map is not None:
            regions = tuple(filter(None, [strongest_place(score.map, size)]))
        return tuple(self._marked(regions, height, always))

    def _marked(
        self, regions: Sequence[Region], height: float | None, always: bool
    ) -> Iterator[Mark]:
        strengths = [self._strength(region) for region in regions]
        for number, (region, strength) in enumerate(zip(regions, strengths, strict=True)):
            share = strength / strengths[0] if strengths[0] > 0 else float(number == 0)
            here = None if height is None else height * share
            first = number == 0 and always
            if first or (here is not None and here >= MARKED_FROM):
                factor = "" if here is None or here < 0 else f"{height_as_factor(here)}x"
                words = (region.class_name, self.speaker(region.parts).upper(), factor)
                yield Mark(region.box, " ".join(filter(None, words)), here)

    def _strength(self, region: Region) -> float:
        """How far a region is above the usual peak of normal maps."""
        usual = self.calibration.heat_range[0] if self.calibration.map_thresholds else 0.0
        return region.score - usual

    def reason(self, score: FrameScore, size: Size | None, since: str = "") -> str:
        """One sentence of a frame: where, what, since when, how far above normal.

        Args:
            score: of the frame; its strongest region says where. Empty for an unscored frame.
            size: (H, W) of the frame; None: where is left out.
            since: when it began, e.g. `00:12.4`; empty: left out.

        >>> from awry.scoring.calibration import Budget
        >>> usual = SceneCalibration(1.0, 0.5, 2.0, (), (0, 1), 100, 4.0, Budget(2.0), "")
        >>> scored = FrameScore(9, 0.9, 3.0, regions=(Region((1, 1, 9, 9), 3.0),))
        >>> print(Explainer(usual, {"": "{it} moves fast"}.get).reason(scored, (90, 90)))
        Upper left: something moves fast; 2.0 times as far above normal as the threshold.
        """
        if score.score is None:
            return ""
        regions = distinct_regions(score.regions, 1)
        if not regions and score.map is not None and size is not None:
            regions = tuple(filter(None, [strongest_place(score.map, size)]))
        return self._sentence(score.score, score.parts, regions, size, since)

    def reason_of_event(self, event: Event, size: Size | None) -> str:
        """The same of an alarm, at its peak."""
        since = since_in_words(event.first, event.start_s)
        return self._sentence(event.score, event.parts, event.regions, size, since)

    def _sentence(
        self,
        score: float,
        parts: Mapping[str, float],
        regions: Sequence[Region],
        size: Size | None,
        since: str,
    ) -> str:
        region = regions[0] if regions else None
        clause, of_region = self._clause(parts, region)
        height = self.height_in_words(score)
        return sentence(clause, region if of_region else None, size, since, height)

    def _clause(self, parts: Mapping[str, float], region: Region | None) -> tuple[str, bool]:
        """What stands out most, and whether that is said of the region."""
        own = region.parts if region is not None else {}
        every = {**parts, **own}
        if speaker := self.speaker(own or parts):
            every = {name: v for name, v in every.items() if name.startswith(f"{speaker}.")}
        clauses = {name: clause for name in every if (clause := self.describe(name)) is not None}
        whole = self.describe("") or HIGHER
        if not clauses and whole == HIGHER:  # the method says nothing of its parts but their names
            clauses = {
                name: PART_HIGHER % {"part": name} for name in every if name not in self.levels
            }
        name = self._standing_out({name: every[name] for name in clauses}) if clauses else None
        if name is None:
            return whole, True
        return clauses[name], not own or name in own

    def _standing_out(self, parts: Mapping[str, float]) -> str | None:
        return standing_out(parts, self.calibration.parts)


def standing_out(
    parts: Mapping[str, float], usual: Mapping[str, tuple[float, float]]
) -> str | None:
    """The part that is farthest above its own normal level; None where none is above it.

    Without normal levels the largest part.

    Args:
        parts: name -> score; one at least.
        usual: name -> mean and standard deviation on normal footage.

    >>> standing_out({"fast": 2.0, "odd": 9.0}, {"fast": (1.0, 0.1), "odd": (8.0, 1.0)})
    'fast'
    """
    if not all(name in usual for name in parts):
        return max(parts, key=lambda name: parts[name])
    height = {n: (value - usual[n][0]) / (usual[n][1] or 1.0) for n, value in parts.items()}
    name = max(height, key=lambda name: height[name])
    return name if height[name] > 0 or len(parts) == 1 else None


def sentence(clause: str, region: Region | None, size: Size | None, since: str, height: str) -> str:
    """Where, what, since when and how high, in one sentence.

    Args:
        clause: what, with `{it}` for the object.
        region: where, and of which class; None: left out.
        size: (H, W) of the frame; None: where is left out.
        since, height: when it began and how high the score is; empty: left out.
    """
    what, where = SOMETHING, ""
    if region is not None:
        what = with_article(region.class_name) if region.class_name else SOMETHING
        where = place_in_words(region.box, size) if size is not None else ""
    words = clause.replace("{it}", what)
    words = f"{where}: {words}" if where else words
    words += f", since {since}" if since else ""
    words += f"; {height}" if height else ""
    return f"{words[:1].upper()}{words[1:]}."


def place_in_words(box: tuple[float, float, float, float], size: Size) -> str:
    """Where a box lies in a frame (H, W), by the third that its middle is in.

    >>> place_in_words((0, 0, 9, 9), (90, 90)), place_in_words((40, 40, 49, 49), (90, 90))
    ('upper left', 'middle')
    >>> place_in_words((0, 0, 89, 9), (90, 90)), place_in_words((0, 0, 89, 89), (90, 90))
    ('upper part', 'across the picture')
    """
    height, width = size
    x_min, y_min, x_max, y_max = box
    wide = x_max - x_min + 1 > _ALL_OF_IT * width
    tall = y_max - y_min + 1 > _ALL_OF_IT * height
    row = ("upper", "", "lower")[_third((y_min + y_max + 1) / 2, height)]
    column = ("left", "", "right")[_third((x_min + x_max + 1) / 2, width)]
    if wide and tall:
        return "across the picture"
    if wide:
        return f"{row} part" if row else "middle"
    if tall:
        return f"{column} side" if column else "middle"
    return " ".join(filter(None, (row, column or ("middle" if row else "")))) or "middle"


def _third(place: float, length: int) -> int:
    return int(np.clip(3 * place / length, 0, 2))


def height_as_factor(height: float) -> str:
    """A height in few digits: `0.7`, `2.3`, `14`, `over 999`."""
    if height > 999:
        return "over 999"
    return f"{height:.0f}" if height >= 10 else f"{height:.1f}"


def since_in_words(index: int, time_s: float | None) -> str:
    """When something began: by the stream's clock, or by the frame where that is unknown.

    >>> since_in_words(310, 12.4), since_in_words(310, None)
    ('00:12.4', 'frame 310')
    """
    return f"frame {index}" if time_s is None else clock(time_s)
