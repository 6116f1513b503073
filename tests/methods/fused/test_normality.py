"""The systems' evidence as one, compared with held-back frames."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from awry.methods.fused import Fused, FusedConfig
from awry.methods.fused.evidence import FrameEvidence, Place
from awry.methods.fused.normality import combine_frame, measure


def config(**changes: Any) -> FusedConfig:
    made = Fused.configure("tiny", {"of": ["flow", "flow"], "unit": "deviate", **changes})
    assert isinstance(made, FusedConfig)
    return made


def frames(count: int, seed: int = 0, objects: int = 3) -> list[FrameEvidence]:
    """Normal frames: all values standard normal."""
    generator = np.random.default_rng(seed)
    places = tuple(Place((0, 0, 9, 9), (5.0, 5.0)) for _ in range(objects))
    return [
        FrameEvidence(places, generator.normal(size=(objects, 2)), generator.normal(size=2))
        for _ in range(count)
    ]


def frame(inside: list[list[float]], whole: list[float]) -> FrameEvidence:
    places = tuple(Place((0, 0, 9, 9), (5.0, 5.0)) for _ in inside)
    return FrameEvidence(places, np.array(inside).reshape(-1, 2), np.array(whole))


def scores(settings: FusedConfig, *seen: FrameEvidence) -> list[float]:
    fusion = measure([frames(300, 0), frames(300, 1)], settings)
    return [fusion.judge(one, settings).score for one in seen]


def test_two_systems_that_agree_of_one_object_outdo_two_of_two() -> None:
    together = frame([[2.0, 2.0], [0.0, 0.0]], [0.0, 0.0])
    apart = frame([[2.0, 0.0], [0.0, 2.0]], [0.0, 0.0])
    high, low = scores(config(candidates="maximum"), together, apart)
    assert high > low + 1
    # Whole frames that are as usual take half of it.
    high, low = scores(config(), together, apart)
    assert high > low + 0.5


@pytest.mark.parametrize("combine", ["sum", "maximum", "fisher"])
@pytest.mark.parametrize("calibration", ["tail", "standard"])
def test_normal_frames_come_out_as_normal_deviates(combine: str, calibration: str) -> None:
    settings = config(combine=combine, calibration=calibration)
    fusion = measure([frames(300, 0), frames(300, 1)], settings)
    judged = [fusion.judge(one, settings) for one in frames(400, 9)]
    for values in ([one.places.max() for one in judged], [one.frame for one in judged]):
        assert np.mean(values) == pytest.approx(0, abs=0.2)
        assert np.std(values) == pytest.approx(1, abs=0.2)


def test_rarity_says_of_how_many_normal_frames_one_is_so_strange() -> None:
    told, deviates = config(unit="rarity"), config()
    fusion = measure([frames(1000, 0), frames(1000, 1)], told)
    seen = frames(1000, 9)
    judged = [fusion.judge(one, told) for one in seen]
    for values in ([one.places.max() for one in judged], [one.frame for one in judged]):
        assert np.mean(np.array(values) >= 1) == pytest.approx(0.1, abs=0.04)
        assert np.mean(np.array(values) >= 2) == pytest.approx(0.01, abs=0.01)
    plain = [fusion.judge(one, deviates).score for one in seen]
    order = np.argsort(plain)
    assert (np.diff(np.array([one.score for one in judged])[order]) >= 0).all()


def test_maps_are_in_the_unit_of_the_score() -> None:
    fusion = measure([frames(300, 0), frames(300, 1)], config())
    maps, begun = [np.full((2, 3), 4.0, np.float32)] * 2, np.ones(2, bool)
    plain = fusion.judge_maps(maps, config(), begun)
    told = fusion.judge_maps(maps, config(unit="rarity"), begun)
    np.testing.assert_allclose(told, -np.log10(norm.sf(plain)), rtol=1e-9)


def test_a_crowd_is_not_strange_by_its_number() -> None:
    """More objects have a higher maximum: it is compared with that of other crowded frames."""
    settings = config()
    fusion = measure([frames(300, 0, objects=12)], settings)
    judged = [fusion.judge(one, settings).places.max() for one in frames(200, 5, objects=12)]
    assert np.mean(judged) == pytest.approx(0, abs=0.25)


@pytest.mark.parametrize("combine", ["sum", "maximum", "fisher"])
def test_what_no_object_shows_still_counts(combine: str) -> None:
    seen = frame([[0.0, 0.0]], [0.0, 0.0]), frame([[0.0, 0.0]], [0.0, 9.0])
    low, high = scores(config(combine=combine, candidates="maximum"), *seen)
    assert high > low + 2
    low, high = scores(config(combine=combine), *seen)
    assert high > low + 1


def softly(values: list[float]) -> float:
    return float(np.log(np.mean(np.exp(values))))


def test_a_frame_is_the_mean_or_the_higher_of_place_and_whole() -> None:
    seen = frame([[3.0, 3.0]], [1.0, 1.0])
    for candidates, expected in (("mean", np.mean), ("maximum", np.max), ("soft", softly)):
        settings = config(candidates=candidates)
        judged = measure([frames(300, 0), frames(300, 1)], settings).judge(seen, settings)
        assert judged.score == pytest.approx(expected([judged.frame, judged.places.max()]))
    # Without any place the whole frame alone is left.
    empty = frame([], [2.0, 2.0])
    judged = measure([frames(300, 0), frames(300, 1)], config()).judge(empty, config())
    assert judged.score == judged.frame


def test_at_the_frame_level_objects_do_not_count() -> None:
    settings = config(level="frame")
    one, other, high = scores(
        settings,
        frame([[0.0, 0.0]], [1.0, 1.0]),
        frame([[9.0, 9.0]], [1.0, 1.0]),
        frame([], [3.0, 3.0]),
    )
    assert one == other < high


def test_a_weight_of_zero_silences_a_system() -> None:
    settings = config(weights={"flow-2": 0.0})
    low, inside, whole = scores(
        settings,
        frame([[0.0, 0.0]], [0.0, 0.0]),
        frame([[0.0, 9.0]], [0.0, 0.0]),
        frame([[0.0, 0.0]], [0.0, 9.0]),
    )
    assert low == inside == whole


def test_silence_about_a_place_is_no_evidence() -> None:
    settings = config()
    fusion = measure([frames(300)], settings)
    seen = frame([[3.0, np.nan], [np.nan, np.nan]], [0.0, 0.0])
    raw = combine_frame(fusion.inside, fusion.whole, seen, settings)
    assert raw.places[1] == 0
    assert raw.places[0] == pytest.approx(raw.inside[0, 0] / np.sqrt(2))


def test_a_calm_system_is_silent_or_speaks_against_the_others() -> None:
    seen = frame([[3.0, -3.0], [-3.0, -3.0]], [2.0, -2.0])
    for calm in ("silent", "against"):
        settings = config(calm=calm)
        fusion = measure([frames(300)], settings)
        raw = combine_frame(fusion.inside, fusion.whole, seen, settings)
        heard = raw.inside if calm == "against" else np.maximum(raw.inside, 0)
        np.testing.assert_allclose(raw.places, heard.sum(1) / np.sqrt(2))
        assert raw.whole[1] < 0  # what each says is told as it is
    assert config().calm == "silent"
    assert FusedConfig().calm == "against"  # as bundles of before the choice


def test_one_system_alone_beyond_all_that_was_seen_does_not_outweigh_two() -> None:
    """Sixty deviations are what a continued tail says; footage never showed so much."""
    one, two = frame([[60.0, 0.0]], [60.0, 0.0]), frame([[13.0, 13.0]], [13.0, 13.0])
    for limit, outweighs in ((0.0, True), (8.0, False)):
        alone, both = scores(config(limit=limit, calibration="standard"), one, two)
        assert (alone > both) is outweighs
    settings = config(calibration="standard")
    fusion = measure([frames(300)], settings)
    far, further = (
        combine_frame(fusion.inside, fusion.whole, frame([], [high, 0.0]), settings).frame
        for high in (60.0, 6e4)
    )
    assert further > 10 * far  # thresholds are extrapolated, and must be within reach
    assert config().limit == 8
    assert FusedConfig().limit == 0  # as bundles of before the choice


def test_who_has_not_begun_says_what_the_others_say() -> None:
    settings = config()
    fusion = measure([frames(300)], settings)
    seen = frame([[3.0, np.nan]], [2.0, np.nan])
    raw = combine_frame(fusion.inside, fusion.whole, seen, settings)
    assert raw.places[0] == pytest.approx(raw.inside[0, 0] * np.sqrt(2))
    assert raw.frame == pytest.approx(raw.whole[0] * np.sqrt(2))
    maps = [np.full((1, 1), 3, np.float32), None]
    alone = fusion.judge_maps(maps, settings, np.array([True, False]))
    silent = fusion.judge_maps(maps, settings, np.array([True, True]))
    assert alone[0, 0] > silent[0, 0]


def test_a_stretch_is_compared_with_the_others() -> None:
    """One clip of two is stranger: what is usual of the highest sums must know that."""
    strange = [frame((one.inside + 3).tolist(), list(one.whole)) for one in frames(100, 3)]
    settings = config()
    apart = measure([frames(100, 0), strange], settings)
    alike = measure([frames(100, 0) + strange], settings)
    assert apart.places is not None
    assert alike.places is not None
    assert apart.places.mean > alike.places.mean


def test_footage_without_objects_has_whole_frames_alone() -> None:
    settings = config()
    fusion = measure([frames(50, objects=0)], settings)
    assert fusion.places is None
    assert fusion.inside == (None, None)
    judged = fusion.judge(frame([[1.0, 1.0]], [0.0, 0.0]), settings)
    assert np.isfinite(judged.score)


def test_maps_become_deviates_of_all() -> None:
    settings = config()
    fusion = measure([frames(300)], settings)
    values = np.zeros((2, 3), np.float32)
    values[1, 2] = 6
    joined = fusion.judge_maps([values, None], settings, np.array([True, True]))
    assert joined.shape == (2, 3)
    assert joined[1, 2] == joined.max() > joined[0, 0] + 2
