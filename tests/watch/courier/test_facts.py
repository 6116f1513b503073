from __future__ import annotations

from awry.watch.courier.facts import CameraNow
from watch_courier import camera


def test_a_camera_without_events_is_quiet() -> None:
    now = CameraNow(camera())
    assert (now.alarm, now.budget, now.last) == (False, None, None)
