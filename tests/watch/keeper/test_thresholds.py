"""Thresholds: a budget, what people said, and another light's own scores."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import BundleError
from awry.scoring.calibration import POOLED, Budget, Calibration, CalibrationClip, calibrate
from awry.watch.keeper.thresholds import Said, from_json, level_of, own_scene, read_facts, to_json
from keeper_site import OPTIONS, scene, write_manifest

DAILY = Budget(2.0, "day")
DAY_S = 86_400.0


def normal_scores(count: int = 20_000) -> np.ndarray:
    chance = np.random.default_rng(0)
    return np.abs(np.convolve(chance.normal(size=count + 20), np.ones(20) / 20, "same"))[:count]


def test_a_manifest_says_calibration_rate_and_method(tmp_path: Path) -> None:
    facts = read_facts(write_manifest(tmp_path / "b", fps=12.5))
    assert (facts.rate, facts.method) == (12.5, "daml")
    assert facts.scene("unknown").threshold == 1.0
    with pytest.raises(BundleError, match="is not a bundle"):
        read_facts(tmp_path)


def test_without_a_budget_the_threshold_is_the_bundles() -> None:
    level = level_of(scene(), OPTIONS, None)
    assert (level.threshold, level.how) == (1.0, "As fitted.")
    assert level_of(scene(None), OPTIONS, DAILY).threshold is None


def test_a_budget_chooses_the_threshold_of_the_calibration() -> None:
    clip = CalibrationClip("c", POOLED, normal_scores(), 10.0)
    usual = calibrate([clip], Budget(60.0, "hour"), OPTIONS).scene(POOLED)
    level = level_of(usual, OPTIONS, Budget(10.0, "hour"))
    assert level.threshold == usual.with_budget(Budget(10.0, "hour")).threshold
    assert usual.threshold is not None
    assert level.threshold is not None
    assert level.threshold > usual.threshold
    assert "10 alarms an hour" in level.how


def test_a_bundle_that_knows_no_other_budget_keeps_its_threshold_and_says_so() -> None:
    level = level_of(scene(), OPTIONS, DAILY)
    assert level.threshold == 1.0
    assert level.how.startswith("The budget 2/day was not taken: ")


def test_what_was_called_normal_raises_the_threshold_as_far_as_the_budget_asks() -> None:
    said = Said(normal=(1.2, 1.8, 1.5, 0.5), seconds=DAY_S / 2)  # the budget allows one of them
    level = level_of(scene(budget=DAILY), OPTIONS, None, said)
    assert level.threshold == 1.5
    assert level.how == (
        "As fitted. 3 alarms above it were judged normal, and 2 alarms a day allows 1 in the 12 "
        "hours watched, so it was raised from 1 to 1.5."
    )
    enough = Said(normal=(1.2, 1.8, 1.5), seconds=2 * DAY_S)
    assert level_of(scene(budget=DAILY), OPTIONS, None, enough).threshold == 1.0
    assert level_of(scene(), OPTIONS, None, said).threshold == 1.8  # no budget: none is wanted


def test_the_threshold_stays_below_what_was_called_abnormal() -> None:
    said = Said(normal=(1.2, 1.8), abnormal=(1.6, 0.3))
    level = level_of(scene(), OPTIONS, None, said)
    assert level.threshold == 1.2
    assert "no higher, since an alarm of 1.6 was judged abnormal" in level.how
    assert level.how.endswith("The budget is not promised.")


def test_another_light_has_its_own_calibration() -> None:
    like = scene(map_thresholds=(0.5,), parts={"speed": (1.0, 0.5)}, budget=DAILY)
    spans = np.split(normal_scores() + 3.0, 2)
    own = own_scene(spans, 10.0, None, OPTIONS, like)
    assert own.budget == DAILY
    assert own.threshold is not None
    assert own.threshold > 3.5
    assert own.location == pytest.approx(3.0 + normal_scores().mean())
    assert (own.map_thresholds, own.parts) == (like.map_thresholds, like.parts)
    assert from_json(to_json(own, OPTIONS)) == own
    assert from_json({"scenes": {}}) is None
    assert Calibration.from_json(to_json(own, OPTIONS)).options == OPTIONS
