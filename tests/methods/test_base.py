from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from awry.errors import ConfigError, FrameError, OutOfMemoryError
from awry.frames import Frame, FrameScore
from awry.methods.base import Scorer, Setting
from awry.methods.flow import Flow
from awry.video.ignore import IgnoreRegions

LEFT_HALF = IgnoreRegions.parse(["columns:0-9"])


class Brightness(Scorer):
    """The mean of a frame, with a map of its pixels."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        pixels = frame.image.mean(2).astype(np.float32)
        return [FrameScore(frame.index, frame.time_s, float(pixels.mean()), map=pixels)]


def frames(count: int = 2, size: tuple[int, int] = (10, 20)) -> Iterator[Frame]:
    for index in range(count):
        yield Frame(index, index / 10, np.full((*size, 3), 100, np.uint8))


def test_ignored_pixels_are_black_before_a_method_sees_them() -> None:
    setting = Setting(ignore=LEFT_HALF, frame_size=(10, 20))
    scores = list(Brightness(setting).score(frames()))
    assert [score.score for score in scores] == [50.0, 50.0]


def test_a_small_mask_holds_what_is_wholly_ignored() -> None:
    setting = Setting(ignore=LEFT_HALF, frame_size=(10, 20))
    assert setting.small_mask((10, 20), (1, 4)).tolist() == [[True, True, False, False]]
    assert setting.small_mask((10, 20), (1, 3)).tolist() == [[True, False, False]]
    assert not Setting().small_mask((10, 20), (2, 2)).any()


def test_maps_are_cut_into_regions_at_the_settings_levels() -> None:
    bright = np.zeros((10, 20, 3), np.uint8)
    bright[2:5, 3:9] = 200
    setting = Setting(map_levels=(150.0,))
    (score,) = Brightness(setting).push(Frame(0, None, bright))
    (region,) = score.regions
    assert region.box == (3, 2, 8, 4)
    assert Brightness(Setting()).push(Frame(0, None, bright))[0].regions == ()


def test_another_size_within_a_stream_is_refused_and_forgotten_after_it() -> None:
    scorer = Brightness(Setting())
    scorer.push(next(frames()))
    with pytest.raises(FrameError, match="is 8x6, but the stream began with 20x10"):
        scorer.push(next(frames(size=(6, 8))))
    scorer.flush()
    assert scorer.push(next(frames(size=(6, 8))))


@pytest.mark.parametrize("ask", ["push", "flush", "score"])
def test_a_shortage_of_memory_names_a_cure(ask: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def short(*given: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0")

    scorer = Brightness(Setting())
    for name in ("_push", "_flush"):
        monkeypatch.setattr(scorer, name, short)
    ways = {
        "push": lambda: scorer.push(next(frames())),
        "flush": scorer.flush,
        "score": lambda: list(scorer.score(frames())),
    }
    with pytest.raises(OutOfMemoryError, match=r"allocate 2\.00 GiB\)\. Close other.*--device cpu"):
        ways[ask]()


def test_settings_that_are_not_there_suggest_the_nearest() -> None:
    with pytest.raises(ConfigError, match=r"no preset 'tinny': did you mean 'tiny'"):
        Flow.configure("tinny")
    with pytest.raises(ConfigError, match=r"no setting 'blurr': did you mean 'blur'"):
        Flow.configure("tiny", {"blurr": 3})
    with pytest.raises(ConfigError, match="flow: blur = 0"):
        Flow.configure("tiny", {"blur": 0})
