"""Masks of any depth and values."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from awry.datasets.masks import array_masks, mask_values, picture_masks, read_mask
from awry.errors import DatasetError

SHAPE = np.zeros((20, 30), bool)
SHAPE[5:12, 8:20] = True


def coloured(colour: tuple[int, ...], kind: type = np.uint8) -> NDArray[np.generic]:
    return np.where(SHAPE[:, :, None], np.array(colour, kind), np.zeros(len(colour), kind))


def palette(colours: list[int]) -> Image.Image:
    picture = Image.fromarray(SHAPE.astype(np.uint8)).convert("P")
    picture.putpalette(colours)
    return picture


@pytest.mark.parametrize("value", [1, 3, 128, 255])
@pytest.mark.parametrize(
    ("ending", "kind"),
    [
        ("png", np.uint8), ("png", np.uint16), ("bmp", np.uint8), ("tif", np.uint8),
        ("tif", np.uint16), ("tif", np.int32), ("tif", np.float32), ("tif", np.float64),
    ],
)  # fmt: skip
def test_any_number_at_any_depth(tmp_path: Path, ending: str, kind: type, value: int) -> None:
    path = tmp_path / f"m.{ending}"
    assert cv2.imwrite(str(path), SHAPE.astype(kind) * value)
    assert np.array_equal(read_mask(path), SHAPE)
    assert set(np.unique(mask_values(path))) == {0, value}


@pytest.mark.parametrize("kind", [np.uint8, np.uint16])
@pytest.mark.parametrize("colour", [(0, 0, 1), (128, 0, 0), (7, 7, 7), (0, 255, 0, 255)])
@pytest.mark.parametrize("ending", ["png", "tif"])
def test_any_colour(tmp_path: Path, kind: type, colour: tuple[int, ...], ending: str) -> None:
    path = tmp_path / f"m.{ending}"
    assert cv2.imwrite(str(path), coloured(colour, kind))
    assert np.array_equal(read_mask(path), SHAPE)


def test_one_bit_and_palettes(tmp_path: Path) -> None:
    pictures = {
        "bit.png": Image.fromarray(SHAPE),
        "bit.tif": Image.fromarray(SHAPE),
        "colours.png": palette([0, 0, 0, 128, 0, 0]),
        "dark.png": palette([0, 0, 0, 0, 0, 1]),
        "black.png": palette([0] * 6),  # numbers alone
    }
    for name, picture in pictures.items():
        picture.save(tmp_path / name)
        assert np.array_equal(read_mask(tmp_path / name), SHAPE), name
    # Black and white, in whatever order the palette has them.
    Image.fromarray(~SHAPE).convert("P").save(tmp_path / "turned.png")
    assert np.array_equal(read_mask(tmp_path / "turned.png"), ~SHAPE)


def test_what_is_transparent_is_not_marked(tmp_path: Path) -> None:
    white = np.full((20, 30, 4), 255, np.uint8)
    white[..., 3] = SHAPE * 255
    black = np.zeros((20, 30, 4), np.uint8)
    black[..., 3] = SHAPE * 200
    empty = np.zeros((20, 30, 4), np.uint8)
    empty[..., 3] = 255
    for name, values, expected in (
        ("white", white, SHAPE), ("black", black, SHAPE), ("empty", empty, SHAPE & False),
    ):  # fmt: skip
        Image.fromarray(values).save(tmp_path / f"{name}.png")
        assert np.array_equal(read_mask(tmp_path / f"{name}.png"), expected), name


@pytest.mark.parametrize("ending", ["jpg", "webp", "avif"])
def test_lossy_masks_are_cut_at_half_of_their_range(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"m.{ending}"
    large = cv2.circle(np.zeros((160, 240), np.uint8), (121, 79), 45, 1, -1) > 0
    Image.fromarray(large.astype(np.uint8) * 255).save(path, quality=60)
    assert (mask_values(path) != 0).sum() >= large.sum()  # rings around the edge
    assert (read_mask(path) != large).mean() < 0.01
    Image.new("L", (30, 20)).save(path)
    assert not read_mask(path).any()
    Image.fromarray(large.astype(np.uint8) * 9).save(path, quality=100)
    with pytest.raises(OSError, match="apart from noise"):
        read_mask(path)


def test_nan_is_refused(tmp_path: Path) -> None:
    Image.fromarray(np.where(SHAPE, np.nan, 0).astype(np.float32)).save(tmp_path / "m.tif")
    with pytest.raises(OSError, match="NaN"):
        read_mask(tmp_path / "m.tif")


@pytest.fixture
def frames(tmp_path: Path, write_pictures) -> Path:
    return write_pictures(tmp_path / "frames", 4, size=SHAPE.shape)


@pytest.fixture
def masks() -> NDArray[np.uint16]:
    return np.stack([SHAPE.astype(np.uint16) * k for k in range(4)])


def test_masks_of_a_clip_in_every_container(tmp_path: Path, frames: Path, masks) -> None:
    pages = [Image.fromarray(one) for one in masks]
    pages[0].save(tmp_path / "m.tif", save_all=True, append_images=pages[1:])
    np.save(tmp_path / "m.npy", masks.astype(np.float64)[..., None])
    np.savez_compressed(tmp_path / "m.npz", masks)
    (tmp_path / "m").mkdir()
    for k, page in enumerate(pages):
        page.save(tmp_path / "m" / f"{k}.png")
    for name in ("m.tif", "m"):
        reader = picture_masks(tmp_path / name, "m", frames)
        reader.check()
        assert np.array_equal(reader(), masks != 0)
    for name in ("m.npy", "m.npz"):
        reader = array_masks(tmp_path / name, "m", frames)
        reader.check()
        assert np.array_equal(reader(), masks != 0)


def test_what_does_not_fit_is_known_from_the_header(tmp_path: Path, frames: Path, masks) -> None:
    np.save(tmp_path / "short.npy", masks[:3])
    np.save(tmp_path / "small.npy", masks[:, :10])
    with (tmp_path / "huge.npy").open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (4, 10**6, 10**6)}
        np.lib.format.write_array_header_1_0(file, header)
    for name, why in (
        ("short", "3 masks for 4 frames"), ("small", "masks of 30 x 10, frames of 30 x 20"),
        ("huge", "Cannot read"),
    ):  # fmt: skip
        with pytest.raises(DatasetError, match=why):
            array_masks(tmp_path / f"{name}.npy", "m", frames).check()
    (tmp_path / "m").mkdir()
    Image.fromarray(masks[0]).save(tmp_path / "m" / "1.png")
    with pytest.raises(DatasetError, match="1 masks for 4 frames"):
        picture_masks(tmp_path / "m", "m", frames).check()
