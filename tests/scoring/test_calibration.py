from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from awry.errors import BundleError, ConfigError, FootageError
from awry.scoring.calibration import Budget, Calibration, CalibrationClip, calibrate
from awry.scoring.events import EventOptions
from support import exponential_scores


def clip(scores: Any, scene: str = "a", fps: float | None = 10.0, **more: Any) -> CalibrationClip:
    return CalibrationClip("clip", scene, np.asarray(scores, np.float64), fps, **more)


def test_a_scene_says_what_its_footage_was() -> None:
    found = calibrate([clip(np.arange(20.0)), clip(np.arange(10.0))], Budget(2.0)).scene("a")
    assert (found.frames, found.seconds) == (30, 3.0)
    assert found.threshold > 19.0
    assert found.budget == Budget(2.0)
    assert found.location == pytest.approx((190 + 45) / 30)
    mixed = calibrate([clip(np.arange(20.0)), clip(np.arange(10.0), fps=None)], Budget(2.0))
    assert mixed.scene("a").seconds is None


def test_a_constant_score_gives_a_scale_that_can_divide() -> None:
    assert calibrate([clip(np.full(20, 0.1))], Budget(2.0)).scene("a").scale == 1.0


def test_unscored_frames_are_no_footage() -> None:
    scores = np.concatenate([np.full(50, np.nan), np.linspace(0, 1, 50), np.full(5, np.nan)])
    found = calibrate([clip(scores), clip(np.full(9, np.nan), "b")], Budget(2.0))
    assert found.scene("a").frames == 50
    assert found.scene("a").location == pytest.approx(0.5)
    assert "b" not in found.scenes
    with pytest.raises(FootageError, match="Give longer normal footage"):
        calibrate([clip(np.full(9, np.nan))], Budget(2.0))
    with pytest.raises(FootageError, match="No frame"):
        calibrate([], Budget(2.0))


def test_scenes_are_calibrated_apart_and_unknown_ones_pooled() -> None:
    peaks = np.linspace(0, 1, 100)
    found = calibrate(
        [clip(np.zeros(100), "a"), clip(np.full(100, 4.0), "b", map_peaks=peaks)], Budget(2.0)
    )
    assert found.scene("a").location == 0.0
    assert found.scene("b").location == 4.0
    assert found.scene("nowhere").location == 2.0
    assert found.scene("a").map_thresholds == ()
    assert len(found.scene("b").map_thresholds) == 5
    assert found.scene("b").heat_range == (0.5, 1.5)


def test_alarms_are_merged_by_the_seconds_of_the_footage() -> None:
    noise = np.random.default_rng(0).random(100)
    found = calibrate([clip(noise, fps=25.0), clip(noise, fps=None)], Budget(2.0))
    assert (found.options.merge_gap, found.options.min_length) == (25, 8)
    assert calibrate([clip(noise, fps=None)], Budget(2.0)).options == EventOptions()


def test_the_parts_normal_levels_are_kept() -> None:
    parts = {"motion": np.array([np.nan, 1.0, 3.0]), "look": np.full(3, np.nan)}
    more = {"motion": np.array([5.0])}
    found = calibrate([clip(np.zeros(3), parts=parts), clip(np.zeros(1), parts=more)], Budget(2.0))
    assert found.scene("a").parts == {"motion": (3.0, pytest.approx(np.std([1, 3, 5])))}
    again = Calibration.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    older = found.to_json()
    del older["scenes"]["a"]["parts"]
    assert Calibration.from_json(older).scene("a").parts == {}


def test_json_round_trip() -> None:
    found = calibrate(
        [
            clip(np.arange(99.0), map_peaks=np.arange(99.0)),
            clip(np.ones(9), "b", None),
            clip(exponential_scores(3000, 1), "c"),
        ],
        Budget(2.0),
        EventOptions(0.2, 3, 4),
    )
    assert Calibration.from_json(json.loads(json.dumps(found.to_json()))) == found


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("scenes",), None),
        (("scenes", "*"), None),
        (("scenes", "*", "threshold"), "high"),
        (("scenes", "*", "threshold"), float("nan")),
        (("scenes", "*", "scale"), 0.0),
        (("scenes", "*", "map_thresholds"), [2.0, 1.0]),
        (("scenes", "*", "heat_range"), [1.0]),
        (("scenes", "*", "threshold_interval"), [1.0]),
        (("scenes", "*", "threshold_interval"), [1e8, 1e9]),
        (("scenes", "*", "normal_alarms"), {"curve": []}),
        (("scenes", "*", "normal_alarms", "step"), "high"),
        (("scenes", "*", "budget"), {"alarms": 2.0, "unit": "year"}),
        (("scenes", "*", "spread"), {"level": 1.0}),
        (("options", "hysteresis"), 7),
        (("options", "unknown"), 7),
    ],
)
def test_a_damaged_calibration_is_refused(path: tuple[str, ...], value: Any) -> None:
    values = calibrate([clip(np.arange(9.0))], Budget(2.0)).to_json()
    place = values
    for name in path[:-1]:
        place = place[name]
    place[path[-1]] = value
    with pytest.raises(BundleError, match="calibration cannot be read"):
        Calibration.from_json(values)


def test_a_calibration_without_the_pooled_scene_is_refused() -> None:
    values = calibrate([clip(np.arange(9.0))], Budget(2.0)).to_json()
    del values["scenes"]["*"]
    with pytest.raises(BundleError, match=r"\*"):
        Calibration.from_json(values)
    with pytest.raises(BundleError, match="missing"):
        Calibration.from_json({})


@pytest.mark.parametrize("budget", ["2/hour", "0.01/hour", "60/hour", "5/1000frames"])
def test_another_budget_is_had_from_the_stored_calibration_alone(budget: str) -> None:
    clips = [clip(exponential_scores(3000, 1)), clip(exponential_scores(900, 2), "b")]
    stored = json.loads(json.dumps(calibrate(clips, Budget(7.0)).to_json()))
    other = Calibration.from_json(stored).with_budget(Budget.parse(budget))
    assert other == calibrate(clips, Budget.parse(budget))
    assert other != calibrate(clips, Budget(7.0))


def test_an_older_calibration_is_read_but_knows_no_other_budget() -> None:
    values = calibrate([clip(exponential_scores(3000, 1))], Budget(2.0)).to_json()
    for scene in values["scenes"].values():
        del scene["threshold_interval"], scene["normal_alarms"]
    found = Calibration.from_json(values)
    assert found.scene("*").threshold_interval is None
    with pytest.raises(BundleError, match=r"only the threshold [\d.]+, .*Refit.* --threshold"):
        found.with_budget(Budget(3.0))
    by_hand = found.with_threshold(0.25).scene("*")
    assert (by_hand.threshold, by_hand.how) == (0.25, "Given by hand.")


def test_a_threshold_by_hand_is_recorded_as_such() -> None:
    clips = [clip(exponential_scores(3000, 1)), clip(exponential_scores(900, 2), "b")]
    found = calibrate(clips, Budget(2.0))
    by_hand = found.with_threshold(found.scene("a").threshold)
    assert Calibration.from_json(json.loads(json.dumps(by_hand.to_json()))) == by_hand
    for name in ("*", "a", "b"):
        scene = by_hand.scene(name)
        assert scene.threshold == found.scene("a").threshold
        assert (scene.budget, scene.threshold_interval) == (None, None)
        assert scene.requested == "threshold given by hand"
        assert scene.how.startswith("Given by hand.")
    # From there another budget can still be asked for.
    assert by_hand.with_budget(Budget(2.0)) == found
    assert found.scene("a").requested == "2/hour"
    for wrong in (float("nan"), float("inf")):
        with pytest.raises(ConfigError, match="finite"):
            found.with_threshold(wrong)


def test_a_threshold_by_hand_says_what_normal_footage_gave_at_it() -> None:
    scores = np.random.default_rng(0).uniform(0, 0.1, 36_000)
    scores[[1000, 9000, 15_000, 22_000, 30_000]] = [10, 11, 12, 13, 14]
    found = calibrate([clip(scores)], Budget(2.0), EventOptions(0.0, 0, 1)).scene("a")
    minutes = "60 min of normal footage gave at most"
    for level, said in ((9.0, "5 alarms"), (13.5, "1 alarm"), (20.0, "0 alarms"), (10.0, "4 al")):
        assert f"{minutes} {said}" in found.with_threshold(level).how
    assert "over 5% of the frames lie above it" in found.with_threshold(0.01).how


def footage(levels: list[float], prefix: str, scene: str = "a") -> list[CalibrationClip]:
    """Clips of a minute each that differ in level by more than frames differ within one."""
    noise = np.random.default_rng(len(levels)).normal(size=(len(levels), 600))
    return [
        CalibrationClip(f"{prefix}{place}", scene, level + noise[place], 10.0)
        for place, level in enumerate(levels)
    ]


def test_the_threshold_grows_with_what_clips_differ_by() -> None:
    clips, validation = footage([0.0], "c"), footage([0.0], "v")
    alone = calibrate(clips, Budget(2.0))
    equal = alone.with_spread(clips, validation, footage([0.0] * 8, "t"))
    apart = alone.with_spread(clips, validation, footage([-20.0, -10.0, 0.0, 10.0] * 2, "t"))
    same, higher = equal.scene("a"), apart.scene("a")
    before = replace(alone.scene("a"), spread=None).with_budget(Budget(2.0))
    assert same.threshold == before.threshold
    assert "which the threshold allows for" in same.how
    assert higher.spread is not None
    assert same.spread is not None
    # Levels of the training part differ by 12, by which another hour may well be higher.
    assert higher.spread.spread == pytest.approx(11.0, abs=1.0)
    assert higher.threshold == pytest.approx(22.853, abs=0.01)
    assert f"so the threshold was raised from {before.threshold:.4g}." in higher.how
    assert higher.threshold_interval is None
    # No other clip of that kind is in alarm throughout, as it would have been.
    another = 10.0 + np.random.default_rng(9).normal(size=600)
    assert alone.alarms(another, "a") == [(0, 599)]
    assert apart.alarms(another, "a") == []


def test_a_scene_with_two_clips_learns_from_the_other_how_far_clips_differ() -> None:
    calibration = footage([0.0], "c") + footage([0.0], "d", "b")
    train = footage([-1.0, 0.0, 1.0, 0.5] * 2, "t") + footage([-1.0], "u", "b")
    found = calibrate(calibration, Budget(2.0)).with_spread(calibration, (), train)
    alone = calibrate(calibration[1:], Budget(2.0)).with_spread(calibration[1:], (), train[-1:])
    many, few, by_itself = found.scene("a").spread, found.scene("b").spread, alone.scene("b").spread
    assert many is not None
    assert few is not None
    assert by_itself is not None
    assert (many.freedom, many.scenes) == (7, 1)
    assert (by_itself.freedom, by_itself.scenes) == (pytest.approx(3.2), 1)
    assert (few.freedom, few.scenes) == (pytest.approx(7 + 3.2), 2)
    assert few.spread >= by_itself.spread
    pooled = found.scene("*").spread
    assert pooled is not None
    assert pooled.scenes == 1


def test_a_stored_spread_holds_for_other_budgets_and_by_hand() -> None:
    clips = footage([0.0], "c")
    train = footage([-20.0, -10.0, 0.0, 10.0] * 2, "t") + footage([0.0], "b", "b")
    found = calibrate(clips, Budget(2.0)).with_spread(clips, (), train)
    assert set(found.scenes) == {"*", "a"}
    again = Calibration.from_json(json.loads(json.dumps(found.to_json())))
    assert again == found
    thresholds = [
        again.with_budget(Budget(alarms)).scene("a").threshold for alarms in (0.2, 2.0, 20.0, 60.0)
    ]
    assert thresholds[0] == thresholds[1] == found.scene("a").threshold
    # 20 alarms an hour are one in three such minutes, 60 are one in each.
    assert thresholds[1] > thresholds[2] > thresholds[3]
    by_hand = again.with_threshold(3.0)
    assert by_hand.scene("a").threshold == 3.0
    assert by_hand.with_spread(clips, (), train).scene("a").threshold == 3.0


def test_a_calibration_from_before_the_spread_is_read_as_it_was() -> None:
    clips = footage([0.0], "c")
    values = calibrate(clips, Budget(2.0)).with_spread(clips, (), footage([0.0, 9.0], "t"))
    older = json.loads(json.dumps(values.to_json()))
    for scene in older["scenes"].values():
        del scene["spread"]
    read = Calibration.from_json(older).scene("a")
    assert (read.threshold, read.spread) == (values.scene("a").threshold, None)
    assert read.with_budget(Budget(2.0)).threshold < read.threshold


def test_without_a_budget_there_is_no_threshold_but_all_else() -> None:
    peaks = np.linspace(0, 1, 100)
    clips = [clip(np.arange(100.0), map_peaks=peaks, parts={"motion": np.arange(100.0)})]
    found, usual = calibrate(clips, None), calibrate(clips, Budget(2.0)).scene("a")
    scene = found.scene("a")
    assert (scene.threshold, scene.budget, scene.requested) == (None, None, "no threshold")
    for name in ("location", "scale", "map_thresholds", "heat_range", "frames", "parts"):
        assert getattr(scene, name) == getattr(usual, name)
    assert not found.has_thresholds
    assert found.alarms(np.full(50, 1e9), "a") == []
    assert Calibration.from_json(json.loads(json.dumps(found.to_json()))) == found
    with pytest.raises(BundleError, match=r"No footage was held back .* --calibration FOLDER"):
        found.with_budget(Budget(1.0))
    with pytest.raises(ConfigError, match="Give a --threshold"):
        scene.needed_threshold()
    by_hand = found.with_threshold(50.0)
    assert by_hand.alarms(np.arange(100.0), "a") == [(50, 99)]
    assert "No footage was held back to say how many alarms" in by_hand.scene("a").how
    stored = found.to_json()
    stored["scenes"]["*"]["budget"] = {"alarms": 2.0, "unit": "hour"}
    with pytest.raises(BundleError, match="a budget, but no threshold"):
        Calibration.from_json(stored)
