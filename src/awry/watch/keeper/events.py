"""One camera's scores by one detector to events, in a way that goes on after the process died."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from awry.frames import Event, FrameScore, Region
from awry.scoring.events import EventFinder, EventOptions
from awry.watch.messages import Scored, SeenRegion

JUMP_S = 5.0
"""Times of neighbouring steps that lie farther apart mean that somebody set the clock."""
REMEMBERED_SESSIONS = 8
NOT_A_NUMBER = "The detector gave no number for these pictures."
LOST = "Scores were lost between the scorer and the store."
_PIXELS = 10_000
_LARGEST = float(np.finfo(np.float32).max)


@dataclass(frozen=True, slots=True)
class Level:
    """From which score on a camera alarms in a light mode.

    Attributes:
        threshold: an event has a score above it; None: there are no events.
        normal: mean score of normal footage, from which the hysteresis is measured.
        options: how runs of scores become events.
        how: how the threshold came about, in words.
    """

    threshold: float | None
    normal: float = 0.0
    options: EventOptions = field(default_factory=EventOptions)
    how: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An event, as far as it is known.

    Attributes:
        phase: what is new: the event, more of it, or that it has ended.
        uid: made of camera, detector, session and first step: the same scores give the same one.
        start, end, peak_at: seconds since 1970-01-01 UTC; where the clock was set in between, the
            later ones are counted on from the first.
        score: of the peak, float32.
        parts, regions, reason: what the method said of the peak.
        peak: the message of the peak, where it is this very one.
    """

    phase: Literal["new", "update", "end"]
    uid: str
    session: str
    light: str
    start: float
    end: float
    peak_at: float
    score: float
    threshold: float
    parts: Mapping[str, float]
    regions: tuple[SeenRegion, ...]
    reason: str = ""
    peak: Scored | None = None


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a score.

    Attributes:
        new: False: it had come before, and nothing is to be stored.
        events: in order; an end comes before the next beginning.
        gaps: start, end and a sentence of each stretch without scores that is known now.
    """

    new: bool = True
    events: tuple[Found, ...] = ()
    gaps: tuple[tuple[float, float, str], ...] = ()


@dataclass(slots=True)
class _Best:
    """The highest score since an event may have begun."""

    step: int
    time: float
    value: float
    width: int
    height: int
    reason: str
    message: Scored | None = None


def stored_score(score: float | None) -> float:
    """The score as it is stored and judged: float32, NaN where there is none."""
    if score is None or not abs(score) <= _LARGEST:
        return math.nan
    return float(np.float32(score))


class EventStream:
    """Finds the events of a camera's detector, as `awry.scoring.events.find_events` does.

    A score that comes again is known by its session and step. A new session, another light mode,
    and more missing steps than events may have between their runs, end what is on.

    Args:
        camera, bundle: whose scores.
        longest_s: an event that lasts longer is cut, and goes on as the next.
        state: as `state` of an earlier one gave it; None: nothing came yet.
    """

    def __init__(
        self,
        camera: str,
        bundle: str,
        longest_s: float = 300.0,
        state: Mapping[str, Any] | None = None,
    ) -> None:
        self.camera, self.bundle, self.longest_s = camera, bundle, longest_s
        self.session, self.step, self.light = "", -1, "day"
        self.last_at: float | None = None
        self._shift = 0.0
        self._past: dict[str, int] = {}
        self._level = Level(None)
        self._finder: EventFinder | None = None
        self._open = ""
        self._best: _Best | None = None
        self._blind: tuple[float, float] | None = None
        if state:
            self._resume(state)

    @property
    def open(self) -> str:
        """The uid of the event that is on; empty: none is."""
        return self._open

    @property
    def level(self) -> Level:
        """What the scores are judged by now; a new one counts once nothing is on."""
        return self._level

    def take(self, scored: Scored, level: Level) -> Taken:
        """Take the next score.

        Args:
            scored: of this camera and detector.
            level: what counts for its light mode from now on.
        """
        if scored.session in self._past:
            return self._late(scored)
        if scored.session == self.session and scored.step <= self.step:
            return Taken(new=False)
        events, gaps = self._broken(scored)
        time = self._time_of(scored)
        gaps += self._watch_numbers(scored)
        self.step, self.last_at = scored.step, scored.at
        return Taken(events=tuple(events + self._judge(scored, time, level)), gaps=tuple(gaps))

    def end(self) -> Taken:
        """No further score belongs to what is on: end it."""
        events = [] if self._finder is None else self._finder.flush()
        found = [self._found("end", event) for event in events if self._open]
        gaps = [] if self._blind is None else [(*self._blind, NOT_A_NUMBER)]
        self._finder, self._open, self._best, self._blind = None, "", None, None
        return Taken(events=tuple(found), gaps=tuple(gaps))

    def state(self) -> dict[str, Any]:
        """All that it knows, as plain values; pictures are not kept."""
        best, level = self._best, self._level
        return {
            "session": self.session,
            "step": self.step,
            "light": self.light,
            "last_at": self.last_at,
            "shift": self._shift,
            "past": self._past,
            "open": self._open,
            "blind": None if self._blind is None else list(self._blind),
            "finder": None if self._finder is None else self._finder.state(),
            "level": {
                "threshold": level.threshold,
                "normal": level.normal,
                "how": level.how,
                "hysteresis": level.options.hysteresis,
                "merge_gap": level.options.merge_gap,
                "min_length": level.options.min_length,
            },
            "best": best
            and [best.step, best.time, best.value, best.width, best.height, best.reason],
        }

    def _resume(self, state: Mapping[str, Any]) -> None:
        self.session, self.step, self.light = state["session"], state["step"], state["light"]
        self.last_at, self._shift, self._open = state["last_at"], state["shift"], state["open"]
        self._past = dict(state["past"])
        self._blind = None if state["blind"] is None else (state["blind"][0], state["blind"][1])
        self._best = _Best(*state["best"]) if state["best"] else None
        level = dict(state["level"])
        threshold, normal, how = level.pop("threshold"), level.pop("normal"), level.pop("how")
        self._level = Level(threshold, normal, EventOptions(**level), how)
        if state["finder"] is not None:
            self._finder = self._new_finder()
            if self._finder is not None:
                self._finder.resume(state["finder"])

    def _late(self, scored: Scored) -> Taken:
        """A score of a session that another has followed: it is kept, and judged no more."""
        new = scored.step > self._past[scored.session]
        self._past[scored.session] = max(scored.step, self._past[scored.session])
        return Taken(new=new)

    def _broken(self, scored: Scored) -> tuple[list[Found], list[tuple[float, float, str]]]:
        """End what is on where this score does not follow the last one."""
        same = scored.session == self.session
        missing = scored.step - self.step - 1 - scored.dropped
        lost = same and missing > self._level.options.merge_gap
        if same and not lost and scored.light == self.light:
            return [], []
        ended = self.end()
        gaps = list(ended.gaps)
        if lost and self.last_at is not None and scored.at > self.last_at:
            gaps.append((self.last_at, scored.at, LOST))
        if not same:
            self._remember()
        self.session, self.light = scored.session, scored.light
        return list(ended.events), gaps

    def _remember(self) -> None:
        if self.session:
            self._past[self.session] = self.step
        for old in list(self._past)[:-REMEMBERED_SESSIONS]:
            del self._past[old]
        self.step, self.last_at = -1, None

    def _time_of(self, scored: Scored) -> float:
        """When it was, on a clock that nobody sets while something is on."""
        if self._at_rest:
            self._shift = 0.0
        elif self.last_at is not None:
            passed, steps = scored.at - self.last_at, scored.step - self.step
            if passed < 0 or passed > JUMP_S + steps:
                self._shift += passed
        return scored.at - self._shift

    @property
    def _at_rest(self) -> bool:
        return self._finder is None or self._finder.at_rest

    def _watch_numbers(self, scored: Scored) -> list[tuple[float, float, str]]:
        """Note stretches of NaN; they are gaps once they are over."""
        if scored.score is not None and math.isnan(stored_score(scored.score)):
            start = scored.at if self._blind is None else min(self._blind[0], scored.at)
            self._blind = start, max(start, scored.at)
            return []
        blind, self._blind = self._blind, None
        return [] if blind is None else [(*blind, NOT_A_NUMBER)]

    def _judge(self, scored: Scored, time: float, level: Level) -> list[Found]:
        if self._at_rest:
            self._best = None
            if self._finder is None or level != self._level:
                self._level = level
                self._finder = self._new_finder()
        if self._finder is None:
            return []
        value = stored_score(scored.score)
        self._note_best(scored, time, value)
        own = None if math.isnan(value) else value
        regions = _pixels(scored.regions)
        frame = FrameScore(scored.step, time, own, dict(scored.parts), regions=regions)
        ended = self._finder.push(frame, value)
        if ended:
            return self._ended(ended)
        current = None if self._finder.at_rest else self._finder.current
        if current is None:
            return []
        found = self._found("update" if self._open else "new", current, scored)
        self._open = found.uid
        if found.end - found.start >= self.longest_s:
            return [found, *self._ended(self._finder.flush())]
        return [found]

    def _ended(self, events: list[Event]) -> list[Found]:
        found = [self._found("end", event) for event in events if self._open]
        self._open = ""
        return found

    def _note_best(self, scored: Scored, time: float, value: float) -> None:
        best = self._best
        if math.isnan(value) or (best is not None and value <= best.value):
            return
        size = scored.width, scored.height
        self._best = _Best(scored.step, time, value, *size, scored.reason, scored)

    def _new_finder(self) -> EventFinder | None:
        level = self._level
        if level.threshold is None:
            return None
        return EventFinder(self.camera, level.threshold, level.how, level.options, level.normal)

    def _found(
        self, phase: Literal["new", "update", "end"], event: Event, scored: Scored | None = None
    ) -> Found:
        start, end = float(event.start_s or 0.0), float(event.end_s or 0.0)
        best = self._best if self._best is not None and self._best.step == event.peak else None
        message = None if best is None else best.message
        is_new = phase == "new" or (scored is not None and event.peak == scored.step)
        return Found(
            phase=phase,
            uid=self._open or event_uid(self.camera, self.bundle, self.session, event.first),
            session=self.session,
            light=self.light,
            start=start,
            end=max(start, end),
            peak_at=start if best is None else best.time,
            score=event.score,
            threshold=event.threshold,
            parts=event.parts,
            regions=tuple(_shares(region) for region in event.regions),
            reason="" if best is None else best.reason,
            peak=message if is_new else None,
        )


def event_uid(camera: str, bundle: str, session: str, step: int) -> str:
    """32 hexadecimal digits of the event that begins with that step."""
    return hashlib.sha256(f"{camera}\0{bundle}\0{session}\0{step}".encode()).hexdigest()[:32]


def _pixels(regions: tuple[SeenRegion, ...]) -> tuple[Region, ...]:
    """Boxes as pixels of a large picture, both ends inclusive, as `awry.scoring` takes them."""
    return tuple(
        Region(
            (
                one.box[0] * _PIXELS,
                one.box[1] * _PIXELS,
                one.box[2] * _PIXELS - 1,
                one.box[3] * _PIXELS - 1,
            ),
            one.score,
            dict(one.parts),
            one.class_name,
        )
        for one in regions
    )


def _shares(region: Region) -> SeenRegion:
    x_min, y_min, x_max, y_max = region.box
    box = (x_min / _PIXELS, y_min / _PIXELS, (x_max + 1) / _PIXELS, (y_max + 1) / _PIXELS)
    return SeenRegion(box, region.score, dict(region.parts), region.class_name)
