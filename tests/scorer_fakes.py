"""A detector that scores brightness, cameras in memory, and a process's surroundings."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from awry.detector import Detector
from awry.frames import Frame, FrameScore
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.scoring.calibration import POOLED, Calibration, SceneCalibration
from awry.training.facts import Facts, FootageFacts
from awry.video.ignore import IgnoreRegions
from awry.watch.clock import ManualClock
from awry.watch.ipc.frames import GridEnd, GridFrame
from awry.watch.messages import Message
from awry.watch.site.portions import Grid, ScoredCamera

SIZE = (20, 40)
RATE = 10.0
BUNDLE = Path("/bundles/a")


class BrightnessScorer(Scorer):
    """Scores the mean of the picture, two pictures late, from the second picture on."""

    lookahead, warmup = 2, 1

    def __init__(self, setting: Setting, moods: dict[int, Any]) -> None:
        super().__init__(setting)
        self._frames: deque[Frame] = deque()
        self._moods = moods
        self._count = 0

    def _push(self, frame: Frame) -> list[FrameScore]:
        self._frames.append(frame)
        return [self._told()] if len(self._frames) > self.lookahead else []

    def _flush(self) -> list[FrameScore]:
        scores = [self._told() for _ in tuple(self._frames)]
        self._count = 0
        return scores

    def _told(self) -> FrameScore:
        frame = self._frames.popleft()
        self._count += 1
        grey = frame.image.mean(2).astype(np.float32)
        value = float(grey.mean())
        mood = self._moods.get(round(float(grey.max())))
        if isinstance(mood, Exception):
            raise mood
        score = None if self._count == 1 else value if mood is None else mood
        parts = {"bright": value, "odd": float("nan")}
        return FrameScore(frame.index, frame.time_s, score, parts, map=grey)


class Brightness(Method):
    """A method whose scores are known; `moods` says what it does at a picture's highest value."""

    name = "brightness"
    Config = MethodConfig
    presets = {"cpu": {}}  # noqa: RUF012
    phrases = {"": "{it} shines"}  # noqa: RUF012

    def __init__(self, moods: dict[int, Any] | None = None) -> None:
        super().__init__(MethodConfig())
        self.moods = moods or {}
        self.settings: list[Setting] = []

    def fit(self, footage: Any, context: Any) -> None:
        raise NotImplementedError

    def scorer(self, setting: Setting) -> BrightnessScorer:
        self.settings.append(setting)
        return BrightnessScorer(setting, self.moods)

    def state(self) -> dict[str, Any]:
        return {}

    def load_state(self, tensors: dict[str, Any]) -> None:
        pass


def bright_detector(
    moods: dict[int, Any] | None = None, threshold: float | None = 100.0, every: int = 1
) -> Detector:
    """Normal footage scored 50 on the average, with a deviation of 10."""
    scene = SceneCalibration(
        50.0, 10.0, threshold, (80.0, 120.0), (60.0, 160.0), 100, 10.0, None, "given"
    )
    return Detector(
        "brightness",
        {POOLED: Brightness(moods)},
        Calibration({POOLED: scene}),
        IgnoreRegions(),
        SIZE,
        Facts.model_construct(
            data=FootageFacts.model_construct(every=every, notes=[], failed=[]),
            fit_seconds=1.0,
            export=None,
        ),
    )


def picture(value: int) -> np.ndarray:
    """A grey picture whose mean, and highest value, is that."""
    return np.full((*SIZE, 3), value, np.uint8)


class Pictures:
    """A camera's mailbox in memory: `give` puts pictures on its grid into it."""

    def __init__(self, camera: str, clock: ManualClock) -> None:
        self.camera = camera
        self.session = f"{camera}-1"
        self.waiting: deque[GridFrame | GridEnd] = deque()
        self.step = 0
        self.closed = False
        self.asked = 0
        self._clock = clock

    def give(self, *values: int, **other: Any) -> None:
        """Pictures of such brightness, one on each step of the grid."""
        for value in values:
            at = self._clock.now() + self.step / RATE
            image = other.get("image", picture(value))
            given = {"light": "day", **other, "image": image}
            self.waiting.append(GridFrame(self.camera, self.session, self.step, at, **given))
            self.step += 1

    def end(self) -> None:
        """The session ends; the next picture begins another."""
        at = self._clock.now() + self.step / RATE
        self.waiting.append(GridEnd(self.camera, self.session, at))
        self.session = f"{self.camera}-{int(self.session.rpartition('-')[2]) + 1}"

    def next(self, timeout_s: float = 0.0) -> GridFrame | GridEnd | None:
        self.asked += 1
        return self.waiting.popleft() if self.waiting else None

    def close(self) -> None:
        self.closed = True


class Mailboxes:
    """Those of all cameras, by name."""

    def __init__(self, clock: ManualClock) -> None:
        self._clock = clock
        self.by_name: dict[str, Pictures] = {}

    def __call__(self, camera: str) -> Pictures:
        return self.by_name.setdefault(camera, Pictures(camera, self._clock))

    def __getitem__(self, camera: str) -> Pictures:
        return self(camera)


def camera(name: str = "gate", bundle: Path | None = BUNDLE, **other: Any) -> ScoredCamera:
    """A camera's settings at 10 pictures a second."""
    return ScoredCamera(name=name, bundle=bundle, grid=Grid(rate=RATE), **other)


def opening(
    detectors: dict[Path, Detector | Exception], opened: list[Path] | None = None
) -> Callable[[Path], Detector]:
    """Opens these; remembers which it was asked for."""

    def open_detector(path: Path) -> Detector:
        if opened is not None:
            opened.append(path)
        found = detectors[path]
        if isinstance(found, Exception):
            raise found
        return found

    return open_detector


class FakeLink:
    """A process's end of its way to the keeper; the test says what comes, and when."""

    def __init__(self) -> None:
        self.sent: list[Message] = []
        self.coming: deque[Sequence[Message]] = deque()
        self.waiting = 0
        self.lost = 0

    def send(self, message: Message, *, certain: bool = True) -> None:
        self.sent.append(message)

    def poll(self, timeout_s: float = 0.0) -> Sequence[Message]:
        return self.coming.popleft() if self.coming else ()

    def close(self) -> None:
        pass


class FakeContext:
    """What a process is given; `supervisor` holds what each poll brings, then a default."""

    def __init__(self, name: str, settings: str, clock: ManualClock) -> None:
        self.name, self.settings, self.clock = name, settings, clock
        self.keeper = FakeLink()
        self.supervisor: deque[Callable[[], Sequence[Message]]] = deque()
        self.said: list[Message] = []
        self.boxes = Mailboxes(clock)

    def poll(self) -> Sequence[Message]:
        return self.supervisor.popleft()()

    def say(self, message: Message) -> None:
        self.said.append(message)

    def frames_in(self, camera: str) -> Pictures:
        return self.boxes(camera)

    def frames_out(self, camera: str) -> Any:
        raise NotImplementedError

    def hub(self) -> Any:
        raise NotImplementedError
