"""What MTLA shows of a frame: names, colours, scales."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.mtla import MTLA
from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.pictures import Compared, drawn, palette
from awry.methods.mtla.samples import Sample
from awry.methods.mtla.scoring import MTLAScorer
from awry.video.overlay import heat_colours
from support import moving_square_data

APPEARANCE = ("predicted segmentation", "teacher segmentation", "appearance error")
MOTION = ("predicted flow", "teacher flow", "motion error")
SAMPLE = Sample(np.full((3, 1, 4, 6), 128, np.uint8), None, None, np.empty((0, 4, 6), np.float32))


def scorer_of(detector: Detector, **setting: Any) -> MTLAScorer:
    method = detector.models["*"]
    assert isinstance(method, MTLA)
    scorer = method.scorer(Setting(**setting))
    assert isinstance(scorer, MTLAScorer)
    return scorer


def clip() -> list[Frame]:
    return list(moving_square_data().test[0].open())


def test_a_frame_of_a_fit_has_all_pictures_at_one_size(fitted: Detector) -> None:
    scorer, frames = scorer_of(fitted), clip()
    shown = scorer.pictures(frames[:20])
    assert shown is not None
    assert tuple(shown) == ("frame", *APPEARANCE, *MOTION)
    for picture in shown.values():
        assert (picture.dtype, picture.shape) == (np.uint8, (32, 48, 3))
    assert scorer.picture_lag == 3
    small = frames[16].image[::3, ::3].mean((0, 1))  # the frame that lies so many before the last
    np.testing.assert_allclose(shown["frame"].mean((0, 1)), small, atol=6)


def test_a_shown_error_is_the_one_that_is_scored(fitted: Detector) -> None:
    """The same errors as in scoring, which are large somewhere in these frames."""
    scorer, frames = scorer_of(fitted), clip()
    scored = [scorer._next_result(scorer._prepared(frame)) for frame in frames[:40]]
    raw = scored[-1]
    assert raw is not None
    shown = scorer_of(fitted).pictures(frames[:40])
    assert shown is not None
    expected = heat_colours(raw.errors["appearance"])
    np.testing.assert_array_equal(shown["appearance error"], expected)
    assert expected.std() > 0


def test_the_stream_is_not_touched_and_too_few_frames_show_nothing(fitted: Detector) -> None:
    frames = clip()
    plain = [one.score for one in scorer_of(fitted).score(frames)]
    scorer, scores = scorer_of(fitted), []
    for frame in frames:
        scores += [one.score for one in scorer.push(frame)]
        if frame.index == 30:
            assert scorer.pictures(frames[:7]) is not None
            assert scorer.pictures(frames[:6]) is None
    assert scores + [one.score for one in scorer.flush()] == plain


def test_ignored_pixels_are_black(fitted: Detector) -> None:
    from awry.video.ignore import IgnoreRegions

    shown = scorer_of(fitted, ignore=IgnoreRegions.parse(["rows:0-23"])).pictures(clip()[:20])
    assert shown is not None
    assert not shown["frame"][:15].any()
    assert shown["frame"][17:].any()


def test_without_a_branch_its_pictures_are_absent_and_frames_are_drawn_as_frames(
    tmp_path: Path,
) -> None:
    changes = {"appearance": "frame", "mask_flow": False, "motion": False}
    data = moving_square_data(clips=2, length=30)
    options = FitOptions(preset="tiny", changes=changes)
    plain = fit_detector("mtla", data, tmp_path / "b", options)
    shown = scorer_of(plain).pictures(clip()[:3])
    assert shown is not None
    assert tuple(shown) == ("frame", "predicted frame", "frame difference", "appearance error")
    apart = np.abs(shown["frame"].astype(int) - shown["predicted frame"])
    np.testing.assert_allclose(shown["frame difference"], apart, atol=1)
    motion = {"motion": compared(np.ones((1, 4, 6)), np.ones((1, 4, 6)))}
    assert tuple(drawn(SAMPLE, motion, MTLAConfig())) == ("frame", *MOTION)


def compared(student: np.ndarray, teacher: np.ndarray) -> Compared:
    one, other = student.astype(np.float32), teacher.astype(np.float32)
    return Compared(one, other, np.abs(one - other).sum(0) / 2)


def test_each_class_has_its_own_colour_whichever_others_there_are() -> None:
    few, many = palette((0, 2)), palette((0, 1, 2))
    np.testing.assert_array_equal(few[[0, 1, 2, 3]], many[[0, 1, 3, 4]])
    assert len({tuple(colour) for colour in palette(tuple(range(80)))}) == 82
    np.testing.assert_array_equal(many[[0, -1]], [(0, 0, 0), (200, 200, 200)])


def test_a_segmentation_is_the_mean_colour_of_its_probabilities() -> None:
    chances = np.zeros((3, 4, 6), np.float32)
    chances[0] = 1
    chances[:, 1, 2] = (0, 1, 0)  # surely a person
    chances[:, 2, 3] = (0.5, 0, 0.5)  # half another class
    config = MTLAConfig(classes=(0,))
    shown = drawn(SAMPLE, {"appearance": compared(chances, chances[::-1])}, config)
    picture = shown["predicted segmentation"]
    assert not picture[0].any()
    np.testing.assert_array_equal(picture[1, 2], np.round(palette((0,))[1]))
    np.testing.assert_array_equal(picture[2, 3], (100, 100, 100))
    np.testing.assert_array_equal(shown["frame"], np.full((4, 6, 3), 128))
    np.testing.assert_array_equal(shown["teacher segmentation"][0, 0], (200, 200, 200))


@pytest.mark.parametrize("fast", ["student", "teacher"])
def test_flows_and_their_error_have_one_scale(fast: str) -> None:
    low, high = np.full((1, 4, 6), 1.0), np.full((1, 4, 6), 4.0)
    one = compared(high, low) if fast == "student" else compared(low, high)
    one = replace(one, error=np.full((4, 6), 3.0, np.float32))
    shown = drawn(SAMPLE, {"motion": one}, MTLAConfig())
    quarter, whole, error = (heat_colours(np.full((4, 6), v)) for v in (0.25, 1.0, 0.75))
    first, second = (whole, quarter) if fast == "student" else (quarter, whole)
    np.testing.assert_array_equal(shown["predicted flow"], first)
    np.testing.assert_array_equal(shown["teacher flow"], second)
    np.testing.assert_array_equal(shown["motion error"], error)


def test_a_still_frame_does_not_look_as_if_it_moved() -> None:
    nothing = np.full((1, 4, 6), 0.01)
    shown = drawn(SAMPLE, {"motion": compared(nothing, nothing)}, MTLAConfig())
    assert shown["predicted flow"].max() < 30
