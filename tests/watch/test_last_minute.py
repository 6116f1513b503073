from __future__ import annotations

from awry.watch.last_minute import LastMinute


def test_steps_of_the_last_minute_are_counted() -> None:
    counted = LastMinute()
    assert counted.share(0.0) == 0.0
    for second in range(10):
        counted.add(3 if second == 4 else 0, float(second))
    assert (counted.dropped(9.0), counted.steps(9.0), counted.share(9.0)) == (3, 13, 3 / 13)
    assert (counted.dropped(64.0), counted.steps(64.0)) == (0, 5)
    counted.clear()
    assert counted.steps(64.0) == 0
