"""What each kind of synthetic anomaly shows, where it is altered, and that its control is not."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.training.footage import Footage
from awry.training.split import Split
from awry.training.synthetic import CONTROL, KINDS, Composition, compositions
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions
from awry.video.memory import ArraySource

GROUND, HEAD, FEET = 90, 220, 160
TOP, HEIGHT, WIDTH = 30, 12, 6


def walkers(length: int = 200) -> np.ndarray:
    """Uint8 (length, 64, 128, 3): somebody with a bright head walks to the right."""
    noise = np.random.default_rng(0).integers(-3, 4, (length, 64, 128, 1))
    images = np.repeat((GROUND + noise).astype(np.uint8), 3, 3)
    for place in range(length):
        left = 4 + place % 100
        images[place, TOP : TOP + 6, left : left + WIDTH] = HEAD
        images[place, TOP + 6 : TOP + HEIGHT, left : left + WIDTH] = FEET
    return images


def footage_of(
    tmp_path: Path, ignore: str | None = None, images: np.ndarray | None = None
) -> Footage:
    taken = walkers() if images is None else images
    clips = [Clip("walk", lambda: ArraySource(taken, fps=10, name="walk"), "scene")]
    regions = IgnoreRegions.parse([ignore] if ignore else [])
    return Footage(clips, FrameCache(tmp_path / "frames", 2**28), ignore=regions, split=Split(0.4))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Composition]:
    found = compositions(footage_of(tmp_path_factory.mktemp("synthetic")), count=1)
    return {one.kind: one for one in found}


def speeds(one: Composition) -> np.ndarray:
    """Pixels that the box moves from each frame to the next."""
    return np.diff(one.boxes[:, [0, 2]].mean(1))


def sides(one: Composition) -> np.ndarray:
    return np.median(one.boxes[:, 2:] - one.boxes[:, :2], axis=0)


def test_each_object_has_its_control_and_all_kinds(made: dict[str, Composition]) -> None:
    assert list(made) == [CONTROL, *KINDS]
    control = made[CONTROL]
    assert not control.altered.any()
    for kind in KINDS:
        assert made[kind].altered.any(), kind
        assert made[kind].donor == control.donor
        assert (made[kind].base.clip, made[kind].base.first) == ("walk", control.base.first)


def test_the_control_shows_the_object_as_it_walked(made: dict[str, Composition]) -> None:
    control = made[CONTROL]
    assert speeds(control) == pytest.approx(np.ones(len(control) - 1), abs=0.1)
    x0, y0, x1, y1 = control.boxes[3].round().astype(int)
    picture = control.image(3).astype(int)
    assert picture[y0 + 2, (x0 + x1) // 2, 0] == pytest.approx(HEAD, abs=3)
    assert picture[y1 - 3, (x0 + x1) // 2, 0] == pytest.approx(FEET, abs=3)
    assert picture.shape == (64, 128, 3)
    assert control.images.dtype == np.uint8
    far = [c for c in range(128) if c < x0 - 6 or c > x1 + 6]
    assert (picture[:, far] == control.base.images[3][:, far]).all()


@pytest.mark.parametrize(
    ("kind", "speed"),
    [
        ("twice as fast", 2),
        ("three times as fast", 3),
        ("half as fast", 0.5),
        ("larger and faster", 2),
        ("backwards", -1),
        ("frozen", 0),
        ("mirrored", -1),
    ],
)
def test_speeds(made: dict[str, Composition], kind: str, speed: float) -> None:
    moved = speeds(made[kind])[made[kind].altered[1:]]
    assert np.median(moved) == pytest.approx(speed, abs=0.1)
    before = speeds(made[kind])[~made[kind].altered[1:]]
    assert before == pytest.approx(np.ones(len(before)), abs=0.1)


def test_somebody_loiters_without_going_anywhere(made: dict[str, Composition]) -> None:
    one = made["loitering"]
    assert set(np.abs(speeds(one)).round()) <= {0, 1}
    assert np.ptp(one.boxes[:, 0]) <= one.cutout.side


def test_shapes(made: dict[str, Composition]) -> None:
    width, height = sides(made[CONTROL])
    assert sides(made["wider"]) == pytest.approx([1.6 * width, height])
    assert sides(made["larger"]) == pytest.approx([1.6 * width, 1.6 * height])
    assert sides(made["taller"]) == pytest.approx([width, 1.6 * height])
    assert made["taller"].boxes[:, 3] == pytest.approx(made[CONTROL].boxes[:, 3])
    one = made["upside down"]
    x0, y0, x1, y1 = one.boxes[3].round().astype(int)
    assert one.image(3)[y0 + 2, (x0 + x1) // 2, 0] == pytest.approx(FEET, abs=3)
    assert one.image(3)[y1 - 3, (x0 + x1) // 2, 0] == pytest.approx(HEAD, abs=3)


def test_one_short_clip_is_enough_for_several(tmp_path: Path) -> None:
    found = compositions(footage_of(tmp_path), count=3, each=2)
    assert [one.kind for one in found[:3]] == [CONTROL, *KINDS[:2]]
    assert [one.kind for one in found[3:6]] == [CONTROL, *KINDS[2:4]]
    assert len(found) == 9
    assert len({(one.base.first, one.cutout.first) for one in found}) == 3
    for one in found:
        assert one.base.first != one.cutout.run.first + one.cutout.first


def test_the_same_seed_gives_the_same_pictures(tmp_path: Path) -> None:
    first, again = (compositions(footage_of(tmp_path), count=2, seed=3) for _ in range(2))
    assert [one.kind for one in first] == [one.kind for one in again]
    assert (first[4].images == again[4].images).all()


def test_ignored_pixels_stay_black(tmp_path: Path) -> None:
    footage = footage_of(tmp_path, "rows:0-35")
    for one in compositions(footage, count=1):
        assert not one.images[:, :36].any()


def test_where_nothing_moves_there_is_nothing_to_paste(tmp_path: Path) -> None:
    still = np.repeat(walkers(1), 100, 0)
    assert compositions(footage_of(tmp_path, images=still)) == []


def test_frames_are_what_a_scorer_takes(tmp_path: Path) -> None:
    (control, *_) = compositions(footage_of(tmp_path), count=1, size=(48, 96), grey=True)
    frames = list(control.frames())
    assert [frame.index for frame in frames] == list(range(len(control)))
    assert frames[0].image.shape == (48, 96, 3)
    assert frames[5].time_s == pytest.approx(0.5)
