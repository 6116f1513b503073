from __future__ import annotations

import cv2
import numpy as np
import pytest

from awry.watch.ingest.thumbnail import small
from awry.watch.ingest.view import View
from ingest_fakes import moving


def grey(number: int) -> np.ndarray:
    return small(cv2.cvtColor(moving(number, 320, 240), cv2.COLOR_RGB2GRAY))


@pytest.fixture(scope="module")
def view() -> View:
    return View([grey(number) for number in range(0, 80, 4)])


def test_the_same_view(view: View) -> None:
    now = view.compare(grey(99))
    assert now.lost < 0.15
    assert now.likeness > 0.8
    assert now.coarse > 0.8
    assert now.shift < 0.01
    assert view.has_detail
    assert view.typical.likeness > 0.8


def test_a_shift_is_measured(view: View) -> None:
    now = view.compare(np.roll(grey(99), 16, axis=1))
    assert now.shift == pytest.approx(0.1, abs=0.01)
    assert now.shifted_likeness > 0.7
    assert now.likeness < 0.5


def test_lost_detail(view: View) -> None:
    assert view.compare(cv2.GaussianBlur(grey(99), (0, 0), 3)).lost > 0.9
    flat = np.full_like(grey(0), 100)
    assert view.compare(flat).lost == 1.0
    assert view.compare(flat).likeness == 0.0


def test_a_wall_has_no_detail() -> None:
    wall = View([np.full((90, 160), 100, np.uint8)] * 5)
    assert not wall.has_detail
    assert wall.compare(np.full((90, 160), 100, np.uint8)).lost == 0.0


def test_it_follows_what_lasts() -> None:
    view = View([grey(number) for number in range(0, 80, 4)])
    brighter = np.clip(grey(99).astype(int) + 40, 0, 255).astype(np.uint8)
    before = view.brightness
    for _ in range(200):
        view.follow(brighter, 0.02)
    assert view.brightness == pytest.approx(before + 35, abs=8)
