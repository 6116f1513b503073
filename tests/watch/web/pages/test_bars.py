from __future__ import annotations

from awry.watch.web.bodies.cameras import CalibrationBody
from awry.watch.web.pages.bars import bars_of
from event_bodies import an_event


def a_calibration(bundle: str = "a", **parts: tuple[float, float]) -> CalibrationBody:
    return CalibrationBody(
        bundle=bundle, light="day", threshold=2.0, normal=1.0, how="", at=0.0, parts=parts
    )


def test_parts_stand_against_what_is_normal_the_highest_first() -> None:
    event = an_event(parts={"speed": 2.0, "pose": 9.0, "odd": 1.0, "none": None})
    some = [a_calibration("b"), a_calibration(speed=(0.2, 0.1), pose=(8.0, 5.0))]
    speed, pose, odd = bars_of(event, some)
    assert (speed.name, speed.usual, speed.times) == ("speed", 0.4, 5.0)
    assert (speed.width, speed.usual_width) == (100.0, 20.0)
    assert (pose.name, pose.width, pose.usual_width, pose.times) == ("pose", 50.0, 100.0, 0.5)
    assert (odd.name, odd.usual, odd.usual_width, odd.times) == ("odd", None, None, None)


def test_negative_and_vanishing_parts_have_no_bar() -> None:
    event = an_event(parts={"low": -3.0, "zero": 0.0})
    assert [bar.width for bar in bars_of(event, [])] == [0.0, 0.0]
