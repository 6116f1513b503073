"""Scores as arrays: what a detector says of frames in memory."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.detector import Detector, scored
from awry.frames import Event, Frame, FrameScore, Region
from awry.scored_frames import FrameRecord, ScoredFrames
from awry.video import ArraySource


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


def small() -> ScoredFrames:
    record = FrameRecord(maps=True)
    region = Region((1, 2, 3, 4), 5.0)
    record.add(FrameScore(0, 0.0, None))
    record.add(FrameScore(1, 0.5, 5.0, {"a": 1.0}, np.ones((2, 3), np.float32), (region,)))
    record.add(FrameScore(2, 1.0, 2.0))
    event = Event("gate", 1, 1, 0.5, 0.5, 1, 5.0, {}, (), 3.0, "so")
    return record.scored_frames("gate", 2.0, 3.0, [event])


def test_arrays_of_a_clip() -> None:
    clip = small()
    assert len(clip) == 3
    np.testing.assert_array_equal(clip.frames, [0, 1, 2])
    np.testing.assert_array_equal(clip.times, [0, 0.5, 1])
    np.testing.assert_array_equal(clip.scores, [np.nan, 5, 2])
    np.testing.assert_array_equal(clip.filled, [5, 5, 2])
    np.testing.assert_array_equal(clip.parts["a"], [np.nan, 1, np.nan])
    np.testing.assert_array_equal(clip.in_alarm, [False, True, False])
    np.testing.assert_array_equal(clip.boxes, [[1, 1, 2, 3, 4, 5]])
    assert clip.maps is not None
    assert clip.maps.shape == (3, 2, 3)
    assert np.isnan(clip.maps[0]).all()
    assert clip.peak == 1


def test_of_several_maps_those_of_one_part_are_kept() -> None:
    heat, own = np.ones((2, 3), np.float32), np.full((2, 3), 7, np.float32)
    score = FrameScore(0, None, 1.0, map=heat, maps={"motion": own})
    for part, expected in ((None, heat), ("motion", own)):
        record = FrameRecord(maps=True, map_part=part)
        record.add(score)
        found = record.scored_frames("gate", None, 3.0, []).maps
        assert found is not None
        np.testing.assert_array_equal(found, expected[None])
    record = FrameRecord()
    record.add(score)
    assert record.scored_frames("gate", None, 3.0, []).maps is None


def test_plain_values_rows_plot_and_cards() -> None:
    clip = small()
    said = clip.to_dict()
    assert said["scores"] == [None, 5.0, 2.0]
    assert said["parts"] == {"a": [None, 1.0, None]}
    assert said["boxes"] == [[1.0, 1.0, 2.0, 3.0, 4.0, 5.0]]
    assert clip.rows()[1] == {
        "source": "gate", "frame": 1, "time_s": 0.5, "score": 5.0, "alarm": True, "part.a": 1.0,
    }  # fmt: skip
    ax = clip.plot()
    assert ax.get_xlabel() == "seconds"
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), [3, 3])
    assert [card.value for card in clip.cards()] == ["3", "5", "1"]


def test_nothing_that_was_scored() -> None:
    clip = FrameRecord().scored_frames("gate", None, 1.0, [])
    assert (len(clip), clip.peak, clip.maps) == (0, None, None)
    assert clip.boxes.shape == (0, 6)
    assert clip.plot().get_xlabel() == "frame"
    assert clip.cards()[1].value == "-"


def test_an_array_is_scored_as_a_video_is(detector: Detector, clip_images) -> None:
    images = clip_images(7)
    clip = detector.score(images, fps=10, maps=True, name="gate")
    pairs = list(scored(detector.scorer(fps=10), ArraySource(images, 10)))
    scores = [np.nan if score.score is None else score.score for _, score in pairs]
    np.testing.assert_array_equal(clip.scores, scores)
    np.testing.assert_array_equal(clip.times, np.arange(60) / 10)
    assert clip.scored.sum() == 59
    assert clip.maps is not None
    np.testing.assert_array_equal(clip.maps[40], pairs[40][1].map)
    assert [score.regions for _, score in pairs] == list(clip.regions)
    (alarm,) = clip.alarms
    assert (alarm.first, alarm.peak in range(30, 45)) == (30, True)
    assert "moves faster" in alarm.reason
    assert clip.threshold == detector.calibration.scene("*").threshold
    assert (alarm.source, clip.name, clip.fps) == ("gate", "gate", 10)


def test_frames_may_come_in_any_form(detector: Detector, clip_images, tmp_path, make_video) -> None:
    images = clip_images(7)
    expected = detector.score(images, fps=10, regions=False).scores

    def made() -> Iterator[np.ndarray]:
        yield from images

    frames = [Frame(index, None, image) for index, image in enumerate(images)]
    for given in (made(), frames, ArraySource(images, 10), list(images)):
        np.testing.assert_array_equal(detector.score(given, fps=10, regions=False).scores, expected)
    video = detector.score(make_video(tmp_path / "gate.mp4", images))
    assert (len(video), video.name, video.fps) == (60, "gate", 10)


@pytest.mark.parametrize(
    "frames", [np.zeros((4, 6, 3)), np.zeros((2, 4, 6, 3), np.float32), ["a"], [np.zeros(3)]]
)
def test_what_is_no_footage_is_refused(detector: Detector, frames: object) -> None:
    with pytest.raises(awry.FrameError, match="Expected"):
        detector.score(frames)  # type: ignore[arg-type]


def test_unknown_options_are_refused(detector: Detector) -> None:
    with pytest.raises(awry.ConfigError, match="score has no option 'map': did you mean 'maps'"):
        detector.score(np.zeros((4, 6, 3), np.uint8), map=True)  # type: ignore[call-arg]
    with pytest.raises(awry.ConfigError, match="'frames' of score is 3"):
        detector.score(3)  # type: ignore[arg-type]
