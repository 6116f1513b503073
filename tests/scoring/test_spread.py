"""How far stretches of normal footage differ in level."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from awry.scoring.calibration import CalibrationClip
from awry.scoring.events import EventOptions
from awry.scoring.spread import LevelSpread, measure_spread, with_other_scenes

OPTIONS = EventOptions()
RAMP = np.linspace(0, 1, 101)


def clips(offsets: Any, prefix: str = "c", times: float = 1.0) -> list[CalibrationClip]:
    """Clips of 10.1 s; their levels are 0.95 above the offsets, before they are multiplied."""
    return [
        CalibrationClip(f"{prefix}{place}", "a", times * (offset + RAMP), 10.0)
        for place, offset in enumerate(offsets)
    ]


def test_ten_clips_with_a_shared_spread() -> None:
    found = measure_spread(clips(range(10)), options=OPTIONS, normal=5.0)
    assert found is not None
    assert (found.calibrated, found.stretches, found.clips, found.freedom) == (10, 10, 10, 9)
    assert found.level == pytest.approx(5.45)
    assert found.spread == pytest.approx(3.02765, abs=1e-5)
    # 1.8331 is Student's t of 9 degrees of freedom at 95 %.
    assert found.bound() == pytest.approx(5.45 + 1.8331 * 3.02765 * 1.1**0.5, abs=1e-3)
    # An alarm goes on until a tenth of its distance from the normal level is lost.
    assert found.threshold() == pytest.approx(5.0 + (found.bound() - 5.0) / 0.9)


def test_a_generous_budget_lets_more_stretches_lie_above() -> None:
    found = measure_spread(clips(range(10)), options=OPTIONS, normal=5.0)
    assert found is not None
    # Of ten stretches so many may be alarms.
    shares = [found.share(allowed) for allowed in (0.01, 0.5, 2.0, 300.0)]
    assert shares == pytest.approx([0.05, 0.05, 0.2, 0.5])
    # 0.8834 is Student's t of 9 degrees of freedom at 80 %.
    assert found.bound(0.2) == pytest.approx(5.45 + 0.8834 * 3.02765 * 1.1**0.5, abs=1e-3)
    assert found.bound(0.5) == pytest.approx(5.45)
    assert "with 80% confidence another stretch's level lies below" in found.words(0.2)


def test_few_clips_know_little() -> None:
    two = measure_spread(clips([0, 3]), options=OPTIONS, normal=0.0)
    ten = measure_spread(clips([0, 3] * 5), options=OPTIONS, normal=0.0)
    assert two is not None
    assert ten is not None
    # The clips differ by 3, their five stretches by 0.2 each: nearly all lies between two clips.
    assert two.freedom == pytest.approx(1.05, abs=0.02)
    assert two.bound() - two.level > 3 * (ten.bound() - ten.level)


def of_scene(clips: int, freedom: int, level: float, spread: float) -> LevelSpread:
    return LevelSpread(
        level, spread, 1, 10, clips, freedom, 2.0, 0.1, 8, level - 0.3, learned_spread=spread / 2
    )


def test_a_scene_of_two_clips_asks_the_other_scenes_how_far_clips_differ() -> None:
    two, many = of_scene(2, 1, 3.0, 0.5), of_scene(6, 5, 4.0, 1.6)
    found = with_other_scenes({"few": two, "many": many, "none": None})
    assert found["many"] == many
    assert found["none"] is None
    few = found["few"]
    assert few is not None
    # With one degree of freedom and with five.
    assert few.spread == pytest.approx(((0.5**2 + 5 * 1.6**2) / 6) ** 0.5)
    assert few.learned_spread == pytest.approx(few.spread / 2)
    assert (few.freedom, few.scenes, few.level, few.clips) == (6, 2, 3.0, 2)
    # 1.9432 is Student's t of 6 degrees of freedom at 95 %; that of one degree is 6.3138.
    assert few.bound() == pytest.approx(3.0 + 1.9432 * few.spread * 2**0.5, abs=1e-3)
    assert few.bound() < two.bound()
    assert (
        "are taken to differ as those of all 2 scenes do, or more, by a standard deviation of"
        in (few.words())
    )
    assert LevelSpread.from_json(json.loads(json.dumps(few.to_json()))) == few
    before = {name: value for name, value in two.to_json().items() if name != "scenes"}
    assert LevelSpread.from_json(before) == two


def test_a_scene_whose_own_clips_differ_more_keeps_their_spread() -> None:
    wide, narrow = of_scene(2, 1, 9.0, 4.0), of_scene(6, 5, 4.0, 0.1)
    found = with_other_scenes({"wide": wide, "narrow": narrow})["wide"]
    assert found is not None
    assert (found.freedom, found.spread, found.learned_spread) == (6, 4.0, 2.0)
    assert found.bound() < wide.bound()


def test_a_single_scene_stays_as_it_is() -> None:
    two = of_scene(2, 1, 3.0, 0.5)
    assert with_other_scenes({"a": two, "b": None}) == {"a": two, "b": None}


def test_equal_clips_leave_the_level_where_it_is() -> None:
    found = measure_spread(clips([2.0] * 10), options=OPTIONS, normal=2.5)
    assert found is not None
    assert found.spread == pytest.approx(0.0, abs=1e-12)
    assert found.bound() == pytest.approx(2.95)


def test_what_was_learned_from_counts_by_its_spread() -> None:
    held_out, learned = clips([9.0], "h"), [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    plain = measure_spread(held_out, (), clips(learned, "t"), options=OPTIONS, normal=9.5)
    shrunk = measure_spread(held_out, (), clips(learned, "t", 1e-6), options=OPTIONS, normal=9.5)
    assert plain is not None
    assert shrunk is not None
    assert plain.spread == pytest.approx(shrunk.spread)
    assert plain.spread == pytest.approx(np.std(learned, ddof=1))
    assert (shrunk.calibrated, shrunk.stretches, shrunk.freedom) == (1, 10, 8)


def test_the_expected_level_lies_between_those_of_held_out_and_training_stretches() -> None:
    """Ten like any other where they agree; what was held back alone where they do not."""
    learned = [3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0]
    held_out = clips([9.0], "h")
    alike = measure_spread(held_out, (), clips(learned, "t"), options=OPTIONS, normal=9.5)
    assert alike is not None
    assert (alike.level, alike.weight) == (pytest.approx(8.15), pytest.approx(10.0))
    # By heart: levels near 0, 9.95 apart where chance explains 7.5 * (1 + 1/9).
    known = measure_spread(held_out, (), clips(learned, "t", 1e-6), options=OPTIONS, normal=9.5)
    assert known is not None
    borrowed = 7.5 / (7.5 / 9 + 9.95**2 - 7.5 * 10 / 9)
    assert known.weight == pytest.approx(1 + borrowed, rel=1e-4)
    assert known.level == pytest.approx(9.95 / (1 + borrowed), rel=1e-4)
    older = LevelSpread.from_json({**known.to_json(), "weight": 0.0})
    sure = (known.bound() - known.level) / (older.bound() - older.level)
    assert sure == pytest.approx(((1 + 1 / known.weight) / 2) ** 0.5)


def test_another_stretch_may_lie_as_high_as_those_of_the_training_part() -> None:
    learned = [13.0, 14.0, 15.0, 16.0, 17.0, 18.0, 19.0, 20.0, 21.0]
    found = measure_spread(clips([9.0], "h"), (), clips(learned, "t"), options=OPTIONS, normal=9.5)
    assert found is not None
    assert (found.learned, found.learned_level) == (9, pytest.approx(17.95))
    # 1.8595 is Student's t of 8 degrees of freedom at 95 %.
    assert found.bound() == pytest.approx(17.95 + 1.8595 * 2.7386 * (10 / 9) ** 0.5, abs=1e-3)


def test_validation_footage_is_held_out_too() -> None:
    found = measure_spread(clips([1.0], "c"), clips([4.0], "v"), options=OPTIONS, normal=0.0)
    assert found is not None
    # Each clip of 10.1 s is cut in five of 2 s, which differ as the clip rises, and by 3.
    assert (found.level, found.stretches) == (pytest.approx(3.09, abs=1e-3), 10)
    assert found.spread == pytest.approx((0.1 + 9 / 2) ** 0.5, abs=0.01)


def test_one_clip_is_one_look_but_a_long_one_is_many() -> None:
    noise = np.random.default_rng(0).normal(size=36_000)
    short = measure_spread(
        [CalibrationClip("c", "a", noise[:300], 10.0)], options=OPTIONS, normal=0.0
    )
    hour = measure_spread([CalibrationClip("c", "a", noise, 10.0)], options=OPTIONS, normal=0.0)
    assert short is not None
    assert hour is not None
    # Twice the variance of ten stretches: (1 + 1)^2 / (1 / 9 + 1 / 1).
    assert (short.stretches, short.freedom) == (10, pytest.approx(3.6))
    assert "one clip, which cannot show how far clips differ, are taken to" in short.words()
    assert (hour.stretches, hour.freedom) == (60, 59)
    assert "cannot show" not in hour.words()
    assert hour.bound() == pytest.approx(1.8, abs=0.1)


def test_too_little_to_compare() -> None:
    one = [CalibrationClip("c", "a", RAMP[:20], 10.0)]
    assert measure_spread(one, options=OPTIONS, normal=0.0) is None


def test_where_calibration_is_too_short_other_parts_say_how_high_normal_footage_gets() -> None:
    unscored = [CalibrationClip("c", "a", np.full(50, np.nan), 10.0)]
    found = measure_spread(unscored, clips(range(9)), options=OPTIONS, normal=0.0)
    assert found is not None
    assert (found.level, found.calibrated) == (pytest.approx(4.95), 9)
    learned = measure_spread(unscored, (), clips(range(9)), options=OPTIONS, normal=0.0)
    assert learned is not None
    assert learned.bound() == pytest.approx(found.bound())


def test_scores_that_never_vary() -> None:
    flat = [CalibrationClip(f"c{place}", "a", np.full(90, 0.1), None) for place in range(3)]
    found = measure_spread(flat, (), flat, options=OPTIONS, normal=0.1)
    assert found is not None
    assert (found.bound(), found.threshold()) == (pytest.approx(0.1), pytest.approx(0.1))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("spread", -1.0),
        ("freedom", 0),
        ("hysteresis", 2.0),
        ("level", float("nan")),
        ("clips", None),
    ],
)
def test_json(name: str, value: Any) -> None:
    found = measure_spread(clips(range(4)), options=OPTIONS, normal=0.0)
    assert found is not None
    stored = json.loads(json.dumps(found.to_json()))
    assert LevelSpread.from_json(stored) == found
    with pytest.raises((TypeError, ValueError)):
        LevelSpread.from_json({**stored, name: value})


def test_footage_of_unknown_rate_is_taken_for_ten_frames_a_second() -> None:
    known = clips([0, 3])
    unknown = [CalibrationClip(one.name, one.scene, one.scores) for one in known]
    found = [measure_spread(some, options=OPTIONS, normal=0.0) for some in (known, unknown)]
    assert found[0] == found[1]
