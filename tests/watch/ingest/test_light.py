from __future__ import annotations

import numpy as np

from awry.watch.ingest.light import LightMode
from awry.watch.ingest.thumbnail import Thumbnail


def thumbnail(at: float, colour: float, brightness: int = 100) -> Thumbnail:
    return Thumbnail(at, np.full((90, 160), brightness, np.uint8), colour)


def test_the_first_picture_decides() -> None:
    for colour, mode in ((30.0, "day"), (0.0, "infrared"), (4.5, "infrared")):
        light = LightMode()
        assert light.see(thumbnail(0, colour))
        assert light.mode == mode


def test_a_change_must_last() -> None:
    light = LightMode()
    light.see(thumbnail(0, 30))
    changes = [
        light.see(thumbnail(at, 0 if at in (3, 4, 5) or at >= 10 else 30)) for at in range(20)
    ]
    assert [at for at, changed in enumerate(changes) if changed] == [15]
    assert light.mode == "infrared"


def test_between_the_limits_nothing_changes() -> None:
    light = LightMode()
    light.see(thumbnail(0, 30))
    for at in range(1, 60):
        assert not light.see(thumbnail(at, 4.5))
    assert light.mode == "day"


def test_darkness_is_night_whatever_its_colours() -> None:
    light = LightMode()
    light.see(thumbnail(0, 30))
    for at in range(1, 8):
        light.see(thumbnail(at, 30, brightness=4))
    assert light.mode == "infrared"


def test_a_clock_that_is_set_back_only_delays() -> None:
    light = LightMode()
    light.see(thumbnail(1000, 30))
    light.see(thumbnail(1001, 0))
    changed = [light.see(thumbnail(at, 0)) for at in range(10)]
    assert sum(changed) == 1
