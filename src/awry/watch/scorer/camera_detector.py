"""A camera's detector: fresh runs after gaps, and patience with a method that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from awry.errors import ConfigError, FrameError
from awry.watch.clock import Clock
from awry.watch.ipc.frames import GridFrame
from awry.watch.messages import (
    BundleState,
    CameraState,
    Gap,
    Light,
    Message,
    Scored,
    SessionEnded,
    StateChanged,
    new_uid,
)
from awry.watch.scorer.detector_cache import SLOW_RETRY_S, DetectorCache, Trouble, sentence_of
from awry.watch.scorer.run import Limit, Run
from awry.watch.site.portions import ScoredCamera

FIRST_REST_S, LONGEST_REST_S = 1.0, 60.0
DEGRADED_AFTER = 3
GOOD_S = 60.0
"""Scoring that lasted so long makes earlier failures forgotten."""


class CameraDetector:
    """One detector of a camera.

    Args:
        camera: whose.
        bundle: folder of the detector.
        shadow: whether it only tries: its failures touch the camera's state nowhere.
        cache: where detectors are loaded.
        limit: from which score on pictures are wanted; None: the keeper has said nothing.
        clock: for rests and times.
    """

    def __init__(
        self,
        camera: ScoredCamera,
        bundle: Path,
        *,
        shadow: bool,
        cache: DetectorCache,
        limit: Callable[[Light], Limit | None],
        clock: Clock,
    ) -> None:
        self.bundle = bundle
        self._camera = camera
        self._shadow = shadow
        self._cache = cache
        self._limit = limit
        self._clock = clock
        self._run: Run | None = None
        self._named: str | None = None
        self._failures = 0
        self._rest_until: float | None = None
        self._good_since = 0.0
        self._said = ""
        self._method = ""
        self._told_at: float | None = None
        self._blind: tuple[float, str] | None = None  # since when, and why, nothing was scored

    @property
    def runs(self) -> bool:
        """Whether a scorer is under way."""
        return self._run is not None

    @property
    def remembers(self) -> bool:
        """Whether a scorer is under way whose scores hang on earlier pictures too."""
        return self._run is not None and self._run.remembers

    def ready(self) -> tuple[bool, list[Message]]:
        """Whether a picture would be scored now, and what is to be said of that."""
        if self._rest_until is not None and self._clock.monotonic() < self._rest_until:
            return False, []
        found = self._cache.get(self.bundle)
        if isinstance(found, Trouble):
            return False, self._in_state("misconfigured", found.sentence, self._clock.now())
        return found is not None, []

    def push(self, frame: GridFrame, session: str) -> list[Message]:
        """Score a picture; nothing comes of it while the detector rests or is being loaded.

        Args:
            frame: the next of the camera.
            session: as scores name it; after a failure with an ending of its own.
        """
        ready, said = self.ready()
        if not ready:
            return said
        try:
            run = self._run or self._fresh(session)
            scores = run.push(frame)
        except Exception as error:  # a method of anybody's: this camera alone is to suffer
            return self._failed(frame, error)
        return [*self._seeing(frame), *self._recovered(scores), *self._told(scores)]

    def end(self, at: float) -> list[Message]:
        """No further picture of this stretch comes; the next begins with a fresh scorer."""
        run, self._run = self._run, None
        if run is None:
            return []
        try:
            scores = self._told(run.end())
        except Exception:  # what was owed is lost, as if the stretch had ended sooner
            scores = ()
        return [*scores, *self._session_ended(run, at)]

    def _told(self, scores: Sequence[Scored]) -> Sequence[Scored]:
        if scores:
            self._told_at = scores[-1].at
        return scores

    def _seeing(self, frame: GridFrame) -> list[Message]:
        """The gap that a failure left, once a fresh scorer takes pictures."""
        blind, self._blind = self._blind, None
        if blind is None or self._shadow:
            return []
        start, why = blind
        return [Gap(new_uid(), self._camera.name, start, max(start, frame.at), why)]

    def _fresh(self, session: str) -> Run:
        detector = self._cache.get(self.bundle)
        assert not isinstance(detector, Trouble | None)
        self._method = detector.method
        name = f"{session}.shadow" if self._shadow else session
        self._run = Run(
            self._camera,
            self.bundle,
            detector,
            shadow=self._shadow,
            session=f"{name}.{new_uid()[:8]}" if session == self._named else name,
            limit=self._limit,
            clock=self._clock,
        )
        self._named, self._rest_until = session, None
        self._good_since = self._clock.monotonic()
        return self._run

    def _recovered(self, scores: Sequence[Scored]) -> list[Message]:
        if self._failures and self._clock.monotonic() - self._good_since >= GOOD_S:
            self._failures = 0
        told = next((score for score in scores if score.score is not None), None)
        if told is None or not self._said:
            return []
        self._said = ""
        return self._state("running", "The camera's pictures are scored again.", told.at)

    def _failed(self, frame: GridFrame, error: Exception) -> list[Message]:
        """What is said of a failure; the next run begins after a rest."""
        run, self._run = self._run, None
        said = [] if run is None else self._session_ended(run, frame.at)
        sentence = sentence_of(error, "The detector failed")
        unfit = isinstance(error, FrameError | ConfigError)
        self._failures += 0 if unfit else 1
        doubled = FIRST_REST_S * 2 ** min(self._failures - 1, 10)
        rest = SLOW_RETRY_S if unfit else min(doubled, LONGEST_REST_S)
        self._rest_until = self._clock.monotonic() + rest
        if self._blind is None:
            self._blind = (frame.at if self._told_at is None else self._told_at), sentence
        if unfit:
            said += self._in_state("misconfigured", sentence, frame.at)
        elif self._failures >= DEGRADED_AFTER:
            times = f"It failed {DEGRADED_AFTER} times and more in a row."
            said += self._in_state("degraded", f"{sentence} {times}", frame.at)
        return said

    def _session_ended(self, run: Run, at: float) -> list[Message]:
        if not run.told:
            return []  # nobody has heard of it
        return [SessionEnded(new_uid(), self._camera.name, run.session, at)]

    def _in_state(self, state: CameraState, sentence: str, at: float) -> list[Message]:
        """What is said of a state, once."""
        if sentence == self._said:
            return []
        self._said = sentence
        if not self._shadow:
            return self._state(state, sentence, at)
        name, path = self._camera.name, str(self.bundle)
        return [BundleState(new_uid(), name, path, self._method, "failed", at, sentence)]

    def _state(self, state: CameraState, sentence: str, at: float) -> list[Message]:
        if self._shadow:
            return []
        return [StateChanged(new_uid(), self._camera.name, state, at, sentence)]
