"""What a scorer is given in place of frames, and what it says of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from awry.errors import FrameError
from awry.frames import Frame
from awry.methods.frame_check import check_frame

RGB = np.zeros((4, 6, 3), np.uint8)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (RGB, r"Give frames, awry\.Frame\(index, time_s, image\).* this is ndarray of uint8"),
        (None, "this is builtins.NoneType"),
        ("a.png", "this is builtins.str"),
        (torch.zeros(3, 4, 6), r"this is Tensor of torch\.float32.*permute\(1, 2, 0\)"),
        (Image.new("RGB", (6, 4)), r"np\.asarray\(picture\.convert\('RGB'\)\)"),
        ([RGB, RGB], "Push frames one by one"),
        (Frame(7, None, torch.zeros(3, 4, 6)), r"Frame 7: expected uint8.*permute"),  # type: ignore[arg-type]
        (Frame(7, None, Image.new("L", (6, 4))), r"Frame 7: .*convert\('RGB'\)"),  # type: ignore[arg-type]
        (Frame(7, None, [[0]]), "Frame 7: expected uint8"),  # type: ignore[arg-type]
        (Frame(7, None, RGB / 255), r"\(image \* 255\)\.round\(\)\.astype\(np\.uint8\)"),
        (Frame(7, None, RGB[..., 0]), r"A grey image becomes one by np\.repeat"),
        (Frame(7, None, RGB[..., :1]), r"A grey image becomes one by np\.repeat"),
        (Frame(7, None, RGB[None]), "A batch becomes frames by awry.video.ArraySource"),
        (Frame(7, None, np.zeros((4, 6, 4), np.uint8)), "Drop the alpha channel"),
        (Frame(7, None, np.zeros((3, 4, 6), np.uint8)), r"np\.moveaxis\(image, 0, 2\)"),
        (Frame(7, None, RGB.astype(np.uint16)), "16 bits become 8"),
        (Frame(7, None, np.zeros((0, 6, 3), np.uint8)), "no pixels"),
        (Frame(7, None, np.full((4, 6, 3), np.nan)), "Frame 7 holds NaN"),
    ],
)
def test_whatever_is_no_frame_is_refused_with_the_cure(given: Any, said: str) -> None:
    with pytest.raises(FrameError, match=said):
        check_frame(given)


def test_the_cures_work() -> None:
    grey, tensor = RGB[..., 0], torch.rand(3, 4, 6)
    for image in (
        np.repeat(grey.reshape(4, 6, 1), 3, axis=2),
        (tensor * 255).round().byte().permute(1, 2, 0).cpu().numpy(),
        np.asarray(Image.new("L", (6, 4)).convert("RGB")),
        np.ascontiguousarray(np.zeros((4, 6, 4), np.uint8)[..., :3]),
        np.moveaxis(np.zeros((3, 4, 6), np.uint8), 0, 2),
        (np.random.default_rng(0).random((4, 6, 3)) * 255).round().astype(np.uint8),
        (np.zeros((4, 6, 3), np.uint16) // 257).astype(np.uint8),
    ):
        check_frame(Frame(0, None, image))
