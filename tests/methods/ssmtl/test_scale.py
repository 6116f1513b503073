"""What SSMTL's settings leave to the footage's scale."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.scale import _settled, by_scale, crop_side
from awry.progress import Silent
from awry.training.footage import Footage
from awry.training.scale import FootageScale
from awry.video.cache import FrameCache
from awry.video.memory import ArraySource
from support import moving_square, moving_square_data


def scale(side: float | None, fps: float, size: tuple[int, int]) -> FootageScale:
    return FootageScale(side, side, 10.0, fps, True, size, 60)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (scale(30, 10, (240, 360)), (32, 0.5, 1, 9)),  # UCSD Ped2: as it was by its name
        (scale(84, 24, (480, 856)), (40, 0.2, 2, 21)),  # ShanghaiTech's scene 01
        (scale(40, 30, (240, 320)), (32, 0.2, 3, 27)),  # UMN
        (scale(110, 25, (360, 640)), (56, 0.2, 2, 23)),
        (scale(110, 25, (1080, 1920)), (32, 0.2, 2, 23)),
        (scale(None, 10, (240, 360)), (32, 0.2, 1, 9)),
    ],
)
def test_settings_that_follow(measured: FootageScale, expected: tuple[Any, ...]) -> None:
    settled = _settled(SSMTL.configure("cpu"), measured, (2, 1))  # type: ignore[arg-type]
    names = ("side", "distillation_weight", "stride", "filter_frames")
    assert tuple(settled[name] for name in names) == expected
    assert settled["tiles"] == (2, 1)


def test_what_a_person_set_stays() -> None:
    config = SSMTL.configure("cpu", {"side": 64, "stride": 1, "tiles": (1, 1)})
    settled = _settled(config, scale(30, 24, (240, 360)), (2, 1))  # type: ignore[arg-type]
    assert set(settled) == {"distillation_weight", "filter_frames"}


def test_crops_are_divisible_by_what_the_poolings_ask_for() -> None:
    sides = [crop_side(side) for side in np.linspace(1, 300, 50)]
    assert all(side % 8 == 0 for side in sides)
    assert (min(sides), max(sides)) == (32, 64)


def test_the_paper_and_bundles_of_before_measure_nothing(tmp_path: Path) -> None:
    source = ArraySource(moving_square(20, 0), fps=24, name="a")
    footage = Footage([Clip("a", lambda: source)], FrameCache(tmp_path, 1 << 30))
    for config in (SSMTL.configure("paper"), SSMTL.configure("tiny"), SSMTLConfig()):
        assert by_scale(config, footage, Silent()) == ({}, [])  # type: ignore[arg-type]
    assert SSMTLConfig().stride == 1


@pytest.fixture(scope="module")
def strided(tmp_path_factory: pytest.TempPathFactory) -> Any:
    changes = {"stride": 0, "span_s": 1.2, "filter_frames": 0, "filter_s": 0.5}
    changes |= {"side": None, "tiles": None}
    options = FitOptions(preset="tiny", changes=changes)
    data = moving_square_data(length=100)
    return fit_detector("ssmtl", data, tmp_path_factory.mktemp("s") / "b", options)


def test_fit_settles_and_says_it(strided: Any) -> None:
    config = strided.models["*"].config
    assert (config.stride, config.filter_frames, config.side, config.tiles) == (2, 5, 32, (1, 1))
    (note,) = [note for note in strided.facts.data.notes if "typical object" in note]
    assert "a sequence is 7 frames, 2 apart, over 1.2 s" in note
    assert "maps are averaged over 5 frames" in note


def test_a_strided_sequence_scores_every_frame_but_the_ends(strided: Any) -> None:
    scorer = strided.scorer()
    assert (scorer.warmup, scorer.lookahead) == (6, 8)
    frames = [Frame(n, n / 10, image) for n, image in enumerate(moving_square(30, 9))]
    unscored = [score.score is None for score in scorer.score(iter(frames))]
    assert unscored == [True] * 6 + [False] * 18 + [True] * 6


def test_a_strided_sequence_is_made_of_every_second_frame(strided: Any) -> None:
    """Frames between those of the window do not matter to the frame's own parts."""
    frames = [Frame(n, n / 10, image) for n, image in enumerate(moving_square(13, 9))]
    between = [
        Frame(f.index, f.time_s, f.image if f.index % 2 == 0 else frames[0].image * 0)
        for f in frames
    ]
    first, second = (list(strided.scorer().score(iter(clip)))[6] for clip in (frames, between))
    assert first.parts == pytest.approx(second.parts)
