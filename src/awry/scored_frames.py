"""The scores of one clip or stream as arrays, with its alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.frames import Event, FrameScore, Region
from awry.output.tables import event_row
from awry.results import FigureCard, Result
from awry.scoring.events import EventFinder, EventOptions
from awry.scoring.fill import FilledScore, fill_nearest
from awry.scoring.reasons import Explainer

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Size = tuple[int, int]


@dataclass(frozen=True, slots=True, eq=False)
class ScoredFrames(Result):
    """The scores of T frames, in order.

    Attributes:
        name: of the clip or stream.
        fps: frames per second; None where unknown.
        threshold: an alarm has a frame above it.
        frames: int64 (T,), the frames' indices.
        times: float64 (T,), seconds; NaN where unknown.
        scores: float64 (T,), higher is more abnormal; NaN where the method gives none: in warm-up,
            without look-ahead, and between the frames that a thinned detector takes.
        parts: part -> float64 (T,), NaN where a frame has none.
        regions: for each frame its regions, strongest first; empty where none were asked for.
        alarms: in the order of their ends.
        maps: float32 (T, h, w), higher is more abnormal, spanning the whole frame; NaN where a
            frame has none; None where no maps were asked for, or the method makes none.
    """

    name: str
    fps: float | None
    threshold: float
    frames: NDArray[np.int64] = field(repr=False)
    times: NDArray[np.float64] = field(repr=False)
    scores: NDArray[np.float64] = field(repr=False)
    parts: Mapping[str, NDArray[np.float64]] = field(repr=False)
    regions: Sequence[tuple[Region, ...]] = field(repr=False)
    alarms: Sequence[Event]
    maps: NDArray[np.float32] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.frames)

    @property
    def scored(self) -> NDArray[np.bool_]:
        """Which frames the method itself scored, (T,)."""
        return ~np.isnan(self.scores)

    @property
    def filled(self) -> NDArray[np.float64]:
        """The scores (T,) with those of the nearest scored frames; 0 where none was scored."""
        return fill_nearest(self.scores, self.scored)

    @property
    def in_alarm(self) -> NDArray[np.bool_]:
        """Which frames belong to an alarm, (T,)."""
        inside = np.zeros(len(self), bool)
        for event in self.alarms:
            inside |= (self.frames >= event.first) & (self.frames <= event.last)
        return inside

    @property
    def boxes(self) -> NDArray[np.float64]:
        """All regions, (n, 6): frame, `x_min, y_min, x_max, y_max` in pixels, score."""
        rows = [
            (frame, *region.box, region.score)
            for frame, regions in zip(self.frames, self.regions, strict=True)
            for region in regions
        ]
        return np.array(rows, np.float64).reshape(-1, 6)

    @property
    def peak(self) -> int | None:
        """The index of the frame with the highest score; None where none was scored."""
        return int(self.frames[np.nanargmax(self.scores)]) if self.scored.any() else None

    def to_dict(self) -> dict[str, Any]:
        """Everything but the maps as plain values; NaN is None."""
        return {
            "name": self.name,
            "fps": self.fps,
            "threshold": self.threshold,
            "frames": self.frames.tolist(),
            "times": _plain(self.times),
            "scores": _plain(self.scores),
            "parts": {name: _plain(values) for name, values in self.parts.items()},
            "boxes": self.boxes.tolist(),
            "alarms": [event_row(event) for event in self.alarms],
        }

    def rows(self) -> Sequence[Mapping[str, Any]]:
        """One for each frame."""
        return [
            {
                "source": self.name,
                "frame": int(frame),
                "time_s": _value(self.times[place]),
                "score": _value(self.scores[place]),
                "alarm": bool(alarm),
                **{f"part.{name}": _value(values[place]) for name, values in self.parts.items()},
            }
            for place, (frame, alarm) in enumerate(zip(self.frames, self.in_alarm, strict=True))
        ]

    def draw(self, ax: Axes) -> None:
        """The scores over time, the threshold as a line, the alarms shaded."""
        timed = len(self) > 0 and not np.isnan(self.times).any()
        across = self.times if timed else self.frames
        ax.plot(across, self.scores, linewidth=1)
        ax.axhline(self.threshold, color="tab:red", linestyle="--", linewidth=1)
        for event in self.alarms:
            inside = (self.frames >= event.first) & (self.frames <= event.last)
            ax.axvspan(across[inside][0], across[inside][-1], color="tab:red", alpha=0.2)
        ax.set(xlabel="seconds" if timed else "frame", ylabel="score", title=self.name)

    def cards(self) -> Sequence[FigureCard]:
        """Frames, the highest score, and the alarms."""
        highest = "-" if self.peak is None else f"{np.nanmax(self.scores):.4g}"
        at = "no frame was scored" if self.peak is None else f"at frame {self.peak}"
        reason = self.alarms[0].reason if self.alarms else ""
        return [
            FigureCard("frames", str(len(self)), f"{int(self.scored.sum())} scored"),
            FigureCard("highest score", highest, f"{at}; threshold {self.threshold:.4g}"),
            FigureCard("alarms", str(len(self.alarms)), reason),
        ]


class AlarmWatch:
    """Finds the alarms of one stream and says why they are alarms.

    Args:
        source: the stream's name.
        explainer: of the stream's scene, whose threshold counts.
        options: how frames merge into alarms.

    Attributes:
        size: (H, W) of the stream's frames, by which places are named; None before the first.
    """

    def __init__(self, source: str, explainer: Explainer, options: EventOptions) -> None:
        self.size: Size | None = None
        self._explainer = explainer
        scene = explainer.calibration
        self._finder = EventFinder(source, scene.threshold, scene.how, options, scene.location)

    def push(self, score: FilledScore) -> list[Event]:
        """Take the next frame's score; give the alarms that are over."""
        return self._explained(self._finder.push(score.frame, score.value))

    def flush(self) -> list[Event]:
        """The stream has ended: give the alarm that was going on."""
        return self._explained(self._finder.flush())

    @property
    def current(self) -> Event | None:
        """The alarm that is going on, as far as it is known."""
        event = self._finder.current
        return None if event is None else self._explained([event])[0]

    @property
    def threshold(self) -> float:
        """An alarm has a frame above it."""
        return self._explainer.calibration.threshold

    @property
    def begun(self) -> int | None:
        """The first frame of the alarm that is going on."""
        return None if self._finder.current is None else self._finder.current.first

    def _explained(self, events: Sequence[Event]) -> list[Event]:
        explain = self._explainer.reason_of_event
        return [replace(event, reason=explain(event, self.size)) for event in events]


class FrameRecord:
    """Keeps what a method says of a stream's frames.

    Args:
        maps: keep the maps too.
        map_part: whose; None: the score's, see `FrameScore.map_of`.
    """

    def __init__(self, *, maps: bool = False, map_part: str | None = None) -> None:
        self._maps = maps
        self._map_part = map_part
        self._scores: list[FrameScore] = []

    def add(self, score: FrameScore) -> None:
        """Take the next frame's."""
        kept = score.map_of(self._map_part) if self._maps else None
        self._scores.append(replace(score, map=kept, maps={}))

    def scored_frames(
        self, name: str, fps: float | None, threshold: float, alarms: Sequence[Event]
    ) -> ScoredFrames:
        """All frames as arrays."""
        scores = self._scores
        names = dict.fromkeys(part for score in scores for part in score.parts)
        return ScoredFrames(
            name=name,
            fps=fps,
            threshold=threshold,
            frames=np.array([score.index for score in scores], np.int64),
            times=_series([score.time_s for score in scores]),
            scores=_series([score.score for score in scores]),
            parts={part: _series([score.parts.get(part) for score in scores]) for part in names},
            regions=[score.regions for score in scores],
            alarms=tuple(alarms),
            maps=_stacked(scores),
        )


def _series(values: Sequence[float | None]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], np.float64)


def _stacked(scores: Sequence[FrameScore]) -> NDArray[np.float32] | None:
    shape = next((score.map.shape for score in scores if score.map is not None), None)
    if shape is None:
        return None
    maps = np.full((len(scores), *shape), np.nan, np.float32)
    for place, score in enumerate(scores):
        if score.map is not None:
            maps[place] = score.map
    return maps


def _value(number: float) -> float | None:
    return None if np.isnan(number) else float(number)


def _plain(values: NDArray[np.float64]) -> list[float | None]:
    return [_value(value) for value in values]
