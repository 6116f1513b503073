"""What is kept of a clip, by frames and scores that are made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.datasets.tracks import NO_TRACKS, Tracks
from awry.detector import Detector
from awry.errors import DatasetError, InputError
from awry.evaluation.clip_record import ClipRecord, PeakRecord, RegionRecord
from awry.frames import Frame, FrameScore, Region
from awry.video.memory import ArraySource
from awry.video.source import SourceHealth

IMAGE = np.zeros((8, 12, 3), np.uint8)
LABELS = np.array([0, 1, 1, 0, 1, 0], np.uint8)
SCORES = (None, 1.0, 3.0, 5.0, 2.0, 0.5)


def clip(**more: object) -> Clip:
    return Clip("gate", lambda: ArraySource(IMAGE[None]), "yard", **more)  # type: ignore[arg-type]


def play(record: PeakRecord | ClipRecord) -> None:
    for index, score in enumerate(SCORES):
        record.take(Frame(index, index / 10, IMAGE), FrameScore(index, index / 10, score))


def test_the_peaks_are_those_of_clip_events_and_normal_frames(bundle: Path) -> None:
    peaks = PeakRecord("gate", LABELS)
    play(peaks)
    kept = peaks.kept(Detector.load(bundle), "yard")
    assert [peak.index for peak in kept["event_peaks"]] == [2, 4]
    assert [peak.index for peak in kept["peaks"]] == [3]  # the others are too near
    assert [peak.index for peak in kept["normal_peaks"]] == [3]


def test_true_boxes_stand_beside_the_peaks_of_their_frames(bundle: Path) -> None:
    boxes = np.array([[1.0, 1.0, 4.0, 4.0], [2.0, 2.0, 5.0, 5.0]])
    tracks = Tracks(np.zeros(2, np.int64), np.array([2, 4]), boxes)
    record = ClipRecord(clip(tracks=lambda: tracks), LABELS, PeakRecord("gate", LABELS))
    record.regions = RegionRecord(record.clip, LABELS, gives_regions=False)
    play(record)
    kept = record.scored_clip(Detector.load(bundle), None, SourceHealth())
    assert [peak.truth for peak in kept.event_peaks] == [((1, 1, 4, 4),), ((2, 2, 5, 5),)]
    assert [peak.truth for peak in kept.normal_peaks] == [()]


def test_regions_become_boxes_and_numbers_for_pixel_auc() -> None:
    mask = np.zeros((6, 8, 12), bool)
    mask[1, 2:4, 2:4] = True
    regions = RegionRecord(clip(masks=lambda: mask), LABELS, gives_regions=True)
    heat = np.full((8, 12), 0.25, np.float32)
    regions.take(FrameScore(0, None, None))
    regions.take(FrameScore(1, None, 1.0, {}, heat, (Region((1, 2, 3, 4), 7.0),)))
    kept = regions.kept()
    assert kept["detections"].frames.tolist() == [1]
    assert kept["detections"].boxes.tolist() == [[1, 2, 3, 4]]
    assert kept["detections"].scores.tolist() == [7]
    assert kept["pixel_scores"].tolist() == [0.25, 0.25]  # the first is filled
    assert kept["pixel_labels"].tolist() == [0, 1]
    assert kept["tracks"] is None  # some frames are abnormal, and nobody says where


def test_a_normal_clip_has_no_true_box_and_tracks_that_cannot_be_read_are_noted() -> None:
    normal = RegionRecord(clip(), np.zeros(6, np.uint8), gives_regions=False)
    assert (normal.kept()["tracks"], normal.kept()["detections"]) == (NO_TRACKS, None)

    def broken() -> None:
        raise InputError("No such file.")

    record = RegionRecord(clip(tracks=broken), LABELS, gives_regions=True)
    assert (record.notes, record.kept()["tracks"]) == (["No true tracks: No such file."], None)


def test_dropped_frames_are_frames_without_a_score(bundle: Path) -> None:
    record = ClipRecord(clip(), LABELS)
    for index in (0, 1, 4, 5):
        record.take(Frame(index, None, IMAGE), FrameScore(index, None, float(index)))
    detector = Detector.load(bundle)
    with pytest.raises(DatasetError, match="labels"):
        record.scored_clip(detector, 10.0, SourceHealth())
    record.add_dropped([3, 2])
    scored = record.scored_clip(detector, 10.0, SourceHealth())
    assert scored.scores.tolist() == [0, 1, 1, 4, 4, 5]
    assert scored.scored.tolist() == [True, True, False, False, True, True]
    assert scored.labels is not None
    assert scored.labels.tolist() == LABELS.tolist()
    assert (scored.times, scored.n_frames) == (None, 6)
