from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.detector import Detector
from awry.errors import ConfigError, DatasetError, SourceError
from awry.evaluation.clip_scoring import SCORES_ALONE, ClipOptions, score_clip, score_clips
from awry.evaluation.kept_clips import KeptClips
from awry.progress import Silent
from awry.studies.corruption_conditions import corrupted_clip
from awry.studies.corruptions import Corrupted
from awry.video.source import Source
from support import sent_to_workers


@pytest.fixture(scope="module")
def detector(bundle: Path) -> Detector:
    return Detector.load(bundle)


@pytest.fixture(scope="module")
def clips(shared_data: Path) -> tuple[Clip, ...]:
    return open_dataset(shared_data, fps=10).test


def test_what_is_kept_changes_no_score(detector: Detector, clips: tuple[Clip, ...]) -> None:
    whole, alone = (score_clip(detector, clips[0], how) for how in (None, SCORES_ALONE))
    np.testing.assert_array_equal(whole.clip.scores, alone.clip.scores)
    np.testing.assert_array_equal(whole.clip.labels, alone.clip.labels)
    np.testing.assert_array_equal(whole.clip.scored, alone.clip.scored)
    assert whole.clip.parts.keys() == alone.clip.parts.keys() == {"flow"}
    # The motion reference is the bundle's own method.
    np.testing.assert_array_equal(whole.flow, whole.clip.scores)
    assert (len(whole.clip.peaks) > 0, len(whole.clip.event_peaks)) == (True, 1)
    assert whole.clip.event_peaks[0].index in range(30, 45)
    assert not any(30 <= peak.index < 45 for peak in whole.clip.normal_peaks)
    assert whole.clip.detections is not None
    kept = (alone.flow, alone.clip.detections, alone.clip.tracks, alone.clip.pixel_scores)
    assert kept == (None,) * 4
    pictures = (alone.clip.peaks, alone.clip.event_peaks, alone.clip.normal_peaks)
    assert [len(peaks) for peaks in pictures] == [0, 0, 0]


def test_the_first_frames_are_handed_on(detector: Detector, clips: tuple[Clip, ...]) -> None:
    handed = []
    options = ClipOptions(labels=False, regions=False, peaks=False, flow=False, first=7)
    some = score_clip(detector, clips[0], options, lambda *both: handed.append(both))
    whole = score_clip(detector, clips[0], SCORES_ALONE)
    np.testing.assert_array_equal(some.clip.scores, whole.clip.scores[:7])
    assert (some.clip.labels, some.clip.frames) == (None, None)
    assert [(frame.index, score.index) for frame, score in handed] == [(i, i) for i in range(7)]
    assert handed[3][1].map is not None
    assert handed[3][1].score == some.clip.scores[3]


def test_dropped_frames_count_as_unscored(detector: Detector, clips: tuple[Clip, ...]) -> None:
    def spoiled() -> Corrupted:
        return Corrupted(clips[0].open(), "dropped", 5, 0, clip="clip0")

    clip = replace(clips[0], open=spoiled)
    with pytest.raises(DatasetError, match="its labels speak of 60"):
        score_clip(detector, clip, SCORES_ALONE)
    found = score_clip(detector, clip, replace(SCORES_ALONE, dropped=True)).clip
    assert (len(found.scores), found.n_frames) == (60, 60)
    assert 10 < (~found.scored).sum() < 40
    np.testing.assert_array_equal(found.indices, np.arange(60))
    np.testing.assert_array_equal(found.labels, clips[0].labels())


class Told(Silent):
    def __init__(self) -> None:
        self.said: list[object] = []

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        self.said.append((title, total))

    def advance(self, figures=None, title: str = "") -> None:
        self.said.append("step")

    def message(self, sentence: str) -> None:
        self.said.append(sentence.partition(" in ")[0])


def test_clips_that_cannot_be_read_are_listed(detector: Detector, clips: tuple[Clip, ...]) -> None:
    def wrong() -> np.ndarray:
        return np.zeros(3, np.uint8)

    told = Told()
    both = [clips[0], replace(clips[1], labels=wrong)]
    found = score_clips(detector, both, SCORES_ALONE, told)
    assert told.said == [("scoring", 2), "step", "step", "scored 60 frames"]
    assert ([clip.name for clip in found.clips], found.flow) == (["clip0"], [])
    assert (len(found.failed), found.failed[0][:7]) == (1, "clip1: ")
    assert (found.speed["frames"], set(found.speed["ms_per_frame"])) == (60, {"flow", "all"})
    with pytest.raises(DatasetError, match=r"No test clip could be read\. clip1: It has 60"):
        score_clips(detector, both[1:], SCORES_ALONE)
    with pytest.raises(ConfigError, match="flow has no extra part 'x'"):
        score_clips(detector, both, replace(SCORES_ALONE, parts=["x"]))


def test_workers_give_the_same_scores_in_order_and_keep_them(
    detector: Detector, clips: tuple[Clip, ...], tmp_path: Path
) -> None:
    spoiled = corrupted_clip(clips[0], "noise", 3, 0)  # opened by a function of no module
    every = [*clips, spoiled, replace(clips[0], name="gone", open=_gone)]
    alone = score_clips(detector, every, ClipOptions())
    kept = KeptClips(tmp_path, detector)
    with sent_to_workers() as tasks:
        found = score_clips(detector, every, ClipOptions(), None, kept)
    assert len(tasks) == len(every) - 1  # of what cannot be opened there is no key
    again = score_clips(detector, every, ClipOptions(), None, kept)
    assert kept.used == len(clips)  # a spoiled clip has no content of its own
    for some in (found, again):
        assert some.failed == alone.failed == ["gone: It is gone."]
        assert [one.name for one in some.clips] == [one.name for one in alone.clips]
        for one, other in zip(some.clips, alone.clips, strict=True):
            np.testing.assert_array_equal(one.scores, other.scores)
            assert [peak.index for peak in one.peaks] == [peak.index for peak in other.peaks]
        for mine, theirs in zip(some.flow, alone.flow, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def _gone() -> Source:
    raise SourceError("It is gone.")
