"""A sifted archive: its clips with their scores, its ranking, its most abnormal moments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from awry.devices import current
from awry.methods.sdor import SDORConfig
from awry.results import FigureCard, Result
from awry.scoring.events import EventOptions, find_runs
from awry.sifting.options import SiftOptions

if TYPE_CHECKING:
    from matplotlib.axes import Axes


PAGE, GENERATIONS = "report.html", "generations"
Series = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class RankedClip:
    """A clip of the archive with its frames' scores.

    Attributes:
        name, scene: of the clip.
        fps: frames per second before thinning, or None.
        indices: int64 (n,), the frames' positions in the clip.
        times: float64 (n,), seconds; NaN where unknown.
        scores: float64 (n,), higher = stranger.
        parts: name -> float64 (n,): `sp`, `isolation_forest`, `initial`, `round_1`, ...
        lost: frames that could not be read.
        notes: what went wrong while it was read, one sentence each.
    """

    name: str
    scene: str
    fps: float | None
    indices: NDArray[np.int64]
    times: Series
    scores: Series
    parts: Mapping[str, Series]
    lost: int = 0
    notes: tuple[str, ...] = ()

    @property
    def rate(self) -> float | None:
        """Scores per second, or None."""
        if self.fps is None or len(self.indices) < 2:
            return self.fps
        return self.fps / max(1.0, float(np.median(np.diff(self.indices))))


@dataclass(frozen=True, slots=True)
class RankedEvent:
    """A moment of the ranking: a run of top-ranked frames.

    Attributes:
        clip: number of its clip.
        first, last, peak: places in the clip's arrays, all inclusive.
        score: the highest.
    """

    clip: int
    first: int
    last: int
    peak: int
    score: float


@dataclass(frozen=True, slots=True, eq=False)
class SiftedRun(Result):
    """A sifted archive: every frame with its score, higher = more abnormal.

    Attributes:
        folder: where it is kept.
        facts: what `run.json` holds beside the clips: settings, seconds, notes, versions.
        clips: with their scores.
        not_found: sources that were asked for and not found, one sentence each; known to whoever
            sifted, and not kept in the folder.
    """

    folder: Path
    facts: Mapping[str, Any] = field(repr=False)
    clips: tuple[RankedClip, ...] = field(repr=False)
    not_found: tuple[str, ...] = ()

    @property
    def config(self) -> SDORConfig:
        """The learner's settings."""
        return SDORConfig(**self.facts["config"])

    @property
    def options(self) -> SiftOptions:
        """How the archive is read again: in the precision that it was read in, where one is now."""
        return SiftOptions(
            preset=self.facts["preset"],
            seed=self.facts["seed"],
            ignore=tuple(self.facts["ignore"]),
            every=self.facts["every"],
            compute=replace(current(), precision=self.facts.get("precision", "32")),
        )

    @property
    def scores(self) -> Series:
        """Of all frames, clip after clip, float64 (n,)."""
        return np.concatenate([clip.scores for clip in self.clips])

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Places in `scores`, the most abnormal frame first, int64 (n,)."""
        return np.argsort(-self.scores, kind="stable")

    @property
    def events(self) -> list[RankedEvent]:
        """Runs of top-ranked frames, the most abnormal first; near-duplicates are one event."""
        return self._ranked(self.config.abnormal_share)

    def events_below(self, share: float) -> list[RankedEvent]:
        """What follows the events when a larger share of the frames counts as top-ranked."""
        return self._ranked(share, self.events)

    def _ranked(self, share: float, without: Sequence[RankedEvent] = ()) -> list[RankedEvent]:
        rates = [clip.rate for clip in self.clips]
        return rank_events([clip.scores for clip in self.clips], rates, share, without)

    @property
    def home(self) -> Path:
        """The folder of the generation that counts, with the model and the scores."""
        number = self.facts.get("generation", 0)
        return self.folder / GENERATIONS / str(number) if number else self.folder

    @property
    def page(self) -> Path:
        """The page of the most abnormal moments."""
        return self.folder / PAGE

    @property
    def failed(self) -> list[str]:
        """What could not be found or read, one sentence each."""
        lost = [f"{clip.name}: {note}" for clip in self.clips for note in clip.notes]
        return [*self.not_found, *self.facts["failed"], *lost]

    def with_scores(self, scores: Series, name: str) -> SiftedRun:
        """The run with other scores (n,), which stand under `name` beside the earlier ones."""
        clips, begin = [], 0
        for clip in self.clips:
            own = scores[begin : begin + len(clip.indices)]
            begin += len(clip.indices)
            clips.append(replace(clip, scores=own, parts={**clip.parts, name: own}))
        return replace(self, clips=tuple(clips))

    def event_facts(self, event: RankedEvent) -> dict[str, Any]:
        """An event's clip, its frames as filmed (both inclusive), seconds, peak and score."""
        clip = self.clips[event.clip]

        def seconds(place: int) -> float | None:
            return None if np.isnan(clip.times[place]) else float(clip.times[place])

        return {
            "source": clip.name,
            "first": int(clip.indices[event.first]),
            "last": int(clip.indices[event.last]),
            "start_s": seconds(event.first),
            "end_s": seconds(event.last),
            "peak": int(clip.indices[event.peak]),
            "score": event.score,
        }

    def to_dict(self) -> dict[str, Any]:
        """The events, and what was sifted; the frames' scores stand in `scores.csv`."""
        return {
            "run": str(self.folder),
            "frames": sum(len(clip.indices) for clip in self.clips),
            "clips": len(self.clips),
            "seconds": self.facts["seconds"],
            "events": self.rows(),
            "page": str(self.page),
            "notes": [*self.facts["about"].get("notes", ()), *self.facts["notes"]],
            "failed": self.failed,
        }

    def rows(self) -> list[dict[str, Any]]:
        """One row for each event, the most abnormal first."""
        return [self.event_facts(event) for event in self.events]

    def draw(self, ax: Axes) -> None:
        """The scores of all clips, end to end; events are shaded."""
        begins = np.cumsum([0, *(len(clip.scores) for clip in self.clips)])
        ax.plot(self.scores, linewidth=0.8)
        for begin in begins[1:-1]:
            ax.axvline(begin, color="0.8", linewidth=0.8)
        for event in self.events:
            begin = begins[event.clip]
            ax.axvspan(begin + event.first, begin + event.last + 1, color="tab:red", alpha=0.2)
        ax.set(xlabel="frame, clip after clip", ylabel="score", title=self.folder.name)

    def cards(self) -> list[FigureCard]:
        """How much was sifted, and the most abnormal moment."""
        facts = self.to_dict()
        count = FigureCard("frames", str(facts["frames"]), f"of {facts['clips']} clips")
        moments = FigureCard("moments that stand out", str(len(facts["events"])))
        if not facts["events"]:
            return [count, moments]
        top = facts["events"][0]
        where = f"frames {top['first']}-{top['last']} of {top['source']}"
        return [count, moments, FigureCard("highest score", f"{top['score']:.4g}", where)]


def rank_events(
    scores: Sequence[Series],
    rates: Sequence[float | None],
    share: float,
    without: Sequence[RankedEvent] = (),
) -> list[RankedEvent]:
    """Runs of the top-ranked frames of several clips, the strangest first.

    Runs at most a second apart are one.

    Args:
        scores: (n,) of each clip.
        rates: scores per second of each clip, or None.
        share: of all frames that count as top-ranked.
        without: events whose frames are left out, with the frames so near that they would be
            merged with them.
    """
    pooled = np.concatenate(list(scores))
    if not pooled.size or float(np.ptp(pooled)) == 0:
        return []
    threshold = top_threshold(pooled, share)
    merging = [EventOptions.at_rate(rate, hysteresis=0.0, min_length=1) for rate in rates]
    rest = [series.copy() for series in scores]
    for event in without:
        gap = merging[event.clip].merge_gap
        rest[event.clip][max(0, event.first - gap) : event.last + gap + 1] = -np.inf
    events = []
    for number, (series, options) in enumerate(zip(rest, merging, strict=True)):
        for first, last in find_runs(series, threshold, options):
            peak = first + int(np.argmax(series[first : last + 1]))
            events.append(RankedEvent(number, first, last, peak, float(series[peak])))
    return sorted(events, key=lambda event: -event.score)


def top_threshold(scores: Series, share: float) -> float:
    """The score that the top-ranked share of frames lies above."""
    return float(np.quantile(scores, 1 - share))
