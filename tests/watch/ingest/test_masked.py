from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from av.video.frame import VideoFrame

from awry.errors import FrameError, MissingError
from awry.watch.ingest import masked
from awry.watch.ingest.clip_file import Facts, RealDisk
from awry.watch.ingest.masked import MaskedFile, blackened, mask_of
from ingest_fakes import encoded, placed, scene, walk

LEFT = [(0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)]
FACTS = Facts("clip", "door", 1000.0, "e")


def test_a_mask_of_shares() -> None:
    mask = mask_of([LEFT], 10, 20)
    assert mask[:, :10].all()
    assert not mask[:, 12:].any()
    assert mask_of([[(0.9, 0.9), (1.0, 0.9), (1.0, 1.0)]], 10, 10)[9, 9]


@pytest.mark.parametrize("size", [(160, 120), (161, 121)])
def test_black_in_brightness_and_colour(size: tuple[int, int]) -> None:
    picture = VideoFrame.from_ndarray(np.full((size[1], size[0], 3), (200, 40, 90), np.uint8))
    image = blackened(picture, mask_of([LEFT], size[1], size[0])).to_ndarray(format="rgb24")
    assert image[:, : size[0] // 2 - 1].max() <= 2
    assert abs(int(image[60, 140, 0]) - 200) < 8


def test_a_clip_with_black_regions(tmp_path: Path) -> None:
    pieces = placed(walk(count=20), 1000.0)
    file = MaskedFile(RealDisk().create(tmp_path / "a.mp4"), pieces[0].codec, FACTS, [LEFT])
    for piece in pieces:
        file.write(piece)
    file.finish()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.name == file.codec == "vp9"
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    assert len(pictures) == 20
    for image in pictures:
        assert image[:, :70].mean() < 6
        assert image[:, 90:].mean() > 60


def test_another_size_is_refused(tmp_path: Path) -> None:
    pieces = placed(walk(count=3), 1000.0)
    file = MaskedFile(RealDisk().create(tmp_path / "a.mp4"), pieces[0].codec, FACTS, [LEFT])
    file.write(pieces[0])
    with pytest.raises(FrameError, match="size changed"):
        file.write(encoded([scene(320, 240)])[0])
    file.drop()


def test_without_an_encoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masked, "ENCODER", "none-such")
    codec = walk(count=3)[0].codec
    with (
        RealDisk().create(tmp_path / "a.mp4") as stream,
        pytest.raises(MissingError, match="recording: copy"),
    ):
        MaskedFile(stream, codec, FACTS, [LEFT])
