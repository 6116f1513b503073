"""From answers to parts, maps, regions, levels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.detector import Detector
from awry.errors import BundleError
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.ssmtl.scoring import SSMTLScorer, working_size
from awry.methods.windowed import Origin
from support import moving_square, moving_square_data

PARTS = ("arrow_of_time", "motion_irregularity", "middle_box", "distillation")


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    options = FitOptions(preset="tiny", changes={"epochs": 3, "steps": 10}, seed=1)
    return fit_detector("ssmtl", moving_square_data(), tmp_path_factory.mktemp("s") / "b", options)


def clip(length: int = 40, seed: int = 9) -> list[Frame]:
    return [Frame(n, n / 10, image) for n, image in enumerate(moving_square(length, seed))]


def test_levels_and_parts_have_names(fitted: Detector) -> None:
    score = list(fitted.scorer().score(iter(clip())))[20]
    own = set(PARTS[:3])
    assert set(score.parts) == own | {f"frame_{n}" for n in own} | {"object", "frame", "fused"}
    assert score.score == score.parts["fused"]
    for region in score.regions:
        assert set(region.parts) == own


def test_late_fusion_is_the_mean_of_what_normal_footage_standardised(fitted: Detector) -> None:
    model: Any = fitted.models["*"].model  # type: ignore[attr-defined]
    for score in list(fitted.scorer().score(iter(clip())))[5:30]:
        z = [
            (score.parts[n] - float(model.stream(n).location)) / float(model.stream(n).scale)
            for n in ("object", "frame")
        ]
        assert score.score == pytest.approx(sum(z) / 2)


def test_frames_at_both_ends_have_no_score_and_look_ahead_is_declared(fitted: Detector) -> None:
    scorer = fitted.scorer()
    config: Any = fitted.models["*"].config
    assert scorer.warmup == config.t
    assert scorer.lookahead == config.t + config.filter_frames // 2
    assert scorer.smoothing == "mean over 3 frames, 1 of them later"
    found = [score.score is None for score in scorer.score(iter(clip(20)))]
    assert found == [True] * 3 + [False] * 14 + [True] * 3


@pytest.mark.parametrize("length", [1, 6, 7, 8])
def test_clips_about_as_long_as_one_sequence(fitted: Detector, length: int) -> None:
    found = list(fitted.scorer().score(iter(clip(length))))
    assert len(found) == length
    assert sum(score.score is not None for score in found) == max(0, length - 6)


def test_a_frame_without_objects_gets_the_lowest_normal_score(fitted: Detector) -> None:
    model: Any = fitted.models["*"].model  # type: ignore[attr-defined]
    still = [Frame(n, None, clip(1)[0].image) for n in range(20)]
    for score in list(fitted.scorer().score(iter(still)))[3:17]:
        assert score.parts["object"] == pytest.approx(float(model.stream("object").floor))
        assert score.regions == ()
        assert score.map is not None
        assert score.map.max() == pytest.approx(float(model.stream("object").floor))


def test_the_map_is_high_where_the_objects_are(fitted: Detector) -> None:
    score = list(fitted.scorer().score(iter(clip())))[20]
    assert score.map is not None
    x0, y0, x1, y1 = (int(value) for value in score.regions[0].box)
    assert score.map[y0 : y1 + 1, x0 : x1 + 1].max() == score.map.max()
    assert score.parts["object"] == pytest.approx(float(score.map.max()))
    assert score.regions[0].score == pytest.approx(float(score.map.max()))


@pytest.mark.parametrize("level", ["object", "frame"])
def test_one_level_alone(tmp_path: Path, level: str) -> None:
    options = FitOptions(preset="tiny", changes={"level": level})
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options)
    score = list(detector.scorer().score(iter(clip())))[20]
    assert score.score == score.parts[level]
    assert set(score.parts) == {*PARTS[:3], level}
    assert score.map is not None
    assert detector.scorer().gives_regions


def test_regions_speak_of_the_frame_as_it_came(tmp_path: Path) -> None:
    large = moving_square_data(size=(96, 144))
    options = FitOptions(preset="tiny", changes={"height": 48, "level": "object"})
    detector = fit_detector("ssmtl", large, tmp_path / "b", options)
    frame = list(large.test[0].open())
    score = list(detector.scorer().score(iter(frame)))[20]
    ys, xs = np.nonzero(frame[20].image[..., 0] > 190)
    centre = np.array(score.regions[0].box).reshape(2, 2).mean(0)
    assert abs(centre[0] - xs.mean()) < 8
    assert abs(centre[1] - ys.mean()) < 8
    assert score.map is not None
    assert score.map.shape == (48, 72)


def test_time_is_told_by_stage(fitted: Detector) -> None:
    scorer = fitted.scorer()
    list(scorer.score(iter(clip())))
    assert set(scorer.seconds) == {"resize", "detector", "crops", "network", "maps"}
    assert scorer.seconds["network"] > 0


def test_causal_settings_look_no_further_than_the_sequence(tmp_path: Path) -> None:
    changes = {"filter_causal": True, "smoothing": "causal", "smoothing_sigma": 2.0}
    options = FitOptions(preset="tiny", changes={**changes, "level": "object"})
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options)
    assert detector.scorer().lookahead == 3
    assert detector.scorer(fps=9.0).smoothing == (
        "mean over 3 frames (0.333 s), none of them later, then "
        "half-Gaussian of sigma 2 over 9 frames (1 s), none of them later"
    )


def test_smoothing_looks_ahead_as_far_as_it_says(tmp_path: Path) -> None:
    changes = {"smoothing": "gaussian", "smoothing_sigma": 1.0, "level": "object"}
    smooth = fit_detector(
        "ssmtl", moving_square_data(), tmp_path / "b", FitOptions(preset="tiny", changes=changes)
    )
    assert smooth.scorer().lookahead == 3 + 1 + 4
    assert smooth.scorer().smoothing == (
        "mean over 3 frames, 1 of them later, then "
        "Gaussian of sigma 1 over 9 frames, 4 of them later"
    )
    clip_scores = list(smooth.scorer().score(iter(clip())))
    assert [s.score is None for s in clip_scores] == [True] * 3 + [False] * 34 + [True] * 3


def test_another_detector_than_the_bundles_is_refused(fitted: Detector) -> None:
    model: Any = fitted.models["*"]
    config = model.config.model_copy(update={"detector_fingerprint": "0" * 16})
    other = type(model)(config)
    other.load_state(model.state())
    with pytest.raises(BundleError, match="not the detector that this bundle was fitted with"):
        other.scorer(Setting())


def test_working_sizes() -> None:
    assert working_size((240, 360), None) == (240, 360)
    assert working_size((240, 360), 480) == (240, 360)
    assert working_size((1080, 1920), 480) == (480, 853)


def test_raw_results_are_those_of_a_stream_and_do_not_disturb_it(fitted: Detector) -> None:
    scorer = fitted.scorer()
    assert isinstance(scorer, SSMTLScorer)
    results = scorer.raw_results(clip(20), Origin())
    assert [raw.index for raw in results] == list(range(3, 17))
    levels = scorer.frame_levels(results)
    found = [s for s in fitted.scorer().score(iter(clip(20))) if s.score is not None]
    for one, score in zip(levels, found, strict=True):
        assert one["fused"] == pytest.approx(score.score, rel=1e-6)
    again = [replace(s) for s in scorer.score(iter(clip(20)))]
    assert len(again) == 20


def test_between_key_frames_boxes_are_carried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = {"detect_every": 4, "level": "object"}
    options = FitOptions(preset="tiny", seed=0, changes=changes)
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options)
    clip = list(moving_square_data(seed=8).train[0].open())
    scorer = detector.scorer()
    assert isinstance(scorer, SSMTLScorer)
    asked: list[int] = []
    look = scorer._teachers.objects
    monkeypatch.setattr(
        scorer._teachers, "objects", lambda view, mask: asked.append(view.frame) or look(view, mask)
    )
    for _ in range(2):  # a new stream begins with a key frame
        asked.clear()
        whole = [s.score for frame in clip for s in scorer.push(frame)]
        scorer.flush()
        t = scorer.config.t
        assert asked == sorted({t, *range(4, len(clip) - t, 4)})
    batched = [score.score for score in detector.scorer().score(iter(clip))]
    np.testing.assert_allclose(
        np.array(whole, float), np.array(batched[: len(whole)], float), rtol=1e-5
    )
