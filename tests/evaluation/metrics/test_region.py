from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.datasets.tracks import Tracks
from awry.errors import ConfigError, InputError
from awry.evaluation.metrics import region
from awry.evaluation.metrics.boxes import Detections
from awry.evaluation.metrics.region import region_figures, resampled_region

BOX = (10.0, 10.0, 19.0, 19.0)
FAR = (100.0, 100.0, 109.0, 109.0)
Rows = list[tuple[float, ...]]


def tracks(rows: Rows) -> Tracks:
    """Of rows `track_id, frame, x_min, y_min, x_max, y_max`."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Tracks(table[:, 0].astype(np.int64), table[:, 1].astype(np.int64), table[:, 2:])


def detected(rows: Rows) -> Detections:
    """Of rows `frame, x_min, y_min, x_max, y_max, score`."""
    table = np.array(rows, np.float64).reshape(-1, 6)
    return Detections(table[:, 0].astype(np.int64), table[:, 1:5], table[:, 5])


TRUTH = {"a": tracks([(1, frame, *BOX) for frame in range(5)])}
TRUE = [(frame, *BOX, 0.5) for frame in range(5)]
FALSE = [(frame, *FAR, 0.5) for frame in range(5)]


def values(found: Rows, truth: Mapping[str, Tracks] = TRUTH, **options: Any) -> tuple[float, float]:
    figures = region_figures(truth, {"a": detected(found)}, 10, **options)
    return figures.rbdc, figures.tbdc


# --- the small cases of docs/measurement.md


@pytest.mark.parametrize(
    ("found", "compat", "expected"),
    [
        ([], False, (0, 0)),
        (TRUE + FALSE, False, (0.75, 0.75)),
        (TRUE + FALSE, True, (1, 1)),
        (FALSE + TRUE, True, (0.5, 0.5)),
        (TRUE[:1], False, (0.2, 1)),
        (TRUE * 10, False, (1, 1)),
        (TRUE * 10, True, (1, 1)),
    ],
)
def test_small_cases(found: Rows, compat: bool, expected: tuple[float, float]) -> None:
    assert values(found, compat=compat) == pytest.approx(expected, abs=1e-12)


def test_one_box_over_two_true_boxes_finds_both() -> None:
    left, right, both = (0, 0, 9, 9), (10, 0, 19, 9), (0, 0, 19, 9)
    truth = {"a": tracks([(k, f, *box) for f in range(5) for k, box in enumerate((left, right))])}
    assert values([(f, *both, 0.5) for f in range(5)], truth) == (1, 1)


def test_no_detections_at_all_and_no_detections_of_a_clip() -> None:
    for detections in ({}, {"a": detected([])}):
        figures = region_figures(TRUTH, detections, 10)
        assert (figures.rbdc, figures.tbdc, figures.fpr_reached) == (0, 0, 0)
        assert figures.fpr.tolist() == [0, 1]
        assert figures.rbdr.tolist() == [0, 0]


def test_a_grouped_step_is_cut_at_an_fpr_of_one() -> None:
    figures = region_figures(TRUTH, {"a": detected(TRUE + FALSE * 4)}, 10)
    assert figures.rbdc == pytest.approx(0.25)  # half of the step, half of the boxes
    assert figures.rbdr.tolist() == [0, 0.5]
    assert figures.fpr_reached == 1


def test_curve_stays_flat_after_the_last_detection() -> None:
    figures = region_figures(TRUTH, {"a": detected([*TRUE[:2], (7, *FAR, 0.9)])}, 10)
    assert figures.fpr_reached == pytest.approx(0.1)
    assert figures.fpr == pytest.approx([0, 0.1, 0.1, 1])
    assert figures.rbdr == pytest.approx([0, 0, 0.4, 0.4])
    assert figures.tbdr == pytest.approx([0, 0, 1, 1])
    assert figures.rbdc == pytest.approx(0.9 * 0.4)


def test_false_positives_outside_true_clips_and_frames() -> None:
    found = {"a": detected([(7, *BOX, 0.9)]), "b": detected([(0, *BOX, 0.9)])}
    figures = region_figures(TRUTH, found, {"a": 10, "b": 5, "c": 5})
    assert figures.fpr_reached == pytest.approx(2 / 20)
    assert (figures.n_frames, figures.n_detections, figures.n_boxes) == (20, 2, 5)


def test_compat_walks_clips_in_the_order_of_the_detections() -> None:
    parts = {"a": detected(TRUE), "b": detected(FALSE)}
    for names, expected in (("ab", 1.0), ("ba", 0.5)):
        found = {name: parts[name] for name in names}
        assert region_figures(TRUTH, found, {"a": 5, "b": 5}, compat=True).rbdc == expected


def test_sides_count_pixels_inclusively() -> None:
    one = {"a": tracks([(0, 0, 5, 5, 5, 5)])}
    assert values([(0, 5, 5, 5, 5, 1.0)], one) == (1, 1)  # a box of one pixel
    # 1 of 10 pixels shared: IoU is exactly beta, and without the inclusive pixel it would be 0.
    row = {"a": tracks([(0, 0, 0, 0, 0, 0)])}
    assert values([(0, 0, 0, 9, 0, 1.0)], row)[0] == 1
    assert values([(0, 0, 0, 10, 0, 1.0)], row)[0] == 0


@pytest.mark.parametrize("length", [10, 11, 29, 30, 70, 100])
def test_a_track_is_found_from_alpha_on(length: int) -> None:
    truth = {"a": tracks([(3, frame, *BOX) for frame in range(length)])}
    needed = next(count for count in range(length) if count / length >= 0.1)
    for count, expected in ((needed - 1, 0), (needed, 1)):
        found = {"a": detected([(frame, *BOX, 1.0) for frame in range(count)])}
        assert region_figures(truth, found, length).tbdc == expected


# --- agreement with the reference implementation, and with a slow one


def case_of(case: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], dict[str, int]]:
    videos = case["videos"]
    return (
        {name: tracks(video["tracks"]) for name, video in videos.items()},
        {name: detected(video["detections"]) for name, video in videos.items()},
        {name: video["num_frames"] for name, video in videos.items()},
    )


@pytest.mark.shared
@pytest.mark.parametrize("compat", [False, True])
def test_agrees_with_every_case_of_the_reference(shared: Path, compat: bool) -> None:
    cases = json.loads((shared / "oracles" / "rbdc_tbdc.json").read_text())
    assert cases
    for case in cases:
        # One case holds two inverted detections, which the reference counts as false positives.
        options = {
            "alpha": case["alpha"],
            "beta": case["beta"],
            "compat": compat,
            "inverted": "false_positive",
        }
        truth, found, n_frames = case_of(case)
        figures = region_figures(truth, found, n_frames, **options)
        assert figures.rbdc == pytest.approx(case["rbdc"], abs=1e-9), case["name"]
        assert figures.tbdc == pytest.approx(case["tbdc"], abs=1e-9), case["name"]
        again = resampled_region(truth, found, n_frames, np.arange(len(n_frames))[None], **options)
        assert np.ravel(again) == pytest.approx([case["rbdc"], case["tbdc"]], abs=1e-9)


def overlap(one: Any, other: Any) -> float:
    width = min(one[2], other[2]) - max(one[0], other[0]) + 1
    height = min(one[3], other[3]) - max(one[1], other[1]) + 1
    common = max(width, 0) * max(height, 0)
    areas = [(box[2] - box[0] + 1) * (box[3] - box[1] + 1) for box in (one, other)]
    return common / (sum(areas) - common)


def walked_slowly(
    truth: Mapping[str, Tracks],
    found: Mapping[str, Detections],
    total: int,
    alpha: float = 0.1,
    beta: float = 0.1,
    compat: bool = False,
) -> tuple[float, float]:
    """docs/measurement.md's walk, one detection after the other."""
    boxes = [
        (name, int(part.ids[row]), int(part.frames[row]), part.boxes[row])
        for name, part in truth.items()
        for row in range(len(part.ids))
    ]
    rows = [
        (float(part.scores[row]), name, int(part.frames[row]), part.boxes[row])
        for name, part in found.items()
        for row in range(len(part.scores))
    ]
    rows.sort(key=lambda row: -row[0])
    lengths: dict[tuple[str, int], int] = {}
    for name, track, _, _ in boxes:
        lengths[name, track] = lengths.get((name, track), 0) + 1
    seen: set[int] = set()
    false = 0
    points = [(0.0, 0.0, 0.0)]
    for number, (score, name, frame, box) in enumerate(rows):
        hit = [
            k
            for k, (clip, _, at, true) in enumerate(boxes)
            if (clip, at) == (name, frame) and overlap(true, box) >= beta
        ]
        seen.update(hit)
        false += not hit
        if compat or number + 1 == len(rows) or rows[number + 1][0] != score:
            counts = dict.fromkeys(lengths, 0)
            for k in seen:
                counts[boxes[k][:2]] += 1
            share = sum(counts[key] / lengths[key] >= alpha for key in lengths) / len(lengths)
            points.append((false / total, len(seen) / len(boxes), share))
    return area(points, 1), area(points, 2)


def area(points: list[tuple[float, float, float]], column: int) -> float:
    """Under a column over the first one in [0, 1]."""
    sum_ = 0.0
    for low, high in zip(points, [*points[1:], (2.0, *points[-1][1:])], strict=True):
        end = min(high[0], 1.0)
        if low[0] < end:
            rise = (high[column] - low[column]) * (end - low[0]) / (high[0] - low[0])
            if high[0] == 2.0 and low == points[-1]:
                rise = 0.0
            sum_ += (end - low[0]) * (low[column] + rise / 2)
    return sum_


# Few places, sizes, frames and scores, so that overlaps, ties and repeats are common.
corner, side, frame = st.integers(0, 12), st.integers(0, 8), st.integers(0, 3)
box = st.tuples(corner, corner, side, side).map(lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3]))
truths = st.lists(
    st.lists(
        st.tuples(st.integers(0, 2), frame, box), max_size=8, unique_by=lambda row: row[:2]
    ).map(lambda rows: tracks([(k, f, *b) for k, f, b in rows])),
    min_size=3,
    max_size=3,
).filter(lambda parts: any(len(part.ids) for part in parts))
finds = st.lists(
    st.lists(st.tuples(frame, box, st.integers(0, 4)), max_size=14).map(
        lambda rows: detected([(f, *b, score) for f, b, score in rows])
    ),
    min_size=3,
    max_size=3,
)
NAMES = ("b", "a", "c")
SIZES = {"b": 4, "a": 5, "c": 4}
few = settings(max_examples=80, deadline=None)


def named(parts: list[Any]) -> dict[str, Any]:
    return dict(zip(NAMES, parts, strict=True))


@few
@given(truths, finds, st.booleans(), st.sampled_from([0.1, 0.34, 1.0]), st.sampled_from([0.1, 0.5]))
def test_agrees_with_a_slow_walk(
    truth: list[Tracks], found: list[Detections], compat: bool, alpha: float, beta: float
) -> None:
    options: dict[str, Any] = {"alpha": alpha, "beta": beta, "compat": compat}
    figures = region_figures(named(truth), named(found), SIZES, **options)
    slow = walked_slowly(named(truth), named(found), sum(SIZES.values()), **options)
    assert (figures.rbdc, figures.tbdc) == pytest.approx(slow, abs=1e-12)
    for curve, value in ((figures.rbdr, figures.rbdc), (figures.tbdr, figures.tbdc)):
        under = np.diff(figures.fpr) @ (curve[1:] + curve[:-1]) / 2
        assert under == pytest.approx(value, abs=1e-12)
    assert figures.fpr[-1] == 1
    again = resampled_region(named(truth), named(found), SIZES, np.arange(3)[None], **options)
    assert np.ravel(again) == pytest.approx(slow, abs=1e-12)


@few
@given(truths)
def test_a_perfect_detector_gets_one(truth: list[Tracks]) -> None:
    found = named([Detections(part.frames, part.boxes, np.ones(len(part.ids))) for part in truth])
    figures = region_figures(named(truth), found, SIZES)
    assert (figures.rbdc, figures.tbdc) == (1, 1)


@few
@given(truths, finds, st.integers(0, 99))
def test_order_of_rows_changes_nothing(
    truth: list[Tracks], found: list[Detections], seed: int
) -> None:
    generator = np.random.default_rng(seed)
    mixed = []
    for part in found:
        order = generator.permutation(len(part.scores))
        mixed.append(Detections(part.frames[order], part.boxes[order], part.scores[order]))
    one = region_figures(named(truth), named(found), SIZES)
    other = region_figures(named(truth), dict(reversed(named(mixed).items())), SIZES)
    assert (one.rbdc, one.tbdc) == (other.rbdc, other.tbdc)


@few
@given(truths, finds, st.integers(-1, 5), st.sampled_from(NAMES))
def test_one_more_false_positive_never_raises_the_value(
    truth: list[Tracks], found: list[Detections], score: int, clip: str
) -> None:
    more = named(found)
    part = more[clip]
    more[clip] = Detections(
        np.append(part.frames, 0), np.vstack([part.boxes, FAR]), np.append(part.scores, score)
    )
    before = region_figures(named(truth), named(found), SIZES)
    after = region_figures(named(truth), more, SIZES)
    assert after.rbdc <= before.rbdc + 1e-12
    assert after.tbdc <= before.tbdc + 1e-12


@few
@given(truths, finds, st.booleans())
def test_a_monotone_change_of_scores_changes_nothing(
    truth: list[Tracks], found: list[Detections], compat: bool
) -> None:
    changed = [Detections(p.frames, p.boxes, np.exp(3 * p.scores) - 7) for p in found]
    one = region_figures(named(truth), named(found), SIZES, compat=compat)
    other = region_figures(named(truth), named(changed), SIZES, compat=compat)
    assert (one.rbdc, one.tbdc) == (other.rbdc, other.tbdc)


@few
@given(truths, finds, st.lists(st.integers(0, 2), min_size=3, max_size=3))
def test_a_draw_is_the_figure_of_its_clips(
    truth: list[Tracks], found: list[Detections], draw: list[int]
) -> None:
    rbdc, tbdc = resampled_region(named(truth), named(found), SIZES, np.array([draw]))
    names = [f"{place}" for place in range(3)]
    drawn = {name: truth[clip] for name, clip in zip(names, draw, strict=True)}
    if not any(len(part.ids) for part in drawn.values()):
        assert np.isnan(rbdc).all()
        assert np.isnan(tbdc).all()
        return
    seen = {name: found[clip] for name, clip in zip(names, draw, strict=True)}
    sizes = {name: SIZES[NAMES[clip]] for name, clip in zip(names, draw, strict=True)}
    figures = region_figures(drawn, seen, sizes)
    assert (rbdc[0], tbdc[0]) == pytest.approx((figures.rbdc, figures.tbdc), abs=1e-12)


def test_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = np.random.default_rng(0)
    low = generator.uniform(0, 40, (300, 2))
    found = Detections(
        generator.integers(5, size=300), np.hstack([low, low + 9]), generator.normal(size=300)
    )
    truth = {"a": tracks([(k, f, 9 * k, 5, 9 * k + 9, 30) for k in range(4) for f in range(5)])}
    draws = np.zeros((7, 1), np.int64)
    whole = region_figures(truth, {"a": found}, 50)
    drawn = resampled_region(truth, {"a": found}, {"a": 50}, draws)
    monkeypatch.setattr(region, "PAIRS_AT_ONCE", 3)
    monkeypatch.setattr(region, "DRAWN_AT_ONCE", 3)
    parts = region_figures(truth, {"a": found}, 50)
    assert 0 < whole.rbdc < 1
    assert (whole.rbdc, whole.tbdc) == (parts.rbdc, parts.tbdc)
    assert np.array_equal(drawn, resampled_region(truth, {"a": found}, {"a": 50}, draws))


# --- what is refused


def test_no_truth_is_refused() -> None:
    for truth in ({}, {"a": tracks([])}):
        with pytest.raises(InputError, match="no true box"):
            region_figures(truth, {"a": detected(TRUE)}, 10)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0, 1, 1, np.nan, 2, 0.5), "finite pixel"),
        ((0, 1, 1, np.inf, 2, 0.5), "finite pixel"),
        ((0, 1, 1, 2, 2, np.nan), "score is nan"),
        ((0, 1, 1, 2, 2, -np.inf), "score is -inf"),
        ((0, 3, 1, 2, 2, 0.5), "inverted"),
        ((0, 1, 3, 2, 2, 0.5), "inverted"),
        ((-1, 1, 1, 2, 2, 0.5), "frame is -1"),
        ((10, 1, 1, 2, 2, 0.5), r"0 to 9.*counts from 1"),
    ],
)
@pytest.mark.parametrize("n_frames", [10, {"a": 10}])
def test_bad_detections_are_named(row: tuple[float, ...], message: str, n_frames: Any) -> None:
    with pytest.raises(InputError, match=message) as error:
        region_figures(TRUTH, {"a": detected([*TRUE, row])}, n_frames)
    assert "Clip a, detection in row 5" in str(error.value)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((2, 0, 1, 1, np.nan, 2), "finite pixel"),
        ((2, 0, 3, 1, 2, 2), "inverted"),
        ((2, -1, 1, 1, 2, 2), "frame is -1"),
        ((2, 10, 1, 1, 2, 2), r"0 to 9.*counts from 1"),
        ((1, 4, 1, 1, 2, 2), "track 1 has a box in frame 4 already"),
    ],
)
def test_bad_truth_is_named(row: tuple[float, ...], message: str) -> None:
    truth = {"a": tracks([*[(1, f, *BOX) for f in range(5)], row])}
    for inverted in ("refuse", "false_positive"):
        with pytest.raises(InputError, match=message) as error:
            region_figures(truth, {}, 10, inverted=inverted)
        assert "Clip a, true box in row 5" in str(error.value)


def test_inverted_detections_may_count_as_false_positives() -> None:
    inverted = [(0, 19, 19, 10, 10, 0.9), (0, 12, 19, 18, 10, 0.9)]
    found = {"a": detected([*inverted, *TRUE])}
    figures = region_figures(TRUTH, found, 10, inverted="false_positive")
    assert figures.n_inverted == 2
    assert figures.fpr_reached == pytest.approx(0.2)
    assert figures.rbdc == pytest.approx(0.8)
    assert region_figures(TRUTH, {"a": detected(TRUE)}, 10).n_inverted == 0


def test_frames_that_are_no_whole_numbers_are_refused() -> None:
    found = Detections(np.array([0.5]), np.array([BOX]), np.ones(1))
    with pytest.raises(InputError, match="whole numbers"):
        region_figures(TRUTH, {"a": found}, 10)


def test_shapes_that_do_not_fit_are_refused() -> None:
    found = Detections(np.zeros(2, np.int64), np.array([BOX]), np.ones(2))
    with pytest.raises(InputError, match=r"Clip a: frames of shape \(2,\)"):
        region_figures(TRUTH, {"a": found}, 10)


def test_frame_counts_that_cannot_be_are_refused() -> None:
    found = {"a": detected(TRUE), "b": detected([(4, *FAR, 1.0)])}
    with pytest.raises(InputError, match="need 10 frames in all, but n_frames is 9"):
        region_figures(TRUTH, found, 9)
    with pytest.raises(InputError, match="names no clip b"):
        region_figures(TRUTH, found, {"a": 10})
    for count in (0, -3):
        with pytest.raises(InputError, match=f"n_frames is {count}"):
            region_figures(TRUTH, found, count)


def test_options_out_of_range_are_refused() -> None:
    for options in ({"alpha": 0}, {"beta": 1.5}, {"alpha": np.nan}, {"inverted": "drop"}):
        with pytest.raises(ConfigError, match=next(iter(options))):
            region_figures(TRUTH, {}, 10, **options)


@pytest.mark.parametrize("draws", [[[0, 1]], [[-1]], [0], [[0.0]]])
def test_draws_that_are_no_clips_are_refused(draws: Any) -> None:
    with pytest.raises(InputError, match="draws"):
        resampled_region(TRUTH, {}, {"a": 5}, np.array(draws))
