"""Rows that stand for a while."""

from __future__ import annotations

import numpy as np

from awry.methods.attributes.kept import KeptRows


def test_a_row_stands_for_so_many_seconds_and_each_thing_has_its_own() -> None:
    kept, asked = KeptRows(0.3), []

    def ask(things: list[int], time_s: float) -> list[float]:
        def answers(places: np.ndarray) -> np.ndarray:
            asked.append([things[place] for place in places])
            return np.array([[things[place] + time_s] for place in places], np.float32).reshape(
                -1, 1
            )

        rows = kept.rows(np.array(things, np.int64), time_s, answers)
        assert rows.dtype == np.float32
        return [round(float(one), 3) for one in rows[:, 0]]

    assert ask([1, 2], 0.0) == [1, 2]
    assert ask([2, 3], 0.1) == [2, 3.1]
    assert ask([], 0.2) == []
    assert ask([3, 1, 2], 0.3) == [3.1, 1.3, 2.3]
    assert asked == [[1, 2], [3], [], [1, 2]]
    kept.clear()
    assert ask([3], 0.3) == [3.3]


def test_without_seconds_everything_is_asked() -> None:
    kept, asked = KeptRows(0.0), []

    def answers(places: np.ndarray) -> np.ndarray:
        asked.append(places.tolist())
        return np.ones((len(places), 2), np.float32)

    for time_s in (0.0, 0.0, 0.1):
        assert kept.rows(np.array([5, 6]), time_s, answers).tolist() == [[1, 1], [1, 1]]
    assert asked == [[0, 1]] * 3
