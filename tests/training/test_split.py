"""The footage is cut in time, whole and without overlap."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import ConfigError, FootageError
from awry.training.split import (
    PARTS,
    WHOLE,
    Exclusion,
    Span,
    Split,
    run_up,
    split_in_time,
    split_scenes,
    without,
)

lengths = st.lists(st.integers(1, 400), min_size=1, max_size=30).filter(lambda x: sum(x) >= 6)


@given(lengths, st.floats(0.05, 0.4), st.floats(0.05, 0.4))
def test_every_frame_is_in_exactly_one_part(
    counts: list[int], validation: float, calibration: float
) -> None:
    clips = [(f"c{number}", count) for number, count in enumerate(counts)]
    parts = split_in_time(clips, validation, calibration)
    seen = [
        (span.clip, frame)
        for part in PARTS
        for span in parts[part]
        for frame in range(span.first, span.last)
    ]
    # Exactly the footage, in its order: train before validation before calibration.
    assert seen == [(name, frame) for name, count in clips for frame in range(count)]
    assert all(parts[part] for part in PARTS)


def test_short_clips_stay_whole() -> None:
    parts = split_in_time([(f"c{number}", 100) for number in range(20)])
    assert all(span.length == 100 for part in PARTS for span in parts[part])
    assert [span.clip for span in parts["calibration"]] == ["c18", "c19"]


def test_a_long_clip_is_cut_inside() -> None:
    parts = split_in_time([("hour", 90_000)])
    assert parts["train"] == [Span("hour", 0, 72_000)]
    assert parts["calibration"] == [Span("hour", 81_000, 90_000)]


def test_too_little_footage_is_refused() -> None:
    with pytest.raises(FootageError, match="has 5 frames; at least 6"):
        split_in_time([("c", 5)])


def test_every_scene_is_in_every_part() -> None:
    parts = split_scenes({"a": [("a1", 100)], "b": [("b1", 60)]}, Split())
    assert all({span.clip for span in parts[part]} == {"a1", "b1"} for part in PARTS)


@given(st.integers(0, 30), st.integers(0, 30), st.integers(0, 30), st.integers(0, 30))
def test_exclusion_takes_out_exactly_its_frames(a: int, b: int, c: int, d: int) -> None:
    span, out = Span("x", min(a, b), max(a, b) + 1), Exclusion("x", min(c, d), max(c, d))
    left = [frame for s in without([span], [out]) for frame in range(s.first, s.last)]
    inside = range(out.first, out.last + 1)
    assert left == [frame for frame in range(span.first, span.last) if frame not in inside]


@pytest.mark.parametrize("text", ["x", "x:3", "x:9-3", ":1-2", "x:a-b"])
def test_a_bad_exclusion_says_how_to_write_one(text: str) -> None:
    with pytest.raises(ConfigError, match="CLIP:FIRST-LAST"):
        Exclusion.parse(text)


def test_only_footage_right_before_a_span_is_its_run_up() -> None:
    parts = {"train": [Span("a", 0, 50)], "validation": [Span("a", 50, 60), Span("b", 40, 60)]}
    parts["calibration"] = [Span("a", 60, 70), Span("a", 90, 99)]
    assert run_up(parts, Span("a", 60, 70), 5) == 5
    assert run_up(parts, Span("a", 60, 70), 25) == 25
    assert run_up(parts, Span("a", 60, 70), 99) == 60
    assert run_up(parts, Span("a", 65, 70), 30) == 30  # a piece of a span
    # 70 to 90 was left out, and other clips do not matter.
    assert run_up(parts, Span("a", 90, 99), 5) == 0
    assert run_up(parts, Span("b", 40, 60), 5) == 0
    assert run_up(parts, Span("a", 0, 50), 5) == 0


@given(lengths, st.floats(0.05, 0.4), st.booleans())
def test_a_share_of_none_leaves_its_frames_to_the_other_parts(
    frames: list[int], share: float, calibrate: bool
) -> None:
    clips = [(f"c{number}", length) for number, length in enumerate(frames)]
    kept, empty = ("calibration", "validation") if calibrate else ("validation", "calibration")
    parts = split_in_time(clips, **{kept: share, empty: 0})
    assert not parts[empty]
    assert parts["train"]
    assert parts[kept]
    assert sum(span.length for spans in parts.values() for span in spans) == sum(frames)


def test_nothing_held_back_trains_on_every_frame() -> None:
    parts = split_scenes({"a": [("a1", 100), ("a2", 7)], "b": [("b1", 60)]}, WHOLE)
    assert parts["train"] == [Span("a1", 0, 100), Span("a2", 0, 7), Span("b1", 0, 60)]
    assert parts["validation"] == parts["calibration"] == []


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((0, 0), "has 1 frames; at least 2 are needed to train"),
        ((0, 0.1), "at least 4 are needed to train and calibrate"),
        ((0.1, 0), "at least 4 are needed to train and validate"),
        ((0.1, 0.1), "at least 6 are needed to train, validate and calibrate"),
    ],
)
def test_what_footage_is_needed_for(shares: tuple[float, float], said: str) -> None:
    with pytest.raises(FootageError, match=said):
        split_in_time([("c", 1)], *shares)


def test_each_clip_is_cut_by_itself_where_that_is_wanted() -> None:
    clips = [("a1", 100), ("short", 1), ("a2", 40)]
    parts = split_scenes({"a": clips}, Split(0.15, 0.1, per_clip=True))
    assert parts["train"] == [Span("a1", 0, 75), Span("short", 0, 1), Span("a2", 0, 30)]
    assert parts["validation"] == [Span("a1", 75, 90), Span("a2", 30, 36)]
    assert parts["calibration"] == [Span("a1", 90, 100), Span("a2", 36, 40)]


@pytest.mark.parametrize(
    ("shares", "said"),
    [
        ((-0.1, 0), "--validation -0.1 is no share of the footage"),
        ((0, 0.5), "--calibration 0.5 is no share of the footage: expected 0"),
        ((float("nan"), 0), "--validation nan"),
        ((0.45, 0.45), "leave less than 0.2 of the footage to train on"),
    ],
)
def test_shares_that_cannot_be_are_refused(shares: tuple[float, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Split(*shares)
