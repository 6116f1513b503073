"""Footage: bad clips are left out and named, parts keep apart, frames are decoded once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.datasets.clips import Excerpt
from awry.errors import FootageError, SourceError
from awry.frames import Frame
from awry.training.footage import Footage, Run, content_key, working_folder
from awry.training.split import PARTS, WHOLE, Exclusion, Split
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions
from awry.video.images import ImageFolder
from awry.video.memory import ArraySource
from awry.video.source import Source, SourceHealth
from awry.video.thin import Thinned
from support import moving_square, write_images

Opened = list[str]


def numbered(clip: int, length: int) -> np.ndarray:
    """uint8 (length, 24, 32, 3): every pixel says which clip and frame it is of."""
    images = np.zeros((length, 24, 32, 3), np.uint8)
    images[..., 0] = clip
    images[..., 1] = np.arange(length)[:, None, None]
    return images


def clips(lengths: list[int], scenes: str = "", opened: Opened | None = None) -> list[Clip]:
    def opener(number: int, length: int) -> Callable[[], Source]:
        def source() -> ArraySource:
            return Noting(numbered(number, length), f"c{number}", opened)

        return source

    return [
        Clip(f"c{number}", opener(number, length), scenes[number] if scenes else "scene")
        for number, length in enumerate(lengths)
    ]


class Noting(ArraySource):
    """Notes each time that its frames are read to the end."""

    def __init__(self, images: np.ndarray, name: str, opened: Opened | None) -> None:
        super().__init__(images, fps=10, name=name)
        self._opened = opened

    def __iter__(self) -> Iterator[Frame]:
        yield from super().__iter__()
        if self._opened is not None:
            self._opened.append(self.name)


class Lossy:
    """Frames 0, 1, ... of which some were lost; the others keep their index."""

    def __init__(self, images: np.ndarray, lost: range) -> None:
        self.images, self.lost = images, lost
        self.name, self.fps, self.health = "lossy", 10.0, SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(self.images):
            if index not in self.lost:
                yield Frame(index, index / 10, image)


class Broken:
    """A source that fails after some frames, or at once."""

    def __init__(self, good: int) -> None:
        self.name, self.fps, self.health, self._good = "broken", None, SourceHealth(), good

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(numbered(9, self._good)):
            yield Frame(index, None, image)
        raise SourceError("Not one frame of broken can be decoded.")


def refused() -> Source:
    raise SourceError("The video file bad.mp4 is empty (zero bytes).")


@pytest.fixture
def cache(tmp_path: Path) -> FrameCache:
    return FrameCache(tmp_path / "frames", 2**28)


def frames_of(runs: list[Run]) -> list[tuple[int, int]]:
    return [(int(i[0, 0, 0]), int(i[0, 0, 1])) for run in runs for i in run.images]


def test_the_parts_hold_every_frame_once_in_order(cache: FrameCache) -> None:
    footage = Footage(clips([30, 50, 20]), cache)
    parts = {part: frames_of(footage.runs(part)) for part in PARTS}
    everything = [(0, i) for i in range(30)] + [(1, i) for i in range(50)]
    everything += [(2, i) for i in range(20)]
    assert parts["train"] + parts["validation"] + parts["calibration"] == everything
    assert [len(parts[part]) for part in PARTS] == [80, 10, 10]


def test_a_run_says_where_it_comes_from(cache: FrameCache) -> None:
    (run,) = Footage(clips([100]), cache).runs("validation")
    assert (run.clip, run.scene, run.first, run.fps) == ("c0", "scene", 80, 10)
    assert (run.images.shape, run.images.dtype) == ((10, 24, 32, 3), np.uint8)
    assert run.images[0, 0, 0, 1] == 80


def test_each_scene_is_in_every_part_and_can_be_had_alone(cache: FrameCache) -> None:
    footage = Footage(clips([40, 40, 40], "aba"), cache)
    assert footage.scenes == ("a", "b")
    for part in PARTS:
        assert {run.scene for run in footage.runs(part)} == {"a", "b"}
        assert frames_of(footage.of_scene("b").runs(part)) == [
            frame for frame in frames_of(footage.runs(part)) if frame[0] == 1
        ]
        assert {run.scene for run in footage.of_scene("a").runs(part)} == {"a"}


def test_scenes_that_were_read_one_by_one_have_parts_together(cache: FrameCache) -> None:
    footage = Footage(clips([40, 40], "ab"), cache)
    spans = [footage.of_scene(scene) for scene in footage.scenes]
    for scene in spans:
        scene.runs("train")
    for part in PARTS:
        assert footage.parts[part] == spans[0].parts[part] + spans[1].parts[part]


@pytest.mark.parametrize("bad", [refused, lambda: Broken(0), lambda: Broken(7)])
@pytest.mark.parametrize("place", [0, 1])
def test_a_bad_clip_is_left_out_and_listed(
    cache: FrameCache, bad: Callable[[], Source], place: int
) -> None:
    """Wherever it stands, and whatever is asked first."""
    good = clips([30, 30])
    good.insert(place, Clip("bad", bad))
    for ask in (Footage.is_grey, Footage.frame_size, Footage.fingerprint):
        ask(Footage(good, cache))
    footage = Footage(good, cache)
    assert {run.clip for part in PARTS for run in footage.runs(part)} == {"c0", "c1"}
    assert sum(len(run.images) for run in footage.runs("train")) == 48
    assert len(footage.failed) == 1
    assert footage.failed[0].startswith("bad was left out: ")
    assert footage.frame_size() == (24, 32)
    footage.runs("train", (12, 16))
    assert len(footage.failed) == 1


def test_a_picture_that_cannot_be_read_is_listed_and_the_rest_used(
    cache: FrameCache, tmp_path: Path
) -> None:
    folder = write_images(tmp_path / "c", moving_square(40, 0))
    (folder / "005.png").write_bytes(b"")
    footage = Footage([Clip("c", lambda: ImageFolder(folder, 10.0))], cache)
    assert sum(len(run.images) for part in PARTS for run in footage.runs(part)) == 39
    footage.runs("train", (24, 36))
    assert len(footage.failed) == 1  # said once, however often the clip is read
    assert "005.png was skipped" in footage.failed[0]


def test_no_good_clip_at_all_is_an_error(cache: FrameCache) -> None:
    with pytest.raises(FootageError, match=r"No training clip could be read.*zero bytes"):
        Footage([Clip("bad", refused)], cache).runs("train")
    with pytest.raises(FootageError, match="the training part is empty"):
        Footage([], cache)
    with pytest.raises(FootageError, match="No training clip has a frame"):
        Footage([Clip("bad", refused)], cache).frame_size()


def test_lost_frames_do_not_move_the_others(cache: FrameCache) -> None:
    """Spans count the clip's own frames, as everybody else who reads the clip does."""
    clip = Clip("c", lambda: Lossy(numbered(0, 100), range(10, 30)))
    footage = Footage([clip], cache)
    for part, expected in zip(PARTS, (range(80), range(80, 90), range(90, 100)), strict=True):
        runs = footage.runs(part)
        assert [i for _, i in frames_of(runs)] == [i for i in expected if not 10 <= i < 30]
        firsts = {"train": [0, 30], "validation": [80], "calibration": [90]}
        assert [run.first for run in runs] == firsts[part]  # a run ends where frames were lost


def test_excluded_frames_are_in_no_part(cache: FrameCache) -> None:
    out = [Exclusion("c0", 10, 19), Exclusion("c1", 35, 36)]
    footage = Footage(clips([40, 40]), cache, exclude=out)
    kept = {frame for part in PARTS for frame in frames_of(footage.runs(part))}
    gone = {(0, i) for i in range(10, 20)} | {(1, 35), (1, 36)}
    assert kept == {(c, i) for c in range(2) for i in range(40)} - gone
    train = [(run.clip, run.first, len(run.images)) for run in footage.runs("train")]
    assert train[:2] == [("c0", 0, 10), ("c0", 20, 20)]


def test_exclusions_must_name_a_clip_and_leave_something(cache: FrameCache) -> None:
    with pytest.raises(FootageError, match="names the clip 'c7'"):
        Footage(clips([40]), cache, exclude=[Exclusion("c7", 0, 1)])
    footage = Footage(clips([40]), cache, exclude=[Exclusion("c0", 30, 39)])
    with pytest.raises(FootageError, match="Nothing is left of the footage's validation part"):
        footage.runs("train")


def test_ignored_pixels_are_black_and_thinned_frames_gone(cache: FrameCache) -> None:
    images = np.full((60, 24, 32, 3), 9, np.uint8)
    clip = Clip("c", lambda: ArraySource(images, 10))
    ignore = IgnoreRegions.parse(["rows:0-3"])
    footage = Footage([clip], cache, ignore=ignore, every=2, max_frames=20)
    runs = [run for part in PARTS for run in footage.runs(part)]
    assert sum(len(run.images) for run in runs) == 20
    assert runs[0].fps == 5
    assert not runs[0].images[:, :4].any()
    assert (runs[0].images[:, 4:] == 9).all()
    assert (images == 9).all()
    assert all(not frame.image[:4].any() for frame in footage.open(clip))


def test_frames_are_decoded_once_for_each_size(cache: FrameCache) -> None:
    opened: Opened = []
    made = clips([30, 30], opened=opened)
    footage = Footage(made, cache)
    for _ in range(2):
        for part in PARTS:
            footage.runs(part, (12, 16), grey=True)
    assert opened == ["c0", "c1"]
    assert footage.runs("train", (12, 16), grey=True)[0].images.shape[1:] == (12, 16, 1)
    assert opened == ["c0", "c1"]
    footage.runs("train", (24, 32))
    assert opened == ["c0", "c1"] * 2
    # Another fit on the same content finds it all; other content it does not.
    Footage(made, cache).runs("train", (12, 16), grey=True)
    assert opened == ["c0", "c1"] * 2
    Footage(made, cache, every=2).runs("train", (12, 16), grey=True)
    assert opened == ["c0", "c1"] * 3


def test_content_keys_follow_the_content(tmp_path: Path) -> None:
    one, other = (ArraySource(numbered(clip, 5)) for clip in (0, 1))
    same = ArraySource(numbered(0, 5), 25, "x")
    assert content_key(one) == content_key(same) != content_key(other)
    parts = [
        one,
        Excerpt(one, 0, 3, "x"),
        Excerpt(one, 1, 3, "x"),
        Excerpt(one, 0, 4, "x"),
        Thinned(one, 2),
        Thinned(one, 3),
        Thinned(one, 2, 1),
        Excerpt(other, 0, 3, "x"),
        Excerpt(Thinned(one, 2), 0, 3, "x"),
    ]
    assert len({content_key(part) for part in parts}) == len(parts)
    assert content_key(Excerpt(same, 0, 3, "y")) == content_key(parts[1])
    folder = ImageFolder(write_images(tmp_path / "c", numbered(0, 3)))
    before = content_key(folder)
    assert content_key(ImageFolder(tmp_path / "c")) == before
    write_images(tmp_path / "c", numbered(0, 1), first=4)
    assert content_key(ImageFolder(tmp_path / "c")) != before


def test_a_source_of_unknown_content_is_never_taken_for_another() -> None:
    source = Broken(3)
    assert content_key(source) != content_key(source)


def test_a_fingerprint_stands_for_content_and_settings(cache: FrameCache) -> None:
    def fingerprint(lengths: list[int], **options: Any) -> str:
        return Footage(clips(lengths), cache, **options).fingerprint()

    assert fingerprint([9, 9]) == fingerprint([9, 9])
    found = [fingerprint([9, 9]), fingerprint([9, 8]), fingerprint([9])]
    found += [fingerprint([9, 9], every=2), fingerprint([9, 9], max_frames=4)]
    found += [fingerprint([9, 9], ignore=IgnoreRegions.parse(["rows:0-1"]))]
    assert len(set(found)) == len(found)


@pytest.mark.parametrize(
    ("difference", "grey"), [((0, 0, 0), True), ((2, 0, 1), True), ((3, 0, 0), False)]
)
def test_greyness_forgives_rounding(
    cache: FrameCache, difference: tuple[int, int, int], grey: bool
) -> None:
    images = np.full((4, 24, 32, 3), 100, np.uint8)
    images[0, 5, 5] += np.array(difference, np.uint8)
    good = [Clip(f"c{i}", lambda: ArraySource(np.full((4, 24, 32, 3), 7, np.uint8)))
            for i in range(2)]  # fmt: skip
    footage = Footage([*good, Clip("last", lambda: ArraySource(images))], cache)
    assert footage.is_grey() == grey


def test_the_frame_size_is_that_before_resizing(cache: FrameCache) -> None:
    footage = Footage(clips([30]), cache)
    assert footage.frame_size() == (24, 32)
    footage.runs("train", (8, 8))
    assert footage.frame_size() == (24, 32)


def test_parts_are_known_after_reading(cache: FrameCache) -> None:
    with pytest.raises(FootageError, match="has not been read yet"):
        _ = Footage(clips([30]), cache).parts


def test_the_working_folder_stands_beside_the_bundle(tmp_path: Path) -> None:
    assert working_folder(tmp_path / "b.v1") == tmp_path / "b.v1.work"


def test_clips_by_name(cache: FrameCache) -> None:
    made = clips([9, 9])
    assert Footage(made, cache).clip_named("c1") is made[1]


def test_nothing_held_back_leaves_every_frame_to_train_on(cache: FrameCache) -> None:
    footage = Footage(clips([30, 50]), cache, split=WHOLE)
    everything = [(0, i) for i in range(30)] + [(1, i) for i in range(50)]
    assert frames_of(footage.runs("train")) == everything
    assert footage.runs("validation") == footage.runs("calibration") == []
    assert footage.calibration() == (footage, [])


def test_other_footage_is_the_calibration_part_whole(cache: FrameCache) -> None:
    other = Footage(clips([9, 7]), cache, split=WHOLE)
    footage = Footage(clips([30, 50]), cache, split=Split(0.1, 0), calibrate_on=other)
    assert len(frames_of(footage.runs("train"))) == 72
    assert frames_of(footage.runs("calibration")) == [(0, i) for i in range(9)] + [
        (1, i) for i in range(7)
    ]
    owner, spans = footage.calibration()
    assert owner is other
    assert [(span.clip, span.first, span.last) for span in spans] == [("c0", 0, 9), ("c1", 0, 7)]
