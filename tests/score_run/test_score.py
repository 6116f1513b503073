"""`awry.score`: paths, arrays and detectors in; tables on disk or arrays in memory out."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import awry


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_arrays_in_arrays_out(bundle: Path, clip_images, tmp_path: Path) -> None:
    images = clip_images(7)
    result = awry.score(bundle, images, fps=10)
    clip = result.clips["clip"]
    np.testing.assert_array_equal(clip.scores, awry.load(bundle).score(images, fps=10).scores)
    assert clip.alarms == awry.load(bundle).score(images, fps=10).alarms == tuple(result.alarms)
    said = result.to_dict()
    assert said["out"] is None
    assert said["sources"][0]["alarms"] == len(clip.alarms) == 1
    assert list(result.plot().lines[0].get_ydata())[5] == clip.scores[5]
    assert [card.value for card in result.cards()][:2] == ["60", "1"]


def test_what_is_saved_later_is_what_out_would_have_had(
    bundle: Path, clip_images, make_video, tmp_path: Path
) -> None:
    video = make_video(tmp_path / "gate.mp4", clip_images(7))
    detector = awry.load(bundle)
    kept = awry.score(detector, [video, clip_images(8)], fps=10)
    assert list(kept.clips) == ["gate", "clip"]
    later = kept.save(tmp_path / "later.csv")
    places = {"out": tmp_path / "out.csv", "events": tmp_path / "events.csv"}
    written = awry.score(detector, [video, clip_images(8)], fps=10, **places)
    assert written.clips == {}
    assert written.out == tmp_path / "out.csv"
    assert table(later) == table(tmp_path / "out.csv")
    assert written.to_dict() | {"out": None} == kept.to_dict()
    with pytest.raises(awry.ConfigError, match="stand in"):
        written.save(tmp_path / "again.csv")
    assert written.save(tmp_path / "said.json").read_text("utf-8").startswith("{")


def test_lists_of_frames_are_one_clip(bundle: Path, clip_images) -> None:
    images = list(clip_images(7)[:20])
    frames = [awry.Frame(index, index / 10, image) for index, image in enumerate(images)]
    for given in (images, frames, iter(frames)):
        (source,) = awry.score(bundle, given).sources
        assert source.frames == 20


def test_another_budget_or_threshold(bundle: Path, clip_images) -> None:
    detector = awry.load(bundle)
    assert awry.load(bundle, threshold=1.5).calibration.scene("*").threshold == 1.5
    for given in (bundle, detector):
        clip = awry.score(given, clip_images(7), threshold=1e6).clips["clip"]
        assert (clip.threshold, clip.alarms) == (1e6, ())
        other = awry.score(given, clip_images(7), budget="1/week").clips["clip"]
        assert other.threshold > detector.calibration.scene("*").threshold
        with pytest.raises(awry.ConfigError, match="--budget or --threshold"):
            awry.score(given, clip_images(7), budget="1/week", threshold=1.0)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"fps": 0}, "'fps' of score is 0"),
        ({"reconnect_attempts": 0}, "'reconnect_attempts' of score is 0"),
        ({"budget": "often"}, "Cannot read the alarm budget"),
        ({"out": "a.txt"}, "its ending must be one of"),
        ({"scene": "attic"}, "knows no scene 'attic'"),
        ({"parts": ["latnt"]}, "no extra part 'latnt'"),
        ({"start": "noon"}, "'noon' is no time"),
        ({"overlay": 3}, "'overlay' of score is 3: expected a path or None"),
    ],
)
def test_wrong_options_are_refused_before_a_frame_is_read(
    bundle: Path, options: dict[str, object], said: str
) -> None:
    def unread():
        raise AssertionError("a frame was read")
        yield

    with pytest.raises(awry.ConfigError, match=said):
        awry.score(bundle, unread(), **options)  # type: ignore[arg-type]


def test_without_a_threshold_there_are_scores_and_no_alarms(
    trained_on_all: Path, clip_images, tmp_path: Path
) -> None:
    images = clip_images(7)
    places = {"events": tmp_path / "events.csv", "overlay": tmp_path / "seen.mp4"}
    result = awry.score(trained_on_all, images, fps=10, **places)
    clip = result.clips["clip"]
    assert (clip.threshold, list(clip.alarms), list(result.alarms)) == (None, [], [])
    assert not clip.in_alarm.any()
    assert not result.has_threshold
    assert sum("No alarm is given." in note for note in result.notes) == 1
    assert table(tmp_path / "events.csv") == []
    for figure in (clip, result):
        assert len(figure.plot().lines) == 1
        assert any("threshold" in card.remark for card in figure.cards())
    by_hand = awry.score(trained_on_all, images, fps=10, threshold=float(np.nanmedian(clip.scores)))
    assert by_hand.has_threshold
    assert by_hand.alarms
    assert not any("No alarm is given" in note for note in by_hand.notes)
    with pytest.raises(awry.BundleError, match="No budget can be kept"):
        awry.score(trained_on_all, images, fps=10, budget="1/day")
