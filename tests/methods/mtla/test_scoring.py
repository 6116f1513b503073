"""The scorer: maps, parts and regions; look-ahead; jumps stay in the count."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.detector import Detector
from awry.errors import ConfigError
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame, FrameScore, Objects
from awry.methods.base import Setting
from awry.methods.mtla import MTLA
from awry.methods.mtla.scoring import MTLAScorer
from awry.teachers.segmenter import Segments
from support import moving_square_data


def with_changes(detector: Detector, **changes: Any) -> MTLA:
    """The same learned numbers under other settings of scoring."""
    method = detector.models["*"]
    assert isinstance(method, MTLA)
    other = MTLA(method.config.model_copy(update=changes))
    other.load_state(method.state())
    return other


def scores(method: MTLA, frames: list[Frame], **setting: Any) -> list[FrameScore]:
    return list(method.scorer(Setting(**setting)).score(frames))


def clip(number: int = 0) -> list[Frame]:
    return list(moving_square_data().test[number].open())


def test_frames_at_both_ends_have_no_score(fitted: Detector) -> None:
    method = with_changes(fitted)
    found = scores(method, clip())
    none = [score.index for score in found if score.score is None]
    assert none == [0, 1, 2, 57, 58, 59]
    scorer = method.scorer(Setting())
    assert (scorer.warmup, scorer.lookahead) == (3, 4)
    assert scorer.smoothing == "mean over 3 frames, 1 of them later"
    none = with_changes(fitted, filter_frames=1).scorer(Setting())
    assert (none.lookahead, none.smoothing) == (3, "none")


def test_without_a_detector_of_moving_regions_only_the_first_two_are_missing(
    fitted: Detector, tmp_path: Path
) -> None:
    changes = {"appearance": "frame", "mask_flow": False, "filter_frames": 1}
    plain = fit_detector(
        "mtla",
        moving_square_data(clips=2),
        tmp_path / "b",
        FitOptions(preset="tiny", changes=changes),
    )
    scorer = plain.scorer()
    assert scorer.causal
    found = list(scorer.score(clip()))
    assert [score.index for score in found if score.score is None] == [0, 1]


def test_the_score_is_what_was_chosen_of_its_parts(fitted: Detector) -> None:
    for combine in ("maximum", "sum"):
        for one in scores(with_changes(fitted, combine=combine), clip()):
            if one.score is None:
                continue
            both = [one.parts["appearance"], one.parts["motion"]]
            assert one.score == one.parts[combine]
            assert one.parts["maximum"] == pytest.approx(max(both))
            assert one.parts["sum"] == pytest.approx(sum(both))


def test_the_map_of_maxima_holds_the_score(fitted: Detector) -> None:
    found = scores(with_changes(fitted, combine="maximum"), clip())
    for one in found:
        if one.score is not None:
            assert one.map is not None
            assert float(one.map.max()) == pytest.approx(one.score, rel=1e-4, abs=1e-4)


@pytest.mark.parametrize("combine", ["maximum", "sum"])
def test_the_branches_maps_are_kept_apart(fitted: Detector, combine: str) -> None:
    method = with_changes(fitted, combine=combine)
    assert method.map_parts == ("appearance", "motion")
    found = [one for one in scores(method, clip()) if one.score is not None]
    assert found
    for one in found:
        assert list(one.maps) == ["appearance", "motion"]
        both = np.stack(list(one.maps.values()))
        assert one.map is not None
        np.testing.assert_allclose(one.map, both.max(0) if combine == "maximum" else both.sum(0))
        for branch, heat in one.maps.items():  # each is in the unit of its part of the score
            assert float(heat.max()) == pytest.approx(one.parts[branch], rel=1e-4, abs=1e-4)


def test_errors_that_were_there_from_the_beginning_are_the_scenerys(fitted: Detector) -> None:
    scorer = with_changes(fitted, own_background=True).scorer(Setting())
    assert isinstance(scorer, MTLAScorer)

    def left(values: list[float]) -> list[float]:
        errors = {branch: np.array([values], np.float32) for branch in ("appearance", "motion")}
        found = scorer._without_background(errors)
        assert found["motion"].tolist() == [values]
        return list(found["appearance"][0])

    assert left([5, 0, 1]) == [0, 0, 0]
    assert left([6, 3, 1]) == [1, 3, 0]
    assert left([2, 3, 1]) == [0, 3, 0]
    assert left([5, 0, 1]) == [3, 0, 0]
    scorer.flush()
    assert left([5, 0, 1]) == [0, 0, 0]


def test_own_background_lowers_appearance_alone(fitted: Detector) -> None:
    plain, own = (
        [one for one in scores(with_changes(fitted, own_background=on), clip()) if one.parts]
        for on in (False, True)
    )
    assert [one.parts["motion"] for one in own] == [one.parts["motion"] for one in plain]
    gains = [b.parts["appearance"] - a.parts["appearance"] for a, b in zip(own, plain, strict=True)]
    assert min(gains) >= 0
    assert max(gains) > 0


def test_reasons_say_slower_only_where_that_counts(fitted: Detector) -> None:
    assert "faster or slower" in (with_changes(fitted).describe("motion") or "")
    assert "slower" not in (with_changes(fitted, slower=False).describe("motion") or "")


def test_without_maps_there_are_none_of_the_branches_either(fitted: Detector) -> None:
    assert not any(one.maps for one in scores(with_changes(fitted), clip(), maps=False))


def test_regions_say_what_each_branch_says_there(fitted: Detector) -> None:
    found = scores(with_changes(fitted), clip(), map_levels=(0.0, 1.0))
    regions = [region for one in found for region in one.regions]
    assert regions
    for region in regions:
        assert set(region.parts) == {"appearance", "motion"}
        assert max(region.parts.values()) >= region.score / 2 - 1e-6
        assert 0 <= region.box[0] <= region.box[2] <= 71
        assert 0 <= region.box[1] <= region.box[3] <= 47


def test_sums_over_pixels_and_smoothing_inside(fitted: Detector) -> None:
    changes = {"smoothing": "savgol", "smoothing_window": 9, "smoothing_order": 2}
    method = with_changes(fitted, aggregate="sum", **changes)
    scorer = method.scorer(Setting())
    assert scorer.lookahead == 3 + 1 + 4
    assert scorer.smoothing.endswith("Savitzky-Golay of order 2 over 9 frames, 4 of them later")
    smooth, plain = scores(method, clip()), scores(with_changes(fitted, aggregate="sum"), clip())
    series = [[s.score for s in one if s.score is not None] for one in (smooth, plain)]
    rough = [np.abs(np.diff(one, 2)).mean() for one in series]
    assert rough[0] < rough[1]


def test_a_jump_changes_the_motion_score_alone_and_the_frame_stays_in_the_count(
    fitted: Detector,
) -> None:
    frames = clip()
    late = [replace(f, time_s=f.time_s + (9 if f.index >= 30 else 0)) for f in frames]  # type: ignore[operator]
    for place in range(30, 60):
        shifted = np.roll(late[place].image, 9, axis=1)
        late[place] = replace(late[place], image=shifted)
    kept, plain = (with_changes(fitted, jumps=jumps, filter_frames=1) for jumps in (True, False))
    for method in (kept, plain):
        assert method.model is not None
        method.model.usual_flow.fill_(-1.0)  # every flow is large: only the support decides
    series = [scores(method, late) for method in (kept, plain)]
    assert [len(one) for one in series] == [60, 60]
    differ = [
        a.index
        for a, b in zip(*series, strict=True)
        if a.score is not None and a.parts["motion"] != b.parts["motion"]
    ]
    assert differ == [30]
    assert series[0][30].parts["appearance"] == series[1][30].parts["appearance"]


def test_time_is_measured_by_stage(fitted: Detector) -> None:
    scorer = fitted.scorer()
    list(scorer.score(clip()))
    assert isinstance(scorer, MTLAScorer)
    assert set(scorer.seconds) == {"resize", "detector", "flow", "network", "maps"}
    assert all(value > 0 for value in scorer.seconds.values())


def test_the_maximum_is_that_of_smoothed_branches(fitted: Detector) -> None:
    changes = {"smoothing": "savgol", "smoothing_window": 9, "smoothing_order": 2}
    for one in scores(with_changes(fitted, combine="maximum", **changes), clip()):
        if one.score is not None:
            assert one.score == max(one.parts["appearance"], one.parts["motion"])


def test_of_several_scenes_each_has_its_own_background(tmp_path: Path) -> None:
    data = moving_square_data()
    train = tuple(replace(one, scene=f"s{n // 2}") for n, one in enumerate(data.train))
    two = fit_detector(
        "mtla", replace(data, train=train), tmp_path / "b", FitOptions(preset="tiny")
    )
    method = two.models["*"]
    assert isinstance(method, MTLA)
    method._backgrounds["s1"][:] = 255  # nothing of the scene's own is left
    other = MTLA(method.config)
    other.load_state(method.state())
    found = [[s.score for s in scores(other, clip(), scene=scene)] for scene in ("s0", "s1", "new")]
    assert found[0] != found[1]
    assert found[2] != found[1]


def test_flow_of_the_background_counts_only_without_the_mask(fitted: Detector) -> None:
    frames = clip()[20:23]
    moved = [np.roll(frame.image, 3 * n, axis=1) for n, frame in enumerate(frames)]
    nothing = Segments(
        Objects(*(np.empty(shape, np.float32) for shape in ((0, 4), 0, (0, 0), 0))),
        (),  # type: ignore[arg-type]
    )
    for masked in (True, False):
        method = with_changes(fitted, mask_flow=masked)
        scorer = method.scorer(Setting())
        assert isinstance(scorer, MTLAScorer)
        sample = scorer._sample_maker.sample(moved, nothing, "yard")
        assert sample.magnitude is not None
        assert (float(sample.magnitude.max()) == 0) == masked


def test_a_scene_that_is_new_gets_the_pooled_background(fitted: Detector) -> None:
    method = with_changes(fitted)
    found = [scores(method, clip(), scene=scene) for scene in ("elsewhere", "*")]
    assert [s.score for s in found[0]] == [s.score for s in found[1]]


def test_a_branchs_maps_are_written_and_kept_where_they_are_asked_for(
    fitted: Detector, tmp_path: Path
) -> None:
    images = np.stack([frame.image for frame in clip()])
    expected = [one for one in fitted.scorer(fps=10.0).score(clip()) if one.score is not None]
    awry.score(
        fitted, images, out=tmp_path / "s.csv", maps=tmp_path / "m", map_part="motion", fps=10.0
    )
    (file,) = (tmp_path / "m").iterdir()
    with np.load(file) as stored:
        np.testing.assert_array_equal(stored["frames"], [one.index for one in expected])
        np.testing.assert_array_equal(
            stored["maps"], np.stack([one.maps["motion"] for one in expected])
        )
    kept = fitted.score(images, fps=10.0, maps=True, map_part="motion").maps
    assert kept is not None
    np.testing.assert_array_equal(
        kept[[one.index for one in expected]], np.stack([one.maps["motion"] for one in expected])
    )
    with pytest.raises(ConfigError, match=r"mtla has no map of the part 'flow': "):
        fitted.score(images, fps=10.0, maps=True, map_part="flow")
