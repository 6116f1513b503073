"""Frames by their times are those that reading in order gives, with few decoded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.video import seek
from awry.video.files import VideoFile
from awry.video.seek import frames_at


def test_far_apart_frames_are_jumped_to(
    make_video: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    video = VideoFile(make_video("clip.mp4"))  # 60 frames, a key frame in every 12
    every = list(video)
    stamp, decoded = seek._stamp, []
    monkeypatch.setattr(seek, "_stamp", lambda picture: decoded.append(1) or stamp(picture))
    monkeypatch.setattr(seek, "_NEAR_SECONDS", 0.1)
    found = list(frames_at(video, [every[number].time_s or 0.0 for number in (5, 50)]))
    assert [frame.time_s for frame in found] == [every[5].time_s, every[50].time_s]
    for frame, number in zip(found, (5, 50), strict=True):
        np.testing.assert_array_equal(frame.image, every[number].image)
    # Each is looked at twice: for the order of stamps, and for its time.
    assert len(decoded) < 2 * 30


def test_a_time_at_which_there_is_no_frame_ends_it(make_video: Callable[..., Path]) -> None:
    video = VideoFile(make_video("clip.mp4"))
    every = list(video)
    times = [every[3].time_s or 0.0, (every[7].time_s or 0.0) + 0.01, every[9].time_s or 0.0]
    assert [frame.time_s for frame in frames_at(video, times)] == [every[3].time_s]
    assert list(frames_at(video, [1000.0])) == []


def test_containers_without_an_index_are_not_searched(make_video: Callable[..., Path]) -> None:
    assert list(frames_at(VideoFile(make_video("clip.ts", "mpeg2video")), [0.0])) == []
