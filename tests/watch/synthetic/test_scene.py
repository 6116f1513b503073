from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.watch.synthetic.scene import NAMES, Plan, planned, scene_of


def test_an_address_names_a_scene_and_its_plan() -> None:
    assert planned("synthetic://digits") == ("digits", Plan())
    asked = "synthetic://square?seed=3&height=180&fps=5&since=9&every_s=60&busy_from=1e9&busy_s=8"
    assert planned(asked) == ("square", Plan(3, 180, 5.0, 9.0, 60.0, 1e9, 8.0))


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("synthetic://sqaure", "did you mean 'square'"),
        ("synthetic://square?sed=1", "not 'sed'"),
        ("synthetic://square?height=181", "an even number from 90 to 1080"),
        ("synthetic://square?fps=0", "from 1 to 30"),
        ("synthetic://square?seed=1.5", "a number"),
        ("synthetic://square?every_s=nan", "not 'nan'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(address: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        planned(address)


def test_turns_begin_when_something_strange_may_come() -> None:
    plan = Plan(since=1000.0, every_s=60.0, busy_from=2000.0, busy_s=20.0)
    assert plan.turn(999.0) is None
    assert plan.turn(1000.0) == (1, 1000.0, 60.0)
    assert plan.turn(1061.0) == (2, 1060.0, 60.0)
    assert plan.turn(2000.0) == (-1, 2000.0, 20.0)
    assert plan.turn(2045.0) == (-3, 2040.0, 20.0)
    assert Plan().turn(5.0) is None


@pytest.mark.parametrize("name", NAMES)
def test_every_scene_is_drawn_as_its_plan_says(name: str) -> None:
    scene = scene_of(f"synthetic://{name}?height=120&fps=5")
    picture = scene.picture(1_800_000_000.0)
    assert picture.shape == (*scene.size, 3)
    assert (scene.size[0], scene.size[1] % 2, scene.plan.fps) == (120, 0, 5.0)
    assert picture.std() > 5
    again = scene_of(f"synthetic://{name}?height=120&fps=5")
    assert (again.picture(1_800_000_000.0) == picture).all()
    assert scene.strange(1_800_000_000.0) == ""
