from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from awry.errors import SourceError
from awry.video import Source
from awry.video.images import ImageFolder, read_image


def write_grey(path: Path, value: int, size: tuple[int, int] = (6, 4)) -> None:
    Image.fromarray(np.full(size[::-1], value, np.uint8)).save(path)


def test_natural_order_from_any_number_and_hidden_files_ignored(tmp_path: Path) -> None:
    for number in (41, 9, 100):
        write_grey(tmp_path / f"{number}.png", number)
    for name in ("._9.png", ".DS_Store", "Thumbs.db", ".hidden.jpg", "notes.txt"):
        (tmp_path / name).write_bytes(b"x")
    folder = ImageFolder(tmp_path, fps=10)
    frames = list(folder)
    assert isinstance(folder, Source)
    assert len(folder) == 3
    assert [frame.index for frame in frames] == [0, 1, 2]
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [9, 41, 100]
    assert [frame.time_s for frame in frames] == [0.0, 0.1, 0.2]
    assert folder.name == tmp_path.name
    assert folder.health.ok


def test_without_rate_there_is_no_time(tmp_path: Path) -> None:
    write_grey(tmp_path / "a.bmp", 1)
    assert [frame.time_s for frame in ImageFolder(tmp_path)] == [None]


@pytest.mark.parametrize("ending", ["tif", "bmp", "png", "jpg", "JPEG"])
def test_every_format_gives_rgb(tmp_path: Path, ending: str) -> None:
    colour = np.zeros((16, 24, 3), np.uint8)
    colour[...] = (200, 100, 20)
    Image.fromarray(colour).save(tmp_path / f"a.{ending}")
    image = read_image(tmp_path / f"a.{ending}")
    assert image.shape == (16, 24, 3)
    assert image.dtype == np.uint8
    assert np.abs(image.astype(int) - colour).max() <= 3


def test_16_bit_is_scaled_and_expanded(tmp_path: Path) -> None:
    for ending in ("png", "tif"):
        path = tmp_path / f"deep.{ending}"
        Image.fromarray(np.array([[0, 257 * 100, 65535]], np.uint16)).save(path)
        assert read_image(path).tolist() == [[[0] * 3, [100] * 3, [255] * 3]]


def test_alpha_is_dropped_and_palettes_are_looked_up(tmp_path: Path) -> None:
    Image.new("RGBA", (2, 2), (10, 20, 30, 0)).save(tmp_path / "alpha.png")
    Image.new("LA", (2, 2), (77, 0)).save(tmp_path / "grey_alpha.png")
    palette = Image.new("RGB", (2, 2), (10, 20, 30)).quantize(4)
    palette.save(tmp_path / "palette.png")
    palette.save(tmp_path / "transparent.png", transparency=b"\x00\x80")
    one_bit = Image.new("1", (2, 2), 1)
    one_bit.save(tmp_path / "bit.png")
    assert read_image(tmp_path / "alpha.png")[0, 0].tolist() == [10, 20, 30]
    assert read_image(tmp_path / "grey_alpha.png")[0, 0].tolist() == [77, 77, 77]
    assert read_image(tmp_path / "palette.png")[0, 0].tolist() == [10, 20, 30]
    assert read_image(tmp_path / "transparent.png")[0, 0].tolist() == [10, 20, 30]
    assert read_image(tmp_path / "bit.png")[0, 0].tolist() == [255, 255, 255]


def test_bad_files_keep_their_places_and_are_listed(tmp_path: Path) -> None:
    for number in range(5):
        write_grey(tmp_path / f"{number}.jpg", 50 * number, (200, 100))
    (tmp_path / "1.jpg").write_bytes(b"")
    noise = np.random.default_rng(0).integers(0, 255, (100, 200), dtype=np.uint8)
    Image.fromarray(noise).save(tmp_path / "2.jpg")
    whole = (tmp_path / "2.jpg").read_bytes()
    (tmp_path / "2.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "3.jpg").write_bytes(b"this is no picture")
    folder = ImageFolder(tmp_path, fps=5)
    for _ in range(2):  # health starts anew with each pass
        assert [(frame.index, frame.time_s) for frame in folder] == [(0, 0.0), (4, 0.8)]
        assert folder.health.lost == 3
        assert [note.split()[0] for note in folder.health.notes] == [
            str(tmp_path / f"{number}.jpg") for number in (1, 2, 3)
        ]
        assert "zero bytes" in folder.health.notes[0]


def test_nothing_readable_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "1.png").write_bytes(b"")
    with pytest.raises(SourceError, match=r"None of the 1 pictures"):
        list(ImageFolder(tmp_path))


def test_empty_and_missing_folders_are_errors(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="holds no pictures; expected TIF, PNG, BMP, JPEG"):
        ImageFolder(tmp_path)
    with pytest.raises(SourceError, match="No such file"):
        ImageFolder(tmp_path / "missing")


def test_single_picture_and_another_size(tmp_path: Path) -> None:
    write_grey(tmp_path / "a.png", 1)
    write_grey(tmp_path / "b.png", 2, (8, 8))
    one = ImageFolder(tmp_path / "b.png")
    assert one.name == "b"
    assert [frame.image.shape for frame in one] == [(8, 8, 3)]
    assert [frame.image.shape for frame in ImageFolder(tmp_path)] == [(4, 6, 3), (8, 8, 3)]


@pytest.mark.shared
def test_original_ucsd_tif_starting_at_41(shared: Path) -> None:
    folder = next((shared / "data" / "ucsd_original_sample").rglob("Train*/"))
    while not any(folder.glob("*.tif")):
        folder = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    frames = list(ImageFolder(folder, fps=10))
    assert [frame.index for frame in frames] == list(range(12))
    assert {frame.image.shape for frame in frames} == {(240, 360, 3)}


def test_when_the_first_picture_was_taken(tmp_path: Path) -> None:
    picture = Image.new("RGB", (4, 4))
    exif = picture.getexif()
    exif.get_ifd(0x8769).update({0x9003: "2026:11:28 22:00:07", 0x9011: "+01:00"})
    picture.save(tmp_path / "2.jpg")
    assert ImageFolder(tmp_path).started_at is None
    picture.save(tmp_path / "1.jpg", exif=exif)
    began = ImageFolder(tmp_path).started_at
    assert began is not None
    assert began.isoformat() == "2026-11-28T22:00:07+01:00"
