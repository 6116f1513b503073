"""SDOR's scorer: the mean of the rounds' learners, with the class activation map."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
import torch

from awry.devices import PROCESSOR, Compute
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.methods.graphs import Network
from awry.methods.sdor.config import SDORConfig
from awry.methods.sdor.samples import Window, as_pictures
from awry.video.pictures import Pictures, resized

_BATCH = 16


class SDORScorer(Scorer):
    """Scores a stream with the rounds' learners.

    Args:
        network: from pictures to scores and maps, as `MeanOfRounds`.
        span: frames that it sees at once.
        config: its settings, `width` settled.
        setting: where it works.
        compute: where pictures are put, as the network wants them.
    """

    def __init__(
        self,
        network: Network,
        span: int,
        config: SDORConfig,
        setting: Setting,
        compute: Compute = PROCESSOR,
    ) -> None:
        super().__init__(setting)
        assert config.width is not None
        self._network, self._compute = network, compute
        self._picture_size = (config.height, config.width)
        self._window = Window(span)
        self.reach = span - 1

    def _push(self, frame: Frame) -> list[FrameScore]:
        return self._frame_scores([frame])

    def _flush(self) -> list[FrameScore]:
        self._window.clear()
        return []

    def _score(self, frames: Iterator[Frame]) -> Iterator[FrameScore]:
        while chunk := list(islice(frames, _BATCH)):
            yield from self._frame_scores(chunk)
        yield from self._flush()

    @torch.inference_mode()
    def _frame_scores(self, frames: Sequence[Frame]) -> list[FrameScore]:
        with self._stage("resize"):
            windows = np.stack([self._prepared(frame) for frame in frames])
        with self._stage("network"):
            scores, maps = self._network(as_pictures(windows, self._compute))
        with self._stage("maps"):
            return [
                self._frame_score(frame, float(score), heat)
                for frame, score, heat in zip(frames, scores.numpy(), maps.numpy(), strict=True)
            ]

    def _prepared(self, frame: Frame) -> Pictures:
        return self._window.push(resized(frame.image, self._picture_size))

    def _frame_score(self, frame: Frame, score: float, heat: np.ndarray) -> FrameScore:
        if not self.setting.maps:
            return FrameScore(frame.index, frame.time_s, score)
        heat = np.asarray(heat, np.float32)
        size = (frame.image.shape[0], frame.image.shape[1])
        ignored = self.setting.small_mask(size, (heat.shape[0], heat.shape[1]))
        if ignored.any():
            heat = np.where(ignored, heat.min(), heat)
        return FrameScore(frame.index, frame.time_s, score, map=heat)
