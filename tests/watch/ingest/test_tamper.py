from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from awry.video import open_source, resized
from awry.watch.ingest.tamper import Flagged, TamperRule, TamperWatch
from awry.watch.ingest.thumbnail import of_image
from ingest_fakes import moving, scene

Picture = np.ndarray


def covered(picture: Picture) -> Picture:
    """A cloth over nearly all of it."""
    height, width = picture.shape[:2]
    spoiled = picture.copy()
    spoiled[:, : int(0.9 * width)] = cloth(width, height)[:, : int(0.9 * width)]
    return spoiled


@cache
def cloth(width: int, height: int) -> Picture:
    return cv2.resize(cv2.GaussianBlur(scene(320, 240, 7), (0, 0), 20), (width, height))


SPOILED: dict[str, Callable[[Picture], Picture]] = {
    "dark": lambda picture: (picture * 0.05).astype(np.uint8),
    "bright": lambda picture: np.clip(picture.astype(int) * 3 + 150, 0, 255).astype(np.uint8),
    "blurred": lambda picture: cv2.GaussianBlur(picture, (0, 0), picture.shape[1] / 60),
    "covered": covered,
    "moved": lambda picture: np.roll(picture, picture.shape[1] // 12, axis=1),
}
# What happens to every camera.
HARMLESS: dict[str, Callable[[Picture], Picture]] = {
    "as it is": lambda picture: picture,
    "clouds": lambda picture: (picture * 0.65).astype(np.uint8),
    "noise": lambda picture: cv2.add(
        picture, np.random.default_rng(0).normal(0, 12, picture.shape).astype(np.int8), dtype=0
    ),
    "shake": lambda picture: np.roll(picture, int(picture.sum()) % 3 - 1, axis=1),
}


def watched(
    pictures: list[Picture], spoil: Callable[[Picture], Picture], learned: int
) -> list[Flagged]:
    """Flags of pictures of which those behind the learned ones are spoiled, one a second."""
    watch = TamperWatch(TamperRule(learn_s=learned - 1.0, learn_pictures=min(20, learned)))
    flags = []
    for at, picture in enumerate(pictures):
        seen = picture if at < learned else spoil(picture)
        flags += watch.see(of_image(seen, float(at)), "day")
    return flags


WALK = [moving(number, 160, 120) for number in range(40, 90)]


@pytest.mark.parametrize("flag", SPOILED)
def test_each_flag_comes_on_and_goes_off(flag: str) -> None:
    spoiled = [SPOILED[flag](one) if 25 <= at < 40 else one for at, one in enumerate(WALK)]
    on, off = watched(spoiled, lambda picture: picture, 22)
    assert (on.flag, on.on) == (flag, True)
    assert on.detail.endswith(".")
    hold_s = TamperRule().hold_s[flag]
    assert on.at == 25 + hold_s
    assert (off.flag, off.on, off.at) == (flag, False, 45)


@pytest.mark.parametrize("change", HARMLESS)
def test_what_happens_to_every_camera_is_no_tampering(change: str) -> None:
    assert watched(WALK, HARMLESS[change], 22) == []


SIZE = (240, 320)


def of_folder(folder: Path, count: int) -> Iterator[Path]:
    return islice(sorted(one for one in folder.iterdir() if "gt" not in one.name), count)


def footage(shared: Path, name: str) -> list[Picture]:
    data = shared / "data"
    places = {
        "vtest": [data / "opencv/vtest.avi"],
        "UMN": [data / "UMN/Trim1.mp4"],
        "UMN inside": [data / "UMN/Trim4.mp4"],
        "ShanghaiTech": list(of_folder(data / "ShanghaiTech01/train", 2)),
        "Ped2": list(of_folder(data / "UCSDped2/Test", 4)),
    }[name]
    frames = (frame for one in places for frame in islice(open_source(str(one)), 0, 300, 8))
    return [resized(frame.image, SIZE) for frame in islice(frames, 38)]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["vtest", "UMN", "UMN inside", "ShanghaiTech", "Ped2"])
def test_real_footage(shared: Path, name: str) -> None:
    """No flag on undisturbed footage; the right one, first, where it is spoiled."""
    pictures = footage(shared, name)
    learned = min(25, len(pictures) // 2)
    assert watched(pictures, lambda picture: picture, learned) == []
    for flag, spoil in SPOILED.items():
        flags = watched(pictures[: learned + 14], spoil, learned)
        assert [one.flag for one in flags] == [flag], flag


def test_a_frozen_picture() -> None:
    watch = TamperWatch(TamperRule(learn_s=5, learn_pictures=3))
    flags = []
    for at in range(60):
        picture = WALK[at] if at < 10 else WALK[10] if at < 50 else WALK[at - 20]
        flags += watch.see(of_image(picture, float(at)), "day")
    on, off = flags
    assert (on.flag, on.on, on.at) == ("frozen", True, 40)
    assert on.detail == "The picture has not changed for 30 s."
    assert (off.flag, off.on, off.at) == ("frozen", False, 55)


def test_what_an_encoder_repeats_is_not_frozen_yet() -> None:
    """Between key pictures a quiet scene is repeated exactly."""
    watch = TamperWatch()
    flags = [watch.see(of_image(WALK[0], float(at), key=False), "day") for at in range(100)]
    assert [at for at, one in enumerate(flags) if one] == [90]


def test_a_lost_connection_freezes_nothing() -> None:
    watch = TamperWatch()
    watch.see(of_image(WALK[0], 0.0), "day")
    watch.forget_still()
    assert watch.see(of_image(WALK[0], 1000.0), "day") == []


def test_each_light_has_a_view_of_its_own() -> None:
    """At night another picture of the same place is usual."""
    watch = TamperWatch(TamperRule(learn_s=10, learn_pictures=5))
    night = [np.full_like(one, 40) + (255 - one) // 3 for one in WALK]
    flags = []
    for turn in range(4):
        light = "day" if turn % 2 == 0 else "infrared"
        for at in range(20):
            picture = (WALK if light == "day" else night)[at]
            flags += watch.see(of_image(picture, 100.0 * turn + at), light)
    assert flags == []
    assert not watch.is_learning


def test_a_grey_cover_is_no_infrared() -> None:
    """Its pictures count as infrared, of which no view is known yet."""
    watch = TamperWatch(TamperRule(learn_s=10, learn_pictures=5))
    flags = []
    for at in range(40):
        light = "infrared" if 20 <= at < 30 else "day"
        picture = np.full_like(WALK[at], 120) if light == "infrared" else WALK[at]
        flags += watch.see(of_image(picture, float(at)), light)
    assert [(one.flag, one.on, one.at) for one in flags] == [
        ("covered", True, 25.0),
        ("covered", False, 35.0),
    ]


def test_a_new_view_becomes_the_usual_one() -> None:
    rule = TamperRule(learn_s=10, learn_pictures=5, relearn_s=60)
    watch = TamperWatch(rule)
    flags = []
    for at in range(150):
        picture = WALK[at % 50] if at < 20 else WALK[at % 50][:, ::-1].copy()
        flags += watch.see(of_image(picture, float(at)), "day")
    assert [(one.flag, one.on) for one in flags] == [("moved", True), ("moved", False)]
    assert flags[1].at > 90
    assert watch.flags == ()


def test_a_clock_that_is_set_back() -> None:
    watch = TamperWatch(TamperRule(learn_s=10, learn_pictures=5))
    flags = []
    for at in range(40):
        flags += watch.see(of_image(WALK[at], 5000.0 + at if at < 12 else float(at)), "day")
    assert flags == []
