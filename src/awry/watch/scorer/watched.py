"""A camera that is scored: its pictures in order, its gaps, and its one or two detectors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from awry.watch.clock import Clock
from awry.watch.ipc.frames import FrameSource, GridEnd, GridFrame
from awry.watch.last_minute import MOST_DROPPED, WINDOW_S, LastMinute
from awry.watch.messages import Gap, Light, Message, new_uid
from awry.watch.scorer.camera_detector import CameraDetector
from awry.watch.scorer.detector_cache import DetectorCache
from awry.watch.scorer.run import Limit
from awry.watch.site.portions import ScoredCamera

RECONNECTED = "The camera was opened anew."
OTHER_SIZE = "The pictures have another size."
MOST_IN_A_ROW = 1
"""More steps that were left out in a row look like an anomaly to a detector with a memory."""
USUAL_RATE = 10.0
"""Steps a second, where the grid names none."""


class Watched:
    """A camera with its detectors.

    Args:
        camera: its settings.
        source: its pictures.
        cache: where detectors are loaded.
        limit: from which score on pictures are wanted; None: the keeper has said nothing.
        clock: for rests and times.
    """

    def __init__(
        self,
        camera: ScoredCamera,
        source: FrameSource,
        cache: DetectorCache,
        limit: Callable[[Light], Limit | None],
        clock: Clock,
    ) -> None:
        self.camera = camera
        self.source = source
        self._cache, self._limit, self._clock = cache, limit, clock
        self._main = self._camera_detector(camera.bundle, shadow=False)
        self._shadow = self._camera_detector(camera.shadow, shadow=True)
        self._last: GridFrame | None = None
        self._minute = LastMinute()
        self._session = ""

    def next(self) -> tuple[GridFrame | GridEnd | None, list[Message]]:
        """The camera's next picture, where it can be scored now, and what is to be said.

        While no detector is ready nothing is asked for: its mailbox keeps the newest.
        """
        said: list[Message] = []
        ready = False
        for detector in self._detectors:
            its, words = detector.ready()
            ready, said = ready or its, said + words
        return (self.source.next() if ready else None), said

    def take(self, item: GridFrame | GridEnd) -> list[Message]:
        """Score a picture, or end a session; gives what there is to say."""
        if isinstance(item, GridEnd):
            return self.end(item.at)
        last = self._last
        if last is not None and item.session == last.session and item.step <= last.step:
            return []  # it came twice
        if not self._runs:  # nobody was behind: nobody asked for what was left out
            item = replace(item, dropped=0)
        self._minute.add(item.dropped, self._clock.monotonic())
        said = self._begin(item)
        self._last = item
        for detector in self._detectors:
            said += detector.push(item, self._session)
        return said

    def end(self, at: float) -> list[Message]:
        """Give what is owed; the next picture begins with a fresh scorer."""
        return [message for detector in self._detectors for message in detector.end(at)]

    def change(self, camera: ScoredCamera) -> list[Message]:
        """Other settings; a detector whose part of them is the same goes on untouched."""
        before, self.camera = self.camera, camera
        alike = before.model_copy(update={"shadow": camera.shadow, "bundle": camera.bundle})
        anew = alike != camera
        said: list[Message] = []
        if anew or before.bundle != camera.bundle:
            said += self._ended(self._main)
            self._main = self._camera_detector(camera.bundle, shadow=False)
        if anew or before.shadow != camera.shadow:
            said += self._ended(self._shadow)
            self._shadow = self._camera_detector(camera.shadow, shadow=True)
        if self._last is not None:
            self._session = named_anew(self._last.session)
        return said

    @property
    def _detectors(self) -> list[CameraDetector]:
        return [detector for detector in (self._main, self._shadow) if detector is not None]

    @property
    def _runs(self) -> bool:
        """Whether the detector that alarms, or else the one that tries, has a run under way."""
        return bool(self._detectors) and self._detectors[0].runs

    def _camera_detector(self, bundle: Path | None, *, shadow: bool) -> CameraDetector | None:
        if bundle is None:
            return None
        return CameraDetector(
            self.camera,
            bundle,
            shadow=shadow,
            cache=self._cache,
            limit=_unsaid if shadow else self._limit,
            clock=self._clock,
        )

    def _ended(self, detector: CameraDetector | None) -> list[Message]:
        at = self._clock.now() if self._last is None else self._last.at
        return [] if detector is None else detector.end(at)

    def _begin(self, item: GridFrame) -> list[Message]:
        """What is said where a picture does not follow on the last one."""
        last = self._last
        if last is None:
            from_start = item.step - item.dropped <= 0
            self._session = item.session if from_start else named_anew(item.session)
            return []
        if item.session != last.session:
            why = RECONNECTED
            self._session = item.session
        elif not self._runs:
            return []  # it rested; its failure was told
        else:
            why = self._break(last, item)
            if not why:
                return []
            self._session = named_anew(item.session)
        gap = Gap(new_uid(), self.camera.name, last.at, max(last.at, item.at), why)
        return [*self.end(last.at), gap]

    def _break(self, last: GridFrame, item: GridFrame) -> str:
        """Why a fresh scorer is needed inside of a session; empty where none is."""
        if item.image.shape != last.image.shape:
            return OTHER_SIZE
        grid, missing = self.camera.grid, item.step - last.step - 1
        # By steps where that can be: the clock that people read may jump.
        seconds = missing / grid.rate if grid.rate else item.at - last.at
        if missing and (seconds > grid.tolerated_gap_s or self._jumps(item)):
            return f"Scoring was behind: {missing} pictures in a row were left out."
        return ""

    def _jumps(self, item: GridFrame) -> bool:
        """Whether what was left out would be taken for motion.

        A scorer that is behind all the time goes on nevertheless: it would never be warm, and its
        camera is degraded, so that its budget is not promised.
        """
        if item.dropped <= MOST_IN_A_ROW or not any(
            detector.remembers for detector in self._detectors
        ):
            return False
        steps = WINDOW_S * (self.camera.grid.rate or USUAL_RATE)
        return self._minute.dropped(self._clock.monotonic()) <= MOST_DROPPED * steps


def _unsaid(light: Light) -> Limit | None:
    """Of a detector that tries, whose scores have a scale of their own, the keeper says nothing."""
    return None


def named_anew(session: str) -> str:
    """A name for a further stretch of a session, which nobody has used."""
    return f"{session}.{new_uid()[:8]}"
