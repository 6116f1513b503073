"""What a new detector would have done on footage that its fit never saw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import SourceError
from awry.frames import Event
from awry.scoring.budget import FRAMES, UNITS, Budget
from awry.watch.site.units import duration


@dataclass(frozen=True, slots=True)
class Trial:
    """Alarms on footage that was held back.

    Attributes:
        seconds: of footage that was scored; 0: nothing was held back.
        alarms: that it would have given.
        allowed: that the budget allows in that time.
        budget: what was asked for.
        failed: files that could not be read, in sentences.
    """

    seconds: float
    alarms: int
    allowed: float
    budget: Budget
    failed: tuple[str, ...] = ()

    @property
    def sentence(self) -> str:
        """The same for people."""
        if not self.seconds:
            return "No footage was held back to try it on."
        length = duration(self.seconds)
        return (
            f"On {length} of footage that it never saw it would have given {self.alarms} "
            f"{'alarm' if self.alarms == 1 else 'alarms'}; its budget of {self.budget} allows "
            f"{self.allowed:.2g} in that time."
        )


def try_detector(
    detector: Detector,
    clips: Sequence[Clip],
    left_out: Mapping[str, Sequence[tuple[int, int]]],
    rate: float,
    budget: Budget,
) -> Trial:
    """Score footage that was held back, and count the alarms.

    Args:
        detector: the new one.
        clips: the footage, at its rate.
        left_out: clip's name -> frames that do not count, first and last, both inclusive: an alarm
            that touches them is none.
        rate: frames a second.
        budget: alarms that are allowed.

    Raises:
        FrameError: the footage is of another view than what was fitted on.
    """
    frames, alarms, failed = 0, 0, []
    for clip in clips:
        try:
            scored = detector.score(clip.open(), clip=clip.name, regions=False)
        except SourceError as error:
            failed.append(str(error))
            continue
        out = left_out.get(clip.name, ())
        frames += len(scored) - sum(last - first + 1 for first, last in out)
        alarms += sum(not _touches(alarm, out) for alarm in scored.alarms)
    seconds = max(frames, 0) / rate
    return Trial(seconds, alarms, allowed_in(budget, seconds, rate), budget, tuple(failed))


def allowed_in(budget: Budget, seconds: float, rate: float) -> float:
    """How many alarms a budget allows in a time.

    Args:
        budget: alarms in a unit.
        seconds: of time.
        rate: frames a second.

    >>> allowed_in(Budget.parse("2/day"), 43_200, 10.0)
    1.0
    """
    if budget.unit == FRAMES:
        return budget.alarms * seconds * rate / 1000
    return budget.alarms * seconds / UNITS[budget.unit]


def _touches(alarm: Event, stretches: Sequence[tuple[int, int]]) -> bool:
    return any(alarm.first <= last and alarm.last >= first for first, last in stretches)
