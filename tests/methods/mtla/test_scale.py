"""What MTLA's settings leave to the footage's scale."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame
from awry.methods.mtla import MTLA
from awry.methods.mtla.scale import settled_by
from awry.methods.windowed import Origin
from awry.training.scale import FootageScale
from support import moving_square, moving_square_data


def scale(side: float | None, fps: float, size: tuple[int, int]) -> FootageScale:
    return FootageScale(side, side, 10.0, fps, True, size, 60)


@pytest.mark.parametrize(
    ("measured", "expected"),
    [
        (scale(30, 10, (240, 360)), (128, 1, 9)),  # UCSD Ped2: as it was by its name
        (scale(84, 24, (480, 856)), (128, 2, 21)),  # ShanghaiTech's scene 01
        (scale(40, 30, (240, 320)), (128, 3, 27)),  # UMN
        (scale(110, 25, (360, 640)), (128, 2, 23)),
        (scale(60, 25, (1080, 1920)), (216, 2, 23)),
        (scale(None, 10, (240, 360)), (128, 1, 9)),
    ],
)
def test_settings_that_follow(measured: FootageScale, expected: tuple[int, ...]) -> None:
    config: Any = MTLA.configure("cpu")
    settled = settled_by(config, measured, (2, 1))
    assert tuple(settled[name] for name in ("height", "stride", "filter_frames")) == expected
    assert settled["tiles"] == (2, 1)


def test_what_a_person_set_stays() -> None:
    given = {"height": 64, "stride": 1, "filter_frames": 5, "tiles": (1, 1)}
    config: Any = MTLA.configure("cpu", given)
    assert settled_by(config, scale(30, 24, (240, 360)), (2, 1)) == given


@pytest.fixture(scope="module")
def strided(tmp_path_factory: pytest.TempPathFactory) -> Any:
    changes = {"stride": 2, "filter_frames": 0, "filter_s": 0.5, "around": 1, "tiles": None}
    options = FitOptions(preset="tiny", changes=changes)
    folder = tmp_path_factory.mktemp("m") / "b"
    return fit_detector("mtla", moving_square_data(length=80), folder, options)


def test_fit_settles_and_says_it(strided: Any) -> None:
    config = strided.models["*"].config
    assert (config.stride, config.filter_frames, config.tiles) == (2, 5, (1, 1))
    (note,) = [note for note in strided.facts.data.notes if "typical object" in note]
    assert "flow is measured between frames 0.2 s apart" in note


def test_a_strided_sample_is_made_of_every_second_frame(strided: Any) -> None:
    scorer = strided.scorer()
    assert (scorer.warmup, scorer.lookahead) == (4, 4)
    frames = [Frame(n, n / 10, image) for n, image in enumerate(moving_square(9, 9))]
    odd = [f.index % 2 == 1 for f in frames]
    between = [
        Frame(f.index, f.time_s, np.zeros_like(f.image) if skipped else f.image)
        for f, skipped in zip(frames, odd, strict=True)
    ]
    first, second = (
        scorer.raw_results(clip, Origin())[0].errors for clip in (frames[:7], between[:7])
    )
    for branch, errors in first.items():
        np.testing.assert_allclose(errors, second[branch], rtol=1e-5)
