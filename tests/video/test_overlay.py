from __future__ import annotations

import numpy as np
import pytest

from awry.frames import Frame, FrameScore, Region
from awry.video import IgnoreRegions, draw_overlay, heat_image
from awry.video.overlay import (
    _ALARM,
    _BOX,
    _CURVE,
    _FAINT_BOX,
    _THRESHOLD,
    _TRUE_BOX,
    STRIP_HEIGHT,
    WORDS_HEIGHT,
    Mark,
    clock,
)

GREY = np.full((120, 160, 3), 128, np.uint8)
FRAME = Frame(3, 0.12, GREY)
QUIET = FrameScore(3, 0.12, 0.1)


def has(image: np.ndarray, colour: tuple[int, int, int]) -> bool:
    return bool((image == np.array(colour, np.uint8)).all(axis=2).any())


def test_heat_is_clear_where_it_is_low_and_warm_where_it_is_high() -> None:
    heat = np.zeros((12, 16), np.float32)
    heat[2:6, 2:6] = 5
    heat[9, 12] = np.nan
    drawn = heat_image(GREY, heat, (1, 5))
    assert drawn.shape == GREY.shape
    assert drawn.dtype == np.uint8
    assert (drawn[80:] == 128).all()
    red, _, blue = (int(value) for value in drawn[40, 40])
    assert red > 200 > blue
    assert (GREY == 128).all()


def test_a_flat_scale_draws_nothing_wrong() -> None:
    drawn = heat_image(GREY, np.zeros((2, 2), np.float32), (0, 0))
    assert np.array_equal(drawn, GREY)


@pytest.mark.parametrize(
    ("width", "factor"), [(100, 5), (160, 3), (360, 2), (479, 2), (480, 1), (768, 1)]
)
def test_size_depends_on_the_frame_alone(width: int, factor: int) -> None:
    frame = Frame(0, None, np.zeros((90, width, 3), np.uint8))
    for history, alarm in (([], False), ([0.5] * 2000, True)):
        drawn = draw_overlay(frame, FrameScore(0, None, None), history, None, alarm=alarm)
        assert drawn.shape == (90 * factor + STRIP_HEIGHT, width * factor, 3)
        assert drawn.dtype == np.uint8


def test_quiet_frame_shows_the_picture_and_the_curve() -> None:
    drawn = draw_overlay(FRAME, QUIET, [None, 0.2, 0.1], 0.7, alarm=False)
    assert (drawn[:360] == 128).all()
    assert has(drawn, _THRESHOLD)
    assert not has(drawn, _ALARM)
    assert not has(drawn, _BOX)
    assert not has(draw_overlay(FRAME, QUIET, [0.1], None, alarm=False), _THRESHOLD)


def test_alarm_is_seen() -> None:
    drawn = draw_overlay(FRAME, QUIET, [0.9], 0.7, alarm=True)
    assert tuple(drawn[0, 0]) == _ALARM
    assert tuple(drawn[-1, 0]) == _ALARM


def test_marks_are_where_they_belong() -> None:
    marks = [Mark((20, 30, 39, 59), height=1.5)]
    drawn = draw_overlay(FRAME, QUIET, [], None, alarm=False, marks=marks)
    rows, columns = np.nonzero((drawn == np.array(_BOX, np.uint8)).all(axis=2))
    # Three times enlarged; lines two pixels wide.
    assert abs(columns.min() - 60) <= 1
    assert abs(columns.max() - 119) <= 1
    assert abs(rows.min() - 90) <= 1
    assert abs(rows.max() - 179) <= 1


def test_true_boxes_are_green_and_below_the_marks() -> None:
    box = (20.0, 30.0, 39.0, 59.0)
    drawn = draw_overlay(FRAME, QUIET, [], None, alarm=False, truth=[box])
    rows, columns = np.nonzero((drawn == np.array(_TRUE_BOX, np.uint8)).all(axis=2))
    assert (abs(columns.min() - 60) <= 1, abs(rows.max() - 179) <= 1) == (True, True)
    assert not has(drawn, _BOX)
    marks = [Mark(box, height=1.5)]
    both = draw_overlay(FRAME, QUIET, [], None, alarm=False, truth=[box], marks=marks)
    assert has(both, _BOX)
    assert not has(both, _TRUE_BOX)


def test_a_faint_mark_is_pale_and_thin_and_regions_alone_draw_nothing() -> None:
    score = FrameScore(3, None, 1.0, regions=(Region((20, 30, 39, 59), 1.0),))
    assert (draw_overlay(FRAME, score, [], None, alarm=False)[:360] == 128).all()
    for height in (0.99, None):
        marks = [Mark((20, 30, 39, 59), height=height)]
        drawn = draw_overlay(FRAME, QUIET, [], None, alarm=False, marks=marks)
        assert has(drawn, _FAINT_BOX)
        assert not has(drawn, _BOX)


@pytest.mark.parametrize(
    "box", [(0, 0, 159, 119), (0, 0, 5, 5), (150, 110, 159, 119), (60, 0, 70, 119)]
)
def test_words_at_a_mark_stay_inside_the_picture(box: tuple[int, int, int, int]) -> None:
    plain = draw_overlay(FRAME, QUIET, [], None, alarm=False, marks=[Mark(box, "", 2.0)])
    marks = [Mark(box, "person 2.0x", 2.0)]
    drawn = draw_overlay(FRAME, QUIET, [], None, alarm=False, marks=marks)
    assert drawn.shape == plain.shape
    changed = (drawn != plain).any(axis=2)
    assert changed[:360].sum() > 500
    assert not changed[360:].any()


def test_the_reason_is_written_below_and_cut_where_it_is_long() -> None:
    def words(reason: str) -> np.ndarray:
        return draw_overlay(FRAME, QUIET, [], None, alarm=False, reason=reason)[-WORDS_HEIGHT:]

    blank = words("")
    assert (blank == blank[0, 0]).all()
    short, long = words("Left: it moves."), words("Left: something moves on and on, " * 9)
    assert (short != blank)[:20].any()
    assert not (short != blank)[20:].any()
    assert (long != blank)[20:].any()
    assert not (long != blank)[:, -8:].any()


def test_map_needs_a_scale_and_ignored_regions_are_drawn() -> None:
    score = FrameScore(3, None, 1.0, map=np.ones((3, 4), np.float32))
    plain = draw_overlay(FRAME, score, [], None, alarm=False)
    assert (plain[:360] == 128).all()
    heated = draw_overlay(FRAME, score, [], None, alarm=False, heat_range=(0, 1))
    assert not (heated[:360] == 128).any(axis=2).all()
    ignore = IgnoreRegions.parse(["rows:0-23"])
    masked = draw_overlay(FRAME, QUIET, [], None, alarm=False, ignore=ignore)
    assert (masked[3:60] != 128).any()
    assert (masked[80:360] == 128).all()


def test_the_curve_moves_left_and_skips_what_is_unknown() -> None:
    wave = list(np.sin(np.arange(3000) / 10))
    drawn = draw_overlay(
        FRAME, QUIET, [*wave, None, float("nan"), float("inf"), 0.5], 0.7, alarm=False
    )
    assert drawn.shape == (360 + STRIP_HEIGHT, 480, 3)
    strip = drawn[360:].astype(int)
    blue = strip[:, :, 2] - strip[:, :, 0]
    assert (blue[:, 150:] > 60).any(axis=0).mean() > 0.9
    assert _CURVE[2] > _CURVE[0]


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "time unknown"), (0.0, "00:00.0"), (75.25, "01:15.2"), (3723.4, "1:02:03.4")],
)
def testclock(seconds: float | None, words: str) -> None:
    assert clock(seconds) == words


def testclock_never_shows_sixty_seconds() -> None:
    assert clock(59.97) == "01:00.0"
