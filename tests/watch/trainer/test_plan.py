"""What a fit is made of."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr

from awry.methods.registry import method_class, method_names
from awry.training.split import Exclusion
from awry.watch.site.model import Camera, Learning
from awry.watch.trainer.plan import cuts, method_of, planned_fit, read_plan, write_plan
from awry.watch.trainer.selection import Piece, Selection
from support import write_images

CORNER = ((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))


def camera(**other: Any) -> Camera:
    learn = Learning(method="knn", preset="tiny", options={"k": 2})
    return Camera(**{"name": "gate", "detect": SecretStr("0"), "learn": learn, **other})


@pytest.fixture
def pieces(tmp_path: Path) -> list[Piece]:
    """Three picture folders of ten seconds each, a minute apart."""
    found = []
    for number in range(3):
        images = np.full((100, 8, 16, 3), number, np.uint8)
        folder = write_images(tmp_path / f"f{number}", images)
        found.append(Piece(folder, 60.0 * number, 60.0 * number + 10, "day"))
    return found


def test_the_last_share_is_held_back_and_files_are_cut(pieces: list[Piece]) -> None:
    plan = planned_fit(Selection(tuple(pieces)), camera())
    assert (plan.rate, plan.size) == (10.0, (8, 16))
    assert [(c.name, c.first, c.last, c.held) for c in plan.clips] == [
        ("0000-f0", 0, None, False),
        ("0001-f1", 0, None, False),
        ("0002-f2", 0, 39, False),
        ("0002-f2-held", 40, None, True),
    ]
    data = plan.dataset("gate")
    assert (data.variant, data.fps) == ("gate", 10.0)
    lengths = [sum(1 for _ in clip.open()) for clip in (*data.train, *data.test)]
    assert lengths == [100, 100, 40, 60]
    assert {int(frame.image[0, 0, 0]) for frame in data.test[0].open()} == {2}


def test_the_light_is_that_of_all_gathered_footage(pieces: list[Piece], tmp_path: Path) -> None:
    night = replace(pieces[0], light="infrared")
    confirmed = replace(pieces[1], confirmed=True)
    assert planned_fit(Selection(tuple(pieces)), camera()).light == "day"
    assert planned_fit(Selection((confirmed, night)), camera()).light == "infrared"
    assert planned_fit(Selection((night, pieces[1])), camera()).light == ""
    unknown = camera(learn=Learning(method="knn", preset="tiny", folder=tmp_path))
    assert planned_fit(Selection(tuple(pieces)), unknown).light == ""


def test_a_file_that_was_shortened_ends_there(pieces: list[Piece]) -> None:
    short = Piece(pieces[0].path, 0.0, 5.0, "day", whole=False)
    plan = planned_fit(Selection((short,)), camera())
    assert [(c.first, c.last) for c in plan.clips] == [(0, 49)]  # a second is too short to cut off


def test_stretches_that_do_not_count_become_frames(pieces: list[Piece]) -> None:
    stretches = ((-5.0, 1.0), (125.0, 126.05), (128.0, 500.0))
    plan = planned_fit(Selection(tuple(pieces), stretches), camera())
    assert plan.exclusions == [Exclusion("0000-f0", 0, 10)]
    assert plan.clips[-1].left_out == ((10, 20), (40, 59))
    across = planned_fit(Selection(tuple(pieces), ((123.0, 125.0),)), camera())
    assert [clip.left_out for clip in across.clips] == [(), (), ((30, 39),), ((0, 10),)]


def test_a_confirmed_clip_does_not_say_the_rate(pieces: list[Piece], tmp_path: Path) -> None:
    large = write_images(tmp_path / "clip", np.zeros((30, 16, 32, 3), np.uint8))
    confirmed = Piece(large, 900.0, 903.0, "day", confirmed=True)
    plan = planned_fit(Selection((confirmed, *pieces)), camera())
    assert plan.size == (8, 16)
    (first, *_) = plan.dataset("gate").train
    assert {frame.image.shape for frame in first.open()} == {(8, 16, 3)}


def test_a_plan_suits_the_settings_that_it_was_made_for(
    pieces: list[Piece], tmp_path: Path
) -> None:
    mine = camera(ignore=(CORNER,), budget="1/day")
    plan = planned_fit(Selection(tuple(pieces)), mine)
    assert plan.ignore == ("polygon:0,0;8,0;8,4",)
    write_plan(tmp_path / "1.plan.json", plan)
    again = read_plan(tmp_path / "1.plan.json")
    assert again == plan
    assert again.suits(mine)
    assert not again.suits(camera(ignore=(CORNER,)))
    assert not again.suits(camera(budget="1/day"))
    other = Learning(method="daml", preset="tiny")
    assert not again.suits(camera(ignore=(CORNER,), budget="1/day", learn=other))
    pieces[0].path.rename(tmp_path / "gone")
    assert not again.suits(mine)


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"method": 3}', "\xff"])
def test_a_plan_that_cannot_be_read_is_none(tmp_path: Path, text: str) -> None:
    file = tmp_path / "1.plan.json"
    assert read_plan(file) is None
    file.write_bytes(text.encode("latin-1"))
    assert read_plan(file) is None


@pytest.mark.parametrize(
    ("lengths", "share", "expected"),
    [
        ([], 0.2, []),
        ([100, 100], 0.5, [100, 0]),
        ([100, 100], 0.25, [100, 50]),
        ([100, 100], 0.01, [100, 100]),
        ([100, 100], 0.49, [100, 0]),
        ([10], 0.2, [10]),
    ],
)
def test_cuts(lengths: list[int], share: float, expected: list[int]) -> None:
    assert cuts(lengths, share, 20) == expected


def test_a_camera_learns_the_method_that_is_meant_for_cameras() -> None:
    meant = [name for name in method_names() if method_class(name).watch_by_default]
    assert [method_of(Learning())] == meant
    assert method_of(Learning(method="knn")) == "knn"
