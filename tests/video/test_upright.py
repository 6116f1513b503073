from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

from awry.video.files import VideoFile
from awry.video.pick import picked
from awry.video.upright import Turn

# a, b, c, d of the display matrix; what a stored picture becomes.
MATRICES = {
    "turned by 90 degrees clockwise": ((0, 1, -1, 0), lambda image: np.rot90(image, -1)),
    "turned by 180 degrees": ((-1, 0, 0, -1), lambda image: np.rot90(image, 2)),
    "turned by 90 degrees counterclockwise": ((0, -1, 1, 0), lambda image: np.rot90(image)),
    "mirrored left to right": ((-1, 0, 0, 1), lambda image: image[:, ::-1]),
    "mirrored top to bottom": ((1, 0, 0, -1), lambda image: image[::-1]),
    "mirrored along their diagonal": ((0, 1, 1, 0), lambda image: image.transpose(1, 0, 2)),
    "mirrored along their other diagonal": (
        (0, -1, -1, 0),
        lambda image: np.rot90(image, 2).transpose(1, 0, 2),
    ),
}


def with_matrix(path: Path, matrix: tuple[float, ...]) -> Path:
    """The mp4 with another display matrix in its track header."""
    a, b, c, d = (round(number * (1 << 16)) for number in matrix)
    data = bytearray(path.read_bytes())
    # Version and flags, two times, id, reserved, duration, reserved, layer to reserved.
    place = data.find(b"tkhd") + 4 + 4 + 8 + 4 + 4 + 4 + 8 + 8
    data[place : place + 36] = struct.pack(">9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)
    turned = path.with_name("turned.mp4")
    turned.write_bytes(bytes(data))
    return turned


@pytest.mark.parametrize("words", MATRICES)
def test_frames_stand_upright(numbered, words: str) -> None:
    matrix, as_seen = MATRICES[words]
    stored = numbered.make("a.mp4", "libx264", 12, options={"g": "4"})
    source = VideoFile(with_matrix(stored, matrix))
    frames = list(source)
    for frame, plain in zip(frames, VideoFile(stored), strict=True):
        assert np.array_equal(frame.image, as_seen(plain.image))
        assert frame.image.flags.c_contiguous
    assert source.health.notes == [f"Frames are {words}, as the file's display matrix says."]
    assert source.health.ok  # nothing is wrong with it
    assert source.frame_size() == frames[0].image.shape[:2]


def test_picked_frames_are_the_same(numbered) -> None:
    stored = numbered.make("a.mp4", "libx264", 12, options={"g": "4"})
    source = VideoFile(with_matrix(stored, (0, 1, -1, 0)))
    frames = list(source)
    for times in (None, [frames[5].time_s, frames[9].time_s]):
        found = list(picked(source, [5, 9], times))
        assert [frame.index for frame in found] == [5, 9]
        for frame in found:
            assert np.array_equal(frame.image, frames[frame.index].image)


def test_another_angle_is_said_and_not_followed(numbered) -> None:
    stored = numbered.make("a.mp4", "libx264", 3)
    source = VideoFile(with_matrix(stored, (0.7, 0.7, -0.7, 0.7)))
    assert next(iter(source)).image.shape == (96, 128, 3)
    assert "no multiple of 90 degrees" in source.health.notes[0]


def test_no_turn_has_no_words() -> None:
    assert Turn().words is None
