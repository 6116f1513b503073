"""Scores become a video."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

import awry
from awry.detector import Detector
from awry.frames import Frame, FrameScore
from awry.score_run.overlay import OverlayWriter, _History
from awry.video.memory import ArraySource
from awry.video.overlay import READABLE_WIDTH


@pytest.fixture
def writer(bundle: Path, tmp_path: Path) -> OverlayWriter:
    detector: Detector = awry.load(bundle)
    return OverlayWriter(tmp_path / "o.mp4", detector, "*", 10.0)


def test_a_picture_for_each_frame(writer: OverlayWriter, clip_images) -> None:
    for frame in ArraySource(clip_images(1)[:5], fps=10):
        writer.add(frame, FrameScore(frame.index, frame.time_s, 1e9 if frame.index > 2 else None))
    assert not writer.path.exists()
    writer.finish()
    with av.open(str(writer.path)) as video:
        assert len(list(video.decode(video=0))) == 5


def test_without_a_frame_there_is_no_video_and_nothing_after_giving_up(
    writer: OverlayWriter, clip_images
) -> None:
    writer.finish()
    frame: Frame = next(iter(ArraySource(clip_images(1)[:1])))
    writer.add(frame, FrameScore(0, None, 1.0))
    writer.drop()
    assert list(writer.path.parent.iterdir()) == []


def test_the_curve_keeps_its_scale_when_its_start_is_cut() -> None:
    history = _History()
    for score in (7.0, -3.0, None):
        history.add(score, 10)
    assert history.values() == [7.0, -3.0, None]
    for _ in range(2 * READABLE_WIDTH):
        history.add(1.0, 10)
    # The extremes, then as many as are shown.
    assert history.values() == [-3.0, 7.0, *[1.0] * (2 * READABLE_WIDTH)]
