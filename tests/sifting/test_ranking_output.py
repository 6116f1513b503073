"""What is written of a ranking."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np

from awry.datasets.base import Clip
from awry.sifting.ranking_output import frames_as_sifted, peak_of_event, write_events
from awry.sifting.run import SiftedRun


def test_events_with_their_threshold_strangest_first(run: SiftedRun, tmp_path: Path) -> None:
    write_events(run, run.events, tmp_path)
    with (tmp_path / "events.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["source"], int(row["peak"])) for row in rows] == [
        (run.clips[event.clip].name, event.peak) for event in run.events
    ]
    assert all(row["calibration"].endswith("top-ranked frames of the archive") for row in rows)
    assert float(rows[0]["score"]) == run.events[0].score


def test_frames_come_as_they_were_sifted(run: SiftedRun, clips: tuple[Clip, ...]) -> None:
    named = {clip.name: clip for clip in clips}
    ignoring = replace(run, facts={**run.facts, "ignore": ["rows:0-3"]})
    (frame,) = frames_as_sifted(ignoring, 1, [12], named)
    assert frame.index == 12
    assert frame.image[:4].max() == 0
    whole = list(named["b"].open())[12].image
    np.testing.assert_array_equal(frame.image[4:], whole[4:])


def test_of_a_video_that_is_gone_there_is_no_picture(run: SiftedRun) -> None:
    assert list(frames_as_sifted(run, 1, [12], {})) == []
    assert peak_of_event(run, run.events[0], {}) is None
