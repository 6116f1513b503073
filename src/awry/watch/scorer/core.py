"""What a scorer process does: cameras one after the other, each by its own scorers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import replace
from pathlib import Path

from awry.detector import Detector
from awry.watch.clock import Clock
from awry.watch.ipc.frames import FrameSource, GridFrame
from awry.watch.messages import Interesting, Light, Message, ShowAll
from awry.watch.scorer.detector_cache import DetectorCache
from awry.watch.scorer.run import Limit
from awry.watch.scorer.watched import Watched
from awry.watch.site.portions import ScoredCamera, ScorerSettings


class ScorerHost:
    """Scores the pictures of several cameras, in a fair round robin.

    Cameras of the same bundle share one loaded detector; each has a `Scorer` of its own, and a
    second one where another detector tries. Whatever a method raises touches its camera alone.

    Args:
        settings: cameras and their bundles.
        clock: for delays, rests and times.
        open_detector: loads a bundle by its folder.
        frame_sources: camera's name -> where its pictures come from.
        executor: where detectors are loaded while others score; None: where they are needed.
    """

    def __init__(
        self,
        settings: ScorerSettings,
        clock: Clock,
        open_detector: Callable[[Path], Detector],
        frame_sources: Callable[[str], FrameSource],
        executor: Executor | None = None,
    ) -> None:
        self._clock = clock
        self._frame_sources = frame_sources
        self._cache = DetectorCache(open_detector, clock, executor)
        self._limits: dict[tuple[str, Light], Limit] = {}
        self._looked: dict[str, float] = {}
        self._cameras: dict[str, Watched] = {}
        self._turns: list[str] = []  # whose turn it is, first
        self._tally = Tally(clock)
        self.configure(settings)

    def configure(self, settings: ScorerSettings) -> list[Message]:
        """Take other settings: only cameras that changed are touched.

        Returns:
            what there is to say: scores that were owed, and sessions that ended.
        """
        said: list[Message] = []
        cameras = {camera.name: camera for camera in settings.cameras}
        for name in sorted(self._cameras.keys() - cameras.keys()):
            said += self._leave(name)
        for name, camera in cameras.items():
            if name not in self._cameras:
                self._cameras[name] = self._watched(camera)
                self._turns.append(name)
            elif self._cameras[name].camera != camera:
                other = self._cameras[name].camera.bundle != camera.bundle
                said += self._cameras[name].change(camera)
                if other:
                    self._forget_limits(name)  # another detector has another scale
        wanted = (path for camera in settings.cameras for path in (camera.bundle, camera.shadow))
        self._cache.keep(path for path in wanted if path is not None)
        return said

    def interesting(self, message: Interesting) -> None:
        """From now on pictures of that camera and light are wanted from that score on."""
        self._limits[message.camera, message.light] = Limit(message.score, message.threshold)

    def show_all(self, message: ShowAll) -> None:
        """Somebody looks: for some seconds regions and heat of all scores are wanted."""
        self._looked[message.camera] = self._clock.monotonic() + message.seconds

    def step(self) -> Sequence[Message] | None:
        """Score one picture of the next camera that has one.

        Returns:
            what there is to say to the keeper; None where no camera has a picture.
        """
        said: list[Message] = []
        for place, name in enumerate(self._turns):
            item, words = self._cameras[name].next()
            said += words
            if item is not None:
                self._turns = [*self._turns[:place], *self._turns[place + 1 :], name]
                with self._tally:
                    said += self._cameras[name].take(item)
                if isinstance(item, GridFrame):
                    self._tally.count(item)
                return said
        return said or None

    def figures(self) -> dict[str, float]:
        """How it did since this was asked last; see `Tally.figures`."""
        return {"cameras": float(len(self._cameras)), **self._tally.figures()}

    def close(self) -> list[Message]:
        """Nothing more will be scored: give what is owed, and end all sessions."""
        return [message for name in tuple(self._cameras) for message in self._leave(name)]

    def _watched(self, camera: ScoredCamera) -> Watched:
        def limit(light: Light) -> Limit | None:
            said = self._limits.get((camera.name, light))
            if self._clock.monotonic() >= self._looked.get(camera.name, float("-inf")):
                return said
            return replace(said or Limit(None, None), looked=True)

        source = self._frame_sources(camera.name)
        return Watched(camera, source, self._cache, limit, self._clock)

    def _forget_limits(self, name: str) -> None:
        self._limits = {key: one for key, one in self._limits.items() if key[0] != name}

    def _leave(self, name: str) -> list[Message]:
        watched = self._cameras.pop(name)
        self._turns.remove(name)
        watched.source.close()
        said = watched.end(self._clock.now())
        self._forget_limits(name)
        self._looked.pop(name, None)
        return said


class Tally:
    """Counts what a scorer process did; inside of `with` it works.

    Args:
        clock: for delays and shares of time.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._frames = self._dropped = self._lately = 0
        self._lag_s = self._busy_s = 0.0
        self._since = clock.monotonic()
        self._begun = 0.0

    def __enter__(self) -> None:
        self._begun = self._clock.monotonic()

    def __exit__(self, *error: object) -> None:
        self._busy_s += self._clock.monotonic() - self._begun

    def count(self, frame: GridFrame) -> None:
        """A picture was scored."""
        self._frames += 1
        self._lately += 1
        self._dropped += frame.dropped
        self._lag_s = max(self._lag_s, self._clock.now() - frame.at)

    def figures(self) -> dict[str, float]:
        """Since the last time.

        Returns:
            `frames` and `dropped` since the beginning; since this was asked last: `fps`, the
            longest delay from a picture to the end of its scoring, `lag_s`, and the share of the
            time in which it scored, `busy` in [0, 1].
        """
        now = self._clock.monotonic()
        seconds = max(now - self._since, 1e-9)
        found = {
            "frames": float(self._frames),
            "dropped": float(self._dropped),
            "fps": self._lately / seconds,
            "lag_s": self._lag_s,
            "busy": min(self._busy_s / seconds, 1.0),
        }
        self._lag_s = self._busy_s = 0.0
        self._since, self._lately = now, 0
        return found
