from __future__ import annotations

import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.errors import FootageError, SourceError, WriteError
from awry.frames import Frame
from awry.methods.sdor import SDOR, SDORConfig
from awry.methods.sdor.network import Reader
from awry.methods.sdor.reading import Stretch, read_archive
from awry.methods.sdor.samples import Archive, as_pictures
from awry.progress import Silent
from awry.video import ArraySource, SourceHealth
from support import sent_to_workers

from .conftest import SIZE, noise, stretch

Tiny = Callable[..., SDORConfig]


def test_half_precision_is_all_that_is_lost(tiny: Tiny, tmp_path: Path) -> None:
    images = noise(20)
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    archive = read_archive([stretch("a", images)], model, method.config, tmp_path, Silent())
    from awry.video import resized

    seen = np.stack([resized(image, (32, 48)) for image in images])[:, None]
    expected = model.activations(as_pictures(seen))
    torch.testing.assert_close(archive.activations(range(20)), expected, rtol=1e-3, atol=1e-3)


def test_without_frozen_stages_the_pictures_are_kept_to_the_bit(tiny: Tiny, tmp_path: Path) -> None:
    images = noise(5)
    method = SDOR(tiny(frozen=0, height=40))
    model = method.prepare(SIZE, 0)
    archive = read_archive([stretch("a", images)], model, method.config, tmp_path, Silent())
    expected = model.activations(as_pictures(images[:, None]))
    torch.testing.assert_close(archive.activations([4, 1]), expected[[4, 1]], rtol=0, atol=0)


def test_a_video_network_looks_back_to_the_clips_beginning(tiny: Tiny, tmp_path: Path) -> None:
    """And never into the clip before."""
    method = SDOR(tiny(backbone="random:r3d_18", frozen=0, height=32, width=32))
    model = method.prepare((32, 32), 0)
    images = [noise(20, 1, (32, 32)), noise(3, 2, (32, 32))]
    parts = [stretch("a", images[0]), stretch("b", images[1])]
    archive = read_archive(parts, model, method.config, tmp_path, Silent())
    found = archive.activations([18, 21])
    assert found.shape == (2, 3, 16, 32, 32)
    windows = np.stack([images[0][3:19], images[1][[0] * 15 + [1]]])
    torch.testing.assert_close(found, model.activations(as_pictures(windows)))


class Breaking(ArraySource):
    """A source that fails after some frames, as a process does that is ended."""

    def __init__(self, images: np.ndarray, after: int) -> None:
        super().__init__(images, 25)
        self._after = after

    def __iter__(self) -> Iterator[Frame]:
        for frame in super().__iter__():
            if frame.index == self._after:
                raise KeyboardInterrupt
            yield frame


def test_an_interrupted_reading_goes_on(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("awry.methods.sdor.reading.CHUNK", 16)
    images = noise(50)
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    breaking = Stretch("a", "scene", "a", lambda: Breaking(images, 40))
    with pytest.raises(KeyboardInterrupt):
        read_archive([breaking], model, method.config, tmp_path / "1", Silent())
    kept = list((tmp_path / "1").glob("*/0*"))
    assert len(kept) == 2
    seen = []
    plain = Reader.forward
    monkeypatch.setattr(Reader, "forward", lambda own, p: seen.append(len(p)) or plain(own, p))
    one = read_archive([stretch("a", images)], model, method.config, tmp_path / "1", Silent())
    assert sum(seen) == 50 - 32
    two = read_archive([stretch("a", images)], model, method.config, tmp_path / "2", Silent())
    every = range(50)
    torch.testing.assert_close(one.activations(every), two.activations(every), rtol=0, atol=0)
    np.testing.assert_array_equal(one.features, two.features)


def test_a_clip_that_cannot_be_read_is_listed(tiny: Tiny, tmp_path: Path) -> None:
    def refuse() -> ArraySource:
        raise SourceError("Cannot read it.")

    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    bad = Stretch("bad", "scene", "bad", refuse)
    parts = [bad, stretch("good", noise(4))]
    archive = read_archive(parts, model, method.config, tmp_path, Silent())
    assert archive.failed == ("bad was left out: Cannot read it.",)
    assert [clip.name for clip in archive.clips] == ["good"]
    with pytest.raises(FootageError, match="No clip of the archive could be read"):
        read_archive([bad], model, method.config, tmp_path, Silent())


def test_frames_of_another_shape_are_left_out_and_said(tiny: Tiny, tmp_path: Path) -> None:
    class Mixed:
        name, fps, health = "mixed", 25.0, SourceHealth()

        def __iter__(self) -> Iterator[Frame]:
            for index in range(6):
                size = (60, 40) if index == 2 else SIZE
                yield Frame(index, index / 25, noise(1, index, size)[0])

    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    parts = [Stretch("mixed", "scene", "mixed", Mixed)]
    archive = read_archive(parts, model, method.config, tmp_path, Silent())
    assert archive.clips[0].indices.tolist() == [0, 1, 3, 4, 5]
    assert archive.clips[0].lost == 1
    assert "1 frames of another aspect ratio" in archive.clips[0].notes[0]


def test_a_limit_says_what_to_do(tiny: Tiny, tmp_path: Path) -> None:
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    with pytest.raises(FootageError, match=r"--cache-size.*--every"):
        read_archive([stretch("a", noise(8))], model, method.config, tmp_path, Silent(), 1000)


def test_memory_stays_bounded(tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the clip is: four times the frames take no more at a time."""
    monkeypatch.setattr("awry.methods.sdor.reading.CHUNK", 32)
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)

    class Long:
        name, fps, health = "long", 25.0, SourceHealth()

        def __init__(self, count: int) -> None:
            self.count = count

        def __iter__(self) -> Iterator[Frame]:
            for index in range(self.count):
                yield Frame(index, index / 25, noise(1, index % 7)[0])

    peaks = []
    for count in (64, 256):
        part = Stretch("long", "scene", f"long {count}", lambda c=count: Long(c))
        tracemalloc.start()
        read_archive([part], model, method.config, tmp_path, Silent())
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    features = (256 - 64) * 512 * 4  # these are held for all frames
    assert peaks[1] < 1.2 * peaks[0] + 2 * features


@pytest.mark.parametrize("file", ["kept.npy", "features.npy", "times.npy", "checksums.json"])
@pytest.mark.parametrize("damage", ["empty", "flipped", "gone"])
def test_a_damaged_chunk_is_read_again(tiny: Tiny, tmp_path: Path, file: str, damage: str) -> None:
    images = noise(12)
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    said = Messages()

    def read() -> Archive:
        return read_archive([stretch("a", images)], model, method.config, tmp_path, said)

    first = read().activations(range(12))
    spoiled = next(tmp_path.rglob(file))
    whole = spoiled.read_bytes()
    if damage == "gone":
        spoiled.unlink()
    else:
        flipped = whole[:-9] + bytes([whole[-9] ^ 1]) + whole[-8:]
        spoiled.write_bytes(b"" if damage == "empty" else flipped)
    assert not said.messages
    again = read()
    torch.testing.assert_close(again.activations(range(12)), first, rtol=0, atol=0)
    assert again.clips[0].times.tolist() == [k / 25 for k in range(12)]
    assert said.messages == ["a: 1 damaged parts are read again."]


def test_what_stands_beside_the_chunks_is_read_again(tiny: Tiny, tmp_path: Path) -> None:
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    for content in (None, b"", b"{}", b'{"chunks": 7}'):
        if content is not None:
            next(tmp_path.rglob("clip.json")).write_bytes(content)
        archive = read_archive([stretch("a", noise(5))], model, method.config, tmp_path, Silent())
        assert len(archive) == 5


class Messages(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.messages: list[str] = []

    def message(self, text: str) -> None:
        self.messages.append(text)


def test_workers_read_what_one_process_reads(tiny: Tiny, tmp_path: Path) -> None:
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)

    def gone() -> ArraySource:
        raise SourceError("It is gone.")

    some = [stretch(name, noise(20, seed)) for seed, name in enumerate("abc")]
    parts = [*some[:2], Stretch("lost", "*", "lost", gone), some[2], replace(some[0], name="again")]
    alone = read_archive(parts, model, method.config, tmp_path / "1", Silent())
    with sent_to_workers() as tasks:
        found = read_archive(parts, model, method.config, tmp_path / "2", Silent())
    assert len(tasks) == 4  # the same content once
    assert found.failed == alone.failed == ("lost was left out: It is gone.",)
    assert [clip.name for clip in found.clips] == [clip.name for clip in alone.clips]
    numbers = list(range(80))
    torch.testing.assert_close(
        found.activations(numbers), alone.activations(numbers), rtol=0, atol=0
    )


def test_a_file_that_another_worker_renames_takes_no_room(tiny: Tiny, tmp_path: Path) -> None:
    (tmp_path / "gone.npy").symlink_to(tmp_path / "renamed.npy")
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    parts = [stretch("a", noise(5))]
    archive = read_archive(parts, model, method.config, tmp_path, Silent(), limit_bytes=2**30)
    assert len(archive.clips) == 1


def test_what_a_worker_wrote_elsewhere_is_missed(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def elsewhere(work: Any, tasks: Any) -> Any:
        call = work.make()
        for entry, part in tasks:
            yield (entry, part), call((tmp_path / "other" / entry.name, part))

    monkeypatch.setattr("awry.methods.sdor.reading.done", elsewhere)
    method = SDOR(tiny())
    model = method.prepare(SIZE, 0)
    with pytest.raises(WriteError, match="all machines must share the disk"):
        read_archive([stretch("a", noise(5))], model, method.config, tmp_path / "1", Silent())
