"""SDOR's scorer: the mean of the rounds' learners (eq. 9), with the class activation map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting, small_mask
from awry.methods.sdor.archive import Window, as_pictures
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.model import SDORModel
from awry.video.cache import resized
from awry.video.pictures import Pictures

_BATCH = 16


class SDORScorer(Scorer):
    """Scores a stream with the rounds' learners.

    Args:
        model: fitted, in evaluation mode.
        config: its settings, `width` settled.
        setting: where it works.
    """

    def __init__(self, model: SDORModel, config: SDORConfig, setting: Setting) -> None:
        super().__init__(setting)
        assert config.width is not None
        self._model = model
        self._picture_size = (config.height, config.width)
        self._window = Window(model.span)

    def _push(self, frame: Frame) -> list[FrameScore]:
        return self._judged([frame])

    def _flush(self) -> list[FrameScore]:
        self._window.clear()
        return []

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        while chunk := list(islice(frames, _BATCH)):
            yield from self._judged(chunk)
        yield from self._flush()

    @torch.inference_mode()
    def _judged(self, frames: Sequence[Frame]) -> list[FrameScore]:
        windows = [self._seen(frame) for frame in frames]
        activations = self._model.activations(as_pictures(np.stack(windows)))
        found = [learner.score_maps(activations) for learner in self._model.learners]
        scores = torch.stack([scores for scores, _ in found]).mean(0).numpy()
        maps = torch.stack([maps for _, maps in found]).mean(0).numpy()
        return [
            self._frame_score(frame, float(score), heat)
            for frame, score, heat in zip(frames, scores, maps, strict=True)
        ]

    def _seen(self, frame: Frame) -> Pictures:
        return self._window.push(resized(frame.image, self._picture_size))

    def _frame_score(self, frame: Frame, score: float, heat: np.ndarray) -> FrameScore:
        if not self.setting.maps:
            return FrameScore(frame.index, frame.time_s, score)
        heat = np.asarray(heat, np.float32)
        size = (frame.image.shape[0], frame.image.shape[1])
        ignored = small_mask(self.setting, size, (heat.shape[0], heat.shape[1]))
        if ignored.any():
            heat = np.where(ignored, heat.min(), heat)
        return FrameScore(frame.index, frame.time_s, score, map=heat)
