from __future__ import annotations

import os
import shutil
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import FootageError, SourceError, WriteError
from awry.frames import Frame
from awry.video import ArraySource, FrameCache, SourceHealth, cache, fingerprint, resized
from awry.video.cache import PIECE, PIECES

LARGE = 10**9


def random_images(n: int, height: int = 12, width: int = 18) -> np.ndarray:
    return np.random.default_rng(n).integers(0, 255, (n, height, width, 3), dtype=np.uint8)


def never() -> ArraySource:
    raise AssertionError("decoded again")


def test_stores_what_resized_gives_and_decodes_once(tmp_path: Path) -> None:
    images = random_images(5)
    cache = FrameCache(tmp_path / "cache", LARGE)
    for grey in (False, True):
        for opener in (lambda: ArraySource(images, 10), never):
            clip = cache.frames("key", opener, (6, 9), grey)
            assert isinstance(clip.images, np.memmap)
            assert clip.images.shape == (5, 6, 9, 1 if grey else 3)
            expected = [resized(image, (6, 9), grey) for image in images]
            assert np.array_equal(clip.images, expected)
            assert clip.times is not None
            assert clip.times.tolist() == [0.0, 0.1, 0.2, 0.3, 0.4]
            assert (clip.fps, clip.original_size) == (10, (12, 18))
            assert clip.frame_indices.tolist() == [0, 1, 2, 3, 4]
            assert clip.notes == ()
    # Another object finds the same entry; another key, size or colour does not.
    again = FrameCache(tmp_path / "cache", LARGE)
    assert len(again.frames("key", never, (6, 9), True).images) == 5
    for key, size, grey in (("other", (6, 9), True), ("key", (9, 6), True), ("key", None, True)):
        with pytest.raises(AssertionError, match="decoded again"):
            again.frames(key, never, size, grey)


def test_own_size_and_unknown_rate(tmp_path: Path) -> None:
    images = random_images(2)
    clip = FrameCache(tmp_path, LARGE).frames("k", lambda: ArraySource(images), None, False)
    assert np.array_equal(clip.images, images)
    assert clip.times is None
    assert clip.fps is None


@given(st.integers(1, 200), st.integers(1, 5), st.integers(1, 5), st.booleans())
def test_any_length_and_size_can_be_read_back(
    tmp_path_factory, n: int, height: int, width: int, grey: bool
) -> None:
    images = random_images(n, height, width)
    cache = FrameCache(tmp_path_factory.mktemp("c"), LARGE)
    clip = cache.frames("k", lambda: ArraySource(images), None, grey)
    assert np.array_equal(clip.images, [resized(image, None, grey) for image in images])


def test_health_and_gaps_are_kept(tmp_path: Path, fake_source) -> None:
    images = random_images(3)
    frames = [Frame(i, i / 10, image, i == 4) for i, image in zip((0, 2, 4), images, strict=True)]
    health = SourceHealth(damaged=[4], lost=2, notes=["1.png was skipped"])
    cache = FrameCache(tmp_path, LARGE)
    for opener in (lambda: fake_source(frames, 10.0, health), never):
        clip = cache.frames("k", opener, (6, 9), False)
        assert clip.frame_indices.tolist() == [0, 2, 4]
        assert clip.damaged == (4,)
        assert clip.lost == 2
        assert clip.notes == ("1.png was skipped",)


def test_size_changes_inside_a_clip(tmp_path: Path, fake_source) -> None:
    sizes = [(12, 18), (24, 36), (18, 18), (12, 18)]
    frames = [Frame(i, None, np.full((*s, 3), i, np.uint8)) for i, s in enumerate(sizes)]
    clip = FrameCache(tmp_path, LARGE).frames("k", lambda: fake_source(frames), (6, 9), True)
    assert clip.frame_indices.tolist() == [0, 1, 3]
    assert clip.images[:, 0, 0, 0].tolist() == [0, 1, 3]
    assert clip.lost == 1
    assert "(18 x 12): 1, the first is frame 2." in clip.notes[0]


def test_memory_stays_bounded(tmp_path: Path, fake_source) -> None:
    def frames():
        for index in range(3000):
            yield Frame(index, index / 25, np.full((60, 80, 3), index % 256, np.uint8))

    cache = FrameCache(tmp_path, LARGE)
    tracemalloc.start()
    try:
        clip = cache.frames("k", lambda: fake_source(frames()), None, False)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert clip.images.nbytes == 3000 * 60 * 80 * 3
    assert peak < clip.images.nbytes / 20
    assert clip.images[2999, 0, 0, 0] == 2999 % 256


def test_limit_says_what_to_do_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "cache"
    cache = FrameCache(folder, 3000)
    with pytest.raises(FootageError, match=r"bytes are needed so far, the limit is 3000") as error:
        cache.frames("k", lambda: ArraySource(random_images(20)), None, False)
    for remedy in ("--cache-size", "--every N", "--max-frames N"):
        assert remedy in str(error.value)
    assert list(folder.iterdir()) == []


def test_older_entries_make_room_but_those_in_use_stay(tmp_path: Path) -> None:
    images = random_images(5)  # 3240 bytes
    old = FrameCache(tmp_path, 10_000)
    for number, key in enumerate("ab"):
        old.frames(key, lambda: ArraySource(images), None, False)
        (newest,) = [e for e in tmp_path.iterdir() if e.stat().st_mtime > 1e9]
        os.utime(newest, (number, number))
    new = FrameCache(tmp_path, 10_000)
    new.frames("c", lambda: ArraySource(images), None, False)
    assert len(new.frames("b", never, None, False).images) == 5
    with pytest.raises(AssertionError, match="decoded again"):
        new.frames("a", never, None, False)
    with pytest.raises(FootageError, match="frame cache is full"):
        new.frames("d", lambda: ArraySource(random_images(10)), None, False)
    assert len(new.frames("b", never, None, False).images) == 5


def test_a_clip_that_stops_halfway_leaves_nothing(tmp_path: Path, fake_source) -> None:
    def frames():
        yield Frame(0, None, np.zeros((4, 4, 3), np.uint8))
        raise SourceError("lost")

    cache = FrameCache(tmp_path, LARGE)
    with pytest.raises(SourceError, match="lost"):
        cache.frames("k", lambda: fake_source(frames()), None, False)
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(SourceError, match="no frame at all"):
        cache.frames("k", lambda: fake_source([]), None, False)


def test_full_disk_is_a_write_error(tmp_path: Path, monkeypatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awry.video.cache._write_header", full)
    cache = FrameCache(tmp_path, LARGE)
    with pytest.raises(WriteError, match="No space left"):
        cache.frames("k", lambda: ArraySource(random_images(2)), None, False)
    assert list(tmp_path.iterdir()) == []


def spoil(file: Path, damage: str) -> None:
    """What failing disks and power cuts leave."""
    whole = file.read_bytes()
    if damage == "gone":
        file.unlink()
    elif damage == "flipped":
        at = len(whole) * 2 // 3
        file.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
    else:
        file.write_bytes({"empty": b"", "short": whole[:-100], "zeros": bytes(len(whole))}[damage])


@pytest.mark.parametrize("name", ["clip.json", "images.npy"])
@pytest.mark.parametrize("damage", ["gone", "empty", "short", "flipped", "zeros"])
def test_a_damaged_entry_is_made_anew(tmp_path: Path, name: str, damage: str) -> None:
    images = random_images(4)
    FrameCache(tmp_path, LARGE).frames("k", lambda: ArraySource(images), None, False)
    (entry,) = tmp_path.iterdir()
    spoil(entry / name, damage)
    cache = FrameCache(tmp_path, LARGE)
    with pytest.warns(UserWarning, match=r"cached frames .* are damaged; made anew"):
        clip = cache.frames("k", lambda: ArraySource(images), None, False)
    assert np.array_equal(clip.images, images)
    assert clip.frame_indices.tolist() == [0, 1, 2, 3]


def test_two_fits_may_read_one_clip_into_one_folder(tmp_path: Path) -> None:
    """The faster one's entry is never away, not for the moment that a replacement would take."""
    images = random_images(5)
    folder = tmp_path / "cache"
    written = []

    def opened() -> ArraySource:
        FrameCache(folder, LARGE).frames("key", lambda: ArraySource(images), None, False)
        written.extend(entry.stat().st_ino for entry in folder.glob("[!.]*"))
        return ArraySource(images)

    mine = FrameCache(folder, LARGE).frames("key", opened, None, False)
    assert np.array_equal(mine.images, images)
    assert [entry.stat().st_ino for entry in folder.iterdir()] == written


def test_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "f"
    (folder / "sub").mkdir(parents=True)
    (folder / "a").write_text("1")
    (folder / "sub" / "b").write_text("1")
    first = fingerprint(folder)
    assert first == fingerprint(str(folder))
    assert len(first) == 64
    (folder / ".DS_Store").write_text("x")
    assert fingerprint(folder) == first
    seen = {first, fingerprint(folder / "a")}
    (folder / "a").write_text("22")
    seen.add(fingerprint(folder))
    (folder / "sub" / "b").write_text("2")
    seen.add(fingerprint(folder))
    (folder / "a").rename(folder / "c")
    seen.add(fingerprint(folder))
    assert len(seen) == 5
    with pytest.raises(SourceError, match="Cannot find"):
        fingerprint(tmp_path / "missing")


def test_copies_have_the_same_fingerprint(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "a.png").write_bytes(b"picture")
    shutil.copytree(tmp_path / "one", tmp_path / "other")
    os.utime(tmp_path / "other" / "a.png", ns=(1, 1))
    assert fingerprint(tmp_path / "one") == fingerprint(tmp_path / "other")


def test_contents_are_read_once_while_files_stay_as_they_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a.png", "b.png"):
        (tmp_path / name).write_text("1")
    first = fingerprint(tmp_path)
    read: list[str] = []
    sampled = cache._sampled
    monkeypatch.setattr(
        cache, "_sampled", lambda file, size: read.append(file.name) or sampled(file, size)
    )
    assert fingerprint(tmp_path) == first
    assert read == []
    (tmp_path / "b.png").write_text("2")
    os.utime(tmp_path / "b.png", ns=(1, 1))
    assert fingerprint(tmp_path) != first
    assert read == ["a.png", "b.png"]


@pytest.mark.parametrize("size", [PIECES * PIECE, PIECES * PIECE + 1, 5_000_000])
def test_where_a_change_of_the_same_length_is_seen(tmp_path: Path, size: int) -> None:
    file = tmp_path / "a.avi"
    content = bytearray(size)

    def changed(place: int) -> str:
        content[place] = 1
        file.write_bytes(content)
        os.utime(file, ns=(place, place))
        content[place] = 0
        return fingerprint(file)

    places = [0, PIECE - 1, size // 2, size - PIECE, size - 1]
    seen = {changed(place) for place in places}
    # The middle of a large file lies between two pieces.
    file.write_bytes(content)
    assert (fingerprint(file) in seen) == (size == 5_000_000)
    assert len(seen) == len(places)


def test_a_file_that_cannot_be_read_is_its_readers_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.png").write_bytes(b"picture")
    found = fingerprint(tmp_path)

    def refusing(path: Path, mode: str) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "a.png").write_bytes(b"picture")
    monkeypatch.setattr(Path, "open", refusing)
    assert fingerprint(tmp_path / "b") != found


def test_a_fingerprint_of_any_names_and_of_files_that_may_not_be_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.png")).touch()
    assert len(fingerprint(tmp_path)) == 64

    def refusing(path: Path) -> bool:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "is_file", refusing)
    with pytest.raises(SourceError, match=r"Cannot look at the files of .*: Permission denied"):
        fingerprint(tmp_path)
