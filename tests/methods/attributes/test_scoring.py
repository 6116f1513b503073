from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.detector import Detector
from awry.fitting import FitOptions, fit_detector
from awry.frames import Objects
from awry.methods.attributes.scoring import AttributesScorer
from awry.methods.base import Setting
from awry.video import ArraySource
from detector_files import write_bright_detector
from support import moving_square_data


def test_a_running_square_is_the_strangest_object(detector: Detector) -> None:
    """It runs four times as fast in the middle of the clip, and is marked where it is."""
    clip = moving_square_data().test[0]
    frames = list(clip.open())
    scores = list(detector.scorer(fps=10.0).score(frames))
    values = np.array([np.nan if score.score is None else score.score for score in scores])
    running = np.arange(len(frames) // 2 + 4, len(frames) * 3 // 4 - 4)
    assert np.nanmean(values[running]) > 1.5 * np.nanmedian(values[4:26])
    peak = scores[int(np.nanargmax(values))]
    region = peak.regions[0]
    assert region.score == peak.score
    assert set(region.parts) == {"velocity", "speed", "direction", "deep"}
    left, top, right, bottom = (int(side) for side in region.box)
    inside = frames[peak.index].image[top : bottom + 1, left : right + 1]
    assert (inside == (200, 180, 160)).all(2).mean() > 0.3


def test_a_score_is_the_strangest_objects_sum(detector: Detector) -> None:
    frames = list(moving_square_data().test[0].open())[:20]
    for score in list(detector.scorer().score(frames))[3:-3]:
        if score.regions:
            best = score.regions[0]
            assert score.score == best.score
            total = best.parts["velocity"] + best.parts["deep"]
            assert np.isclose(best.score, total)
            assert max(best.parts["speed"], best.parts["direction"]) == best.parts["velocity"]
        else:
            assert score.score == 0


def test_training_crops_stand_beside_the_strangest_object(detector: Detector) -> None:
    frames = list(moving_square_data().test[0].open())
    scorer = detector.scorer()
    pictures = scorer.pictures(frames[:12])
    assert pictures is not None
    assert list(pictures) == ["object", *(f"nearest in training, {n}" for n in (1, 2, 3))]
    assert {picture.shape for picture in pictures.values()} == {(128, 128, 3)}
    assert scorer.pictures(frames[:3]) is None
    # The stream is not touched.
    one = list(scorer.score(frames[:20]))
    other = list(detector.scorer().score(frames[:20]))
    assert [score.score for score in one] == [score.score for score in other]


def test_without_maps_there_are_no_regions(detector: Detector) -> None:
    model = next(iter(detector.models.values()))
    scorer = model.scorer(Setting(maps=False))
    frames = list(moving_square_data().test[0].open())[:12]
    assert all(score.map is None and not score.regions for score in scorer.score(frames))
    assert not scorer.gives_regions


def test_the_strangest_moments_of_a_fit_show_training_crops(detector: Detector) -> None:
    for moment in detector.strangest:
        assert moment.before == ()
        if moment.score.regions:
            assert next(iter(moment.pictures)) == "object"


def test_a_box_around_what_the_empty_scene_has_is_left_out(
    detector: Detector, monkeypatch: pytest.MonkeyPatch
) -> None:
    scorer = detector.scorer(fps=10.0)
    assert isinstance(scorer, AttributesScorer)
    teachers = scorer._teachers
    real = teachers.found

    asked_for = []

    def with_background(*asked: Any) -> Objects:
        found = real(*asked)
        asked_for.append(found)
        false = np.array([[0, 0, 12, 12]], np.float32)
        return Objects(
            np.concatenate([found.boxes, false]),
            np.append(found.class_ids, -1),
            np.empty((len(found.scores) + 1, 0), np.float32),
            np.append(found.scores, np.float32(1)),
        )

    monkeypatch.setattr(teachers, "found", with_background)
    scores = list(scorer.score(moving_square_data().test[0].open()))
    assert len(asked_for) > 30
    assert not any(r.box == (0, 0, 11, 11) for s in scores for r in s.regions)


def test_what_no_detector_knows_is_judged_by_its_speed_alone(tmp_path: Path) -> None:
    """A dark block crosses the picture, which the detector of bright things does not see."""
    eyes = write_bright_detector(tmp_path / "bright.onnx")
    changes = {
        **{"detector": f"onnx:{eyes}", "motion_boxes": True, "detect_every_s": 0.0},
        **{"velocity_density": "knn", "trust": False, "join_s": 0.0},
    }
    options = FitOptions(preset="tiny", changes=changes)
    detector = fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)
    images = np.stack([frame.image for frame in moving_square_data().test[0].open()])[:24].copy()
    for number, image in enumerate(images[8:]):
        image[2:14, 4 * number : 4 * number + 8] = 0
    scorer = detector.scorer(fps=10.0)
    frames = list(ArraySource(images, fps=10.0))
    scores = [one for one in scorer.score(frames) if one.index == 16]
    blocks = [
        region for region in scores[0].regions if region.box[3] < 20 and not region.class_name
    ]
    assert blocks
    assert all(region.parts["deep"] == 0 < region.parts["velocity"] for region in blocks)
    shown = detector.scorer(fps=10.0).pictures(frames[:17])
    assert shown is not None
    assert list(shown) in (
        ["object"],
        ["object", *(f"nearest in training, {n}" for n in (1, 2, 3))],
    )


def test_where_the_detector_knows_nothing_speed_alone_is_judged(tmp_path: Path) -> None:
    """A detector of bright things that is never sure enough; what moves is there all the same."""
    eyes = write_bright_detector(tmp_path / "bright.onnx")
    changes = {
        **{"detector": f"onnx:{eyes}", "threshold": 1.0, "motion_boxes": True},
        **{"velocity_density": "knn"},
    }
    options = FitOptions(preset="tiny", changes=changes)
    detector = fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)
    assert detector.model_of("*").config.model_dump()["attributes"] == ("velocity",)
    assert any("looks are left out" in note for note in detector.facts.data.notes)
    scores = list(detector.scorer(fps=10.0).score(moving_square_data().test[0].open()))
    assert any(one.parts.get("velocity", 0) > 0 for one in scores)
    assert not any("deep" in one.parts for one in scores)
