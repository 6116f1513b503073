from __future__ import annotations

import numpy as np
import pytest

from awry.watch.synthetic.scene import Plan
from awry.watch.synthetic.square import Square

AT = 1_800_000_000.0


def changed(scene: Square, at: float) -> int:
    """Pixels that differ clearly between two moments."""
    one, two = (scene.picture(at + more).astype(int) for more in (0.0, 0.2))
    return int((abs(one - two).max(2) > 25).sum())


def test_people_walk_all_the_time() -> None:
    scene = Square(Plan(height=180))
    assert min(changed(scene, AT + 10 * number) for number in range(12)) > 5


def test_walking_is_continuous() -> None:
    scene = Square(Plan(height=180))
    assert max(changed(scene, AT + number / 5) for number in range(100)) < 3000


@pytest.mark.parametrize("busy", [False, True])
def test_now_and_then_somebody_is_too_fast(busy: bool) -> None:
    values = {"busy_from": AT, "busy_s": 60.0} if busy else {"since": AT, "every_s": 60.0}
    scene = Square(Plan(height=180, **values))
    seen = [scene.strange(AT - 60 + number / 2) for number in range(1200)]
    assert not any(seen[:120])
    assert set(filter(None, seen[120:])) == {"bicycle", "runner", "jogger"}
    for turn in range(9):
        some = [one for one in seen[120 + 120 * turn : 240 + 120 * turn] if one]
        assert 3 <= len(some) <= 40
    if busy:
        assert seen[121] == "bicycle"


def test_who_is_strange_is_drawn() -> None:
    quiet, busy = Square(Plan(height=180)), Square(Plan(height=180, busy_from=AT, busy_s=60.0))
    shown = [
        (quiet.picture(AT + at) != busy.picture(AT + at)).any() for at in (-1.0, 1.0, 1.5, 2.0)
    ]
    assert shown == [False, True, True, True]


def test_another_seed_is_another_day() -> None:
    one, two = (Square(Plan(seed=seed, height=180)).picture(AT) for seed in (0, 1))
    assert (np.abs(one.astype(int) - two.astype(int)) > 25).any()
