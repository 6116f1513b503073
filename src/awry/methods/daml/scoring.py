"""DAML's scorer: each frame is encoded once, its code compared with the one predicted for it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F

from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.methods.daml.config import DAMLConfig
from awry.methods.daml.motion import MotionStream
from awry.methods.daml.placed import Placed
from awry.scoring.maps import blurred
from awry.video.background import Background
from awry.video.pictures import resized

CHUNK = 32
SHOWN = "shown"

ErrorMap = NDArray[np.float32]


@dataclass(slots=True)
class _Encoded:
    """One sampled frame: its input (c, H, W) and feature maps (c, h, w), code last.

    They are where the networks run.
    """

    frame: Tensor
    features: list[Tensor]

    @property
    def code(self) -> Tensor:
        return self.features[-1]


@dataclass(slots=True)
class _DueFrame:
    """A frame and the code predicted for it, None in warm-up.

    Attributes:
        earlier: whose features the decoder's skips come from: the last input frame's for the
            prediction, the previous frame's, or the previous input's, for the reconstruction.
            Empty if neither is wanted.
    """

    frame: Frame
    encoded: _Encoded
    due: Tensor | None
    earlier: list[_Encoded]


class _Phase:
    """What is remembered of the frames that lie `subsample` apart.

    Args:
        fresh: gives what predicts from codes, at a stream's start.

    Attributes:
        stream: predicts from their codes.
        predictions: the latest ones, the oldest for the frame that comes next.
        recent: the frame itself, the last input of its prediction, and everything in between,
            where they are kept.
    """

    def __init__(self, fresh: Callable[[], MotionStream], ahead: int, kept: int) -> None:
        self._fresh = fresh
        self.predictions: deque[Tensor | None] = deque(maxlen=ahead + 1)
        self.recent: deque[_Encoded] = deque(maxlen=kept)
        self.begin()

    def begin(self) -> None:
        """Forget all frames."""
        self.stream = self._fresh()
        self.predictions.clear()
        self.recent.clear()

    def take(self, encoded: _Encoded, prediction: Tensor | None) -> None:
        """The next frame, and what is predicted with it."""
        self.recent.append(encoded)
        self.predictions.append(prediction)


class DAMLScorer(Scorer):
    """Streams frames through the encoder, once each, and a ring of codes through the motion model.

    A frame's score compares its own code with the one predicted `ahead` frames earlier, so it
    depends on no later frame.

    Parts: `latent` (Z-MSE) always; `prediction` (P-MSE) and `reconstruction` (R-MSE) where they
    are asked for, since they need the decoder.

    Args:
        placed: the fitted model where it runs.
        config: its settings, `width` and `grey` settled.
        setting: where it works.
    """

    def __init__(self, placed: Placed, config: DAMLConfig, setting: Setting) -> None:
        super().__init__(setting)
        self._placed = placed
        self._config = config
        self._wanted = {config.score, *setting.parts} & {"prediction", "reconstruction"}
        self._kept = max(config.ahead, config.skip_back) + 1 if self._wanted else 1
        energy = placed.fitted.energy if config.position == "both" else None
        self._usual_energy = None if energy is None else config.relative * energy
        self._level = placed.fitted.level_of(setting.scene)
        self._mask: NDArray[np.bool_] | None = None
        if not config.own_background:  # which is chosen from all that a stream showed
            earliest = max(config.window - 1, config.skip_back, config.ahead)
            self.reach = earliest * config.subsample
        self.period = 1 if config.interleaved else config.subsample
        self._restart()

    @property
    def warmup(self) -> int:  # type: ignore[override]
        """Frames at a stream's start that cannot be scored."""
        return (self._config.window - 1) * self._config.subsample

    def _restart(self) -> None:
        self._count = 0
        self._background = self._usual_background()
        self._phases = [
            _Phase(self._placed.stream, self._config.ahead, self._kept)
            for _ in range(self._config.subsample if self._config.interleaved else 1)
        ]

    def _usual_background(self) -> Background:
        config, scene, model = self._config, self.setting.scene, self._placed.fitted
        deviation = model.deviation_of(scene) if config.own_background else None
        every = 1 if config.interleaved else config.subsample
        return Background(
            model.mean_of(scene).numpy(),
            None if deviation is None else deviation.numpy(),
            None if self.setting.fps is None else self.setting.fps / every,
            self.warmup // every,
        )

    def _flush(self) -> list[FrameScore]:
        self._restart()
        return []

    def _push(self, frame: Frame) -> list[FrameScore]:
        with torch.inference_mode():
            phase = self._next_phase()
            if phase is None:
                return [FrameScore(frame.index, frame.time_s, None)]
            return self._frame_scores([frame], [phase])

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        self._restart()
        while chunk := list(islice(frames, CHUNK)):
            with torch.inference_mode():
                scores = self._score_chunk(chunk)
            yield from scores
        self._restart()

    def _score_chunk(self, chunk: Sequence[Frame]) -> list[FrameScore]:
        phases = [self._next_phase() for _ in chunk]
        taken = [frame for frame, phase in zip(chunk, phases, strict=True) if phase is not None]
        compared = iter(self._frame_scores(taken, [one for one in phases if one is not None]))
        return [
            FrameScore(frame.index, frame.time_s, None) if phase is None else next(compared)
            for frame, phase in zip(chunk, phases, strict=True)
        ]

    def _next_phase(self) -> _Phase | None:
        """What the next frame goes on from; None where it is not looked at."""
        number = self._count % self._config.subsample
        self._count += 1
        return self._phases[number] if number < len(self._phases) else None

    def _frame_scores(self, frames: Sequence[Frame], phases: Sequence[_Phase]) -> list[FrameScore]:
        """The scores of the next frames that are looked at."""
        scores: list[FrameScore] = []
        inputs: list[NDArray[np.float32]] = []
        for image, phase in zip(self._resized(frames), phases, strict=True):
            if self._background.push(image):
                done = len(scores)
                before = slice(done, done + len(inputs))
                scores += self._compared(frames[before], inputs, phases[before])
                inputs = []
                self._look_again(phase)
            inputs.append(self._background.without(image))
        rest = slice(len(scores), len(frames))
        return scores + self._compared(frames[rest], inputs, phases[rest])

    def _compared(
        self,
        frames: Sequence[Frame],
        inputs: Sequence[NDArray[np.float32]],
        phases: Sequence[_Phase],
    ) -> list[FrameScore]:
        if not frames:
            return []
        with self._stage("network"):
            encoded = self._encode(inputs)
            predictions = self._predicted(encoded, phases)
        pairs = zip(frames, encoded, predictions, phases, strict=True)
        with self._stage("maps"):
            return self._compare([self._pair(*pair) for pair in pairs])

    def _look_again(self, phase: _Phase) -> None:
        """Predict anew from the last frames, which are compared with another picture now.

        Args:
            phase: of the frame that comes next, the last of `recent`.
        """
        images = list(self._background.recent)[:-1]
        count, last = len(self._phases), self._phases.index(phase)
        for one in self._phases:
            one.begin()
        phases = [self._phases[(last - back) % count] for back in range(len(images), 0, -1)]
        encoded = self._encode([self._background.without(image) for image in images])
        predictions = self._predicted(encoded, phases)
        for code, prediction, its in zip(encoded, predictions, phases, strict=True):
            its.take(code, prediction)

    def _predicted(
        self, encoded: Sequence[_Encoded], phases: Sequence[_Phase]
    ) -> list[Tensor | None]:
        """What each frame's code completes a prediction of."""
        predictions: list[Tensor | None] = [None] * len(encoded)
        for phase in self._phases:
            mine = [number for number, one in enumerate(phases) if one is phase]
            if mine:
                made = phase.stream.push(torch.stack([encoded[number].code for number in mine]))
                for number, prediction in zip(mine, made, strict=True):
                    predictions[number] = prediction
        return predictions

    def _resized(self, frames: Sequence[Frame]) -> list[NDArray[np.uint8]]:
        config = self._config
        assert config.width is not None
        size = (config.height, config.width)
        with self._stage("resize"):
            return [resized(frame.image, size, bool(config.grey)) for frame in frames]

    def _encode(self, frames: Sequence[NDArray[np.float32]]) -> list[_Encoded]:
        """Frames (c, H, W) less the mean picture."""
        inputs, features = self._placed.encode(frames, skips=bool(self._wanted))
        return [
            _Encoded(inputs[number], [feature[number] for feature in features])
            for number in range(len(frames))
        ]

    def _pair(
        self, frame: Frame, encoded: _Encoded, prediction: Tensor | None, phase: _Phase
    ) -> _DueFrame:
        """A frame with the prediction made for it; the new prediction is kept for later."""
        phase.take(encoded, prediction)
        recent, predictions = phase.recent, phase.predictions
        due = predictions[0] if len(predictions) > self._config.ahead else None
        earlier = []
        if due is not None and self._wanted:
            config = self._config
            earlier = [recent[-1 - config.ahead], recent[-1 - config.skip_back]]
        return _DueFrame(frame, encoded, due, earlier)

    def _compare(self, pairs: Sequence[_DueFrame]) -> list[FrameScore]:
        """The scores of consecutive frames; what they share is decoded in one batch."""
        due = [pair for pair in pairs if pair.due is not None]
        errors = self._errors(due) if due else {}
        frames = iter(
            {name: error[number] for name, error in errors.items()} for number in range(len(due))
        )
        return [
            FrameScore(pair.frame.index, pair.frame.time_s, None)
            if pair.due is None
            else self._scored(pair.frame, next(frames))
            for pair in pairs
        ]

    def _errors(self, pairs: Sequence[_DueFrame]) -> dict[str, ErrorMap]:
        """Each part's error (n, h, w) at the positions of the code; `latent` (DAML eq. 2) first.

        With `position=both` the latent one is divided by a power of what the code holds, in usual
        errors of the scene; where its map is wanted, `SHOWN` is in shares of what code and
        prediction hold together.
        """
        predicted = torch.stack([pair.due for pair in pairs if pair.due is not None])
        codes = torch.stack([pair.encoded.code for pair in pairs])
        errors = {"latent": (predicted - codes).square().mean(1)}
        if self._usual_energy is not None:
            assert self._config.power is not None
            held = codes.square().mean(1) + self._usual_energy
            if self.setting.maps and self._config.score == "latent":
                errors[SHOWN] = errors["latent"] / (held + predicted.square().mean(1))
            errors["latent"] = errors["latent"] / (held**self._config.power * self._level)
        frames = torch.stack([pair.encoded.frame for pair in pairs])
        if "prediction" in self._wanted:
            guess = self._decode(predicted, [pair.earlier[0] for pair in pairs])
            errors["prediction"] = self._pixel_error(guess, frames)
        if "reconstruction" in self._wanted:
            guess = self._decode(codes, [pair.earlier[1] for pair in pairs])
            errors["reconstruction"] = self._pixel_error(guess, frames)
        return {name: self._placed.compute.array(error) for name, error in errors.items()}

    def _scored(self, frame: Frame, errors: Mapping[str, ErrorMap]) -> FrameScore:
        self._prepare_mask(frame)
        maps = {name: self._pooled(error) for name, error in errors.items()}
        chosen = self._config.score
        shown = maps.pop(SHOWN, maps[chosen])
        parts = {name: self._aggregate(error) for name, error in maps.items()}
        return FrameScore(
            frame.index,
            frame.time_s,
            parts[chosen],
            parts,
            shown if self.setting.maps else None,
        )

    def _decode(self, codes: Tensor, earlier: Sequence[_Encoded]) -> Tensor:
        """Frames (n, c, H, W) from codes (n, c, h, w), each with an earlier frame's skips."""
        levels = zip(*(one.features for one in earlier), strict=True)
        return self._placed.decode(codes, [torch.stack(list(level)) for level in levels])

    def _pixel_error(self, guess: Tensor, frame: Tensor) -> Tensor:
        """Squared error (n, h, w) of frames (n, c, H, W), averaged over each position's pixels.

        The mean picture cancels: both sides lack it.
        """
        error = (guess - frame).square().mean(1, keepdim=True)
        return F.avg_pool2d(error, self._config.factor)[:, 0]

    def _prepare_mask(self, frame: Frame) -> None:
        if self._mask is None:
            config = self._config
            assert config.width is not None
            size = (config.height // config.factor, config.width // config.factor)
            self._mask = self.setting.small_mask(frame.image.shape[:2], size)

    def _pooled(self, error: ErrorMap) -> ErrorMap:
        """The error map that the score is read from, averaged over boxes."""
        assert self._mask is not None
        counted = (~self._mask).astype(np.float32)
        error = error * counted
        return error if self._config.box == 1 else blurred(error, self._config.box) * counted

    def _aggregate(self, error: ErrorMap) -> float:
        """A frame's score: the mean of its errors (DAML eq. 2), the highest, or both of them."""
        position, weight = self._config.position, self._config.highest
        if position == "max":
            return float(error.max())
        mean = self._mean(error)
        return mean if position == "mean" else mean ** (1 - weight) * float(error.max()) ** weight

    def _mean(self, error: ErrorMap) -> float:
        """The mean over the code's elements."""
        assert self._mask is not None
        return float(error[~self._mask].mean()) if not self._mask.all() else 0.0

    def pictures(self, frames: Sequence[Frame]) -> dict[str, NDArray[np.uint8]] | None:
        """Input, reconstruction, prediction and error of the last frame (as Fig. 7).

        The stream that is being scored is not touched.

        Args:
            frames: at least `warmup + 1` consecutive frames.

        Returns:
            uint8 RGB (h, w, 3) pictures by name, or None where there are too few frames.
        """
        every = self._config.subsample
        chosen = frames[(len(frames) - 1) % every :: every]
        sampled = [self.setting.black_out(frame) for frame in chosen]
        wanted, self._wanted = self._wanted, {"prediction", "reconstruction"}
        try:
            with torch.inference_mode():
                return self._last_pictures(sampled)
        finally:
            self._wanted = wanted

    def _last_pictures(self, frames: Sequence[Frame]) -> dict[str, NDArray[np.uint8]] | None:
        if len(frames) < self._config.window:
            return None
        background = self._background
        images = self._resized(frames[-self._config.window :])
        encoded = self._encode([background.without(image) for image in images])
        codes = torch.stack([item.code for item in encoded])
        prediction = self._placed.predicted(codes[: -self._config.ahead])
        now, before = encoded[-1], encoded[-1 - self._config.skip_back]
        guess = self._decode(prediction[None], [encoded[-1 - self._config.ahead]])[0]
        shown = {
            "input": now.frame,
            "reconstruction": self._decode(now.code[None], [before])[0],
            "prediction": guess,
        }
        fetch, mean = self._placed.compute.fetch, torch.from_numpy(background.picture)
        pictures = {name: self._picture(fetch(frame) + mean) for name, frame in shown.items()}
        pictures["error"] = self._picture(fetch((guess - now.frame).abs()))
        return pictures

    @staticmethod
    def _picture(frame: Tensor) -> NDArray[np.uint8]:
        image = (frame.clamp(0, 1) * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()
        return np.ascontiguousarray(np.broadcast_to(image, (*image.shape[:2], 3)))
