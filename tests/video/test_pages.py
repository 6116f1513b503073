"""Picture files of every kind: pages, orientation, depth, and why a file is refused."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms

from awry.video.images import ImageFolder, read_image
from awry.video.limits import VARIABLE
from awry.video.pages import page_count, upright_size
from awry.video.pick import picked

SHADES = [0, 60, 120, 240]


def noise(seed: int, size: tuple[int, int] = (24, 32)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (*size, 3), dtype=np.uint8)
    return Image.fromarray(values)


@pytest.mark.parametrize(
    ("ending", "has_times"),
    [("gif", True), ("png", True), ("webp", True), ("avif", True), ("tif", False)],
)
def test_every_picture_of_a_file_is_a_frame(tmp_path: Path, ending: str, has_times: bool) -> None:
    pictures = [Image.new("RGB", (32, 24), (value,) * 3) for value in SHADES]
    path = tmp_path / f"film.{ending}"
    times = {"duration": [100, 200, 300, 400]} if has_times else {}
    pictures[0].save(path, save_all=True, append_images=pictures[1:], **times)
    source = ImageFolder(path)
    frames = list(source)
    assert len(source) == page_count(path) == 4
    assert [frame.index for frame in frames] == [0, 1, 2, 3]
    shades = [int(frame.image[12, 16, 0]) for frame in frames]
    assert np.allclose(shades, SHADES, atol=2)
    own = ending in ("gif", "webp", "avif")  # a .png is one of many frames as a rule
    expected = [0, 0.1, 0.3, 0.6] if own else [None] * 4
    assert [frame.time_s for frame in frames] == pytest.approx(expected)
    assert source.fps == (pytest.approx(10) if own else None)
    assert source.health.ok
    for frame in picked(ImageFolder(path), [1, 3]):
        assert np.array_equal(frame.image, frames[frame.index].image)
        assert frame.time_s == pytest.approx(frames[frame.index].time_s)


def test_pages_count_on_through_a_folder(tmp_path: Path) -> None:
    pages = [Image.new("L", (4, 3), value) for value in (10, 20, 30)]
    pages[0].save(tmp_path / "1.tif", save_all=True, append_images=pages[1:])
    (tmp_path / "2.tif").write_bytes(b"no picture")
    pages[1].save(tmp_path / "3.png")
    source = ImageFolder(tmp_path, fps=10)
    frames = list(source)
    assert [(f.index, f.time_s, int(f.image[0, 0, 0])) for f in frames] == [
        (0, 0.0, 10), (1, 0.1, 20), (2, 0.2, 30), (4, 0.4, 20),
    ]  # fmt: skip
    assert (len(source), source.health.lost) == (5, 1)
    assert [frame.index for frame in picked(source, [2, 3, 4])] == [2, 4]


def test_smaller_copies_of_a_picture_are_no_frames(tmp_path: Path) -> None:
    noise(0).save(tmp_path / "a.tif", save_all=True, append_images=[noise(0, (12, 16))])
    noise(1).save(tmp_path / "b.mpo", save_all=True, append_images=[noise(2, (12, 16)), noise(3)])
    assert page_count(tmp_path / "a.tif") == 1
    assert page_count(tmp_path / "b.mpo") == 2
    assert [frame.image.shape for frame in ImageFolder(tmp_path)] == [(24, 32, 3)] * 3


@pytest.mark.parametrize("ending", ["jpg", "png", "tif", "webp"])
def test_pictures_are_upright(tmp_path: Path, ending: str) -> None:
    image = np.zeros((24, 32, 3), np.uint8)
    image[:, :16] = 240
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held so that the picture is to be turned to the right
    path = tmp_path / f"a.{ending}"
    Image.fromarray(image).save(path, exif=turned, quality=95)
    found = read_image(path)
    assert found.shape == (32, 24, 3)
    assert upright_size(path) == (32, 24)
    assert found[:16].mean() > 230
    assert found[16:].mean() < 10


@pytest.mark.parametrize("mode", ["CMYK", "LAB", "YCbCr"])
def test_other_colour_spaces_are_converted(tmp_path: Path, mode: str) -> None:
    red = Image.new("RGB", (4, 4), (200, 30, 40))
    if mode == "LAB":
        lab, rgb = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(red, rgb, lab, outputMode="LAB")
        assert converted is not None
        converted.save(tmp_path / "a.tif")
    else:
        red.convert(mode).save(tmp_path / "a.tif")
    assert np.abs(read_image(tmp_path / "a.tif")[0, 0].astype(int) - (200, 30, 40)).max() <= 6


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (np.full((4, 5), 21.5, np.float32), "floating-point pictures are not supported"),
        (np.full((4, 5), 21.5, np.float64), "1 samples of 64 bits a pixel, floating-point"),
        (np.full((4, 5, 3), 0.5, np.float32), "3 samples of 32 bits a pixel, floating-point"),
        (np.full((4, 5), 300_000, np.int32), "32-bit pictures are not supported"),
    ],
)
def test_good_files_of_unsupported_kinds_are_refused_by_their_reason(
    tmp_path: Path, values: np.ndarray, why: str
) -> None:
    cv2.imwrite(str(tmp_path / "1.tif"), values)
    noise(0).save(tmp_path / "2.png")
    source = ImageFolder(tmp_path)
    list(source)
    (note,) = source.health.notes
    assert why in note
    assert "truncated" not in note


def test_16_bit_colour_is_read(tmp_path: Path) -> None:
    for ending in ("png", "tif"):
        cv2.imwrite(str(tmp_path / f"a.{ending}"), np.full((4, 5, 3), 100 * 257, np.uint16))
        assert read_image(tmp_path / f"a.{ending}")[0, 0].tolist() == [100] * 3


def png_of(width: int, height: int) -> bytes:
    """A PNG that promises many pixels, and is short."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + check

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0"))


def test_a_picture_beyond_the_limit_is_named_and_takes_no_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noise(0).save(tmp_path / "1.png")
    (tmp_path / "2.png").write_bytes(png_of(30_000, 30_000))
    source = ImageFolder(tmp_path)
    assert [frame.index for frame in source] == [0]
    assert "30000 x 30000 pixels, more than the limit of 100000000" in source.health.notes[0]
    (tmp_path / "2.png").write_bytes(png_of(9_700, 9_700))  # within ours, above Pillow's warning
    assert len(source) == 2
    monkeypatch.setenv(VARIABLE, "500")
    with pytest.raises(OSError, match="32 x 24 pixels, more than the limit of 500"):
        read_image(tmp_path / "1.png")
