from __future__ import annotations

import io

import av
import numpy as np
import pytest
from PIL import Image

from awry.video.jpeg import JpegCheck


@pytest.fixture(scope="module")
def whole(texture) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(texture(1)[0]).save(buffer, "JPEG", quality=90)
    return buffer.getvalue()


def test_a_picture_that_is_cut_off_is_an_error_and_can_still_be_had(whole: bytes, texture) -> None:
    context = av.CodecContext.create("mjpeg", "r")
    context.thread_count = 1
    check = JpegCheck(context)
    assert len(context.decode(av.Packet(whole))) == 1
    half = av.Packet(whole[: len(whole) // 2])
    with pytest.raises(av.error.InvalidDataError):
        context.decode(half)
    (rest,) = check.rest_of(half)
    image = rest.to_ndarray(format="rgb24").astype(int)
    error = np.abs(image - texture(1)[0]).mean((1, 2))
    assert error[:30].max() < 8 < 20 < error[-20:].min()
    assert check.rest_of(av.Packet(b"no picture")) == []


def test_a_missing_end_marker_counts_where_there_was_one_before(whole: bytes) -> None:
    bare = av.Packet(whole[:-2])
    check = JpegCheck(av.CodecContext.create("mjpeg", "r"))
    assert not check.is_cut(bare)
    for padding in (b"", b"\r\n", b"\0" * 20):
        assert not check.is_cut(av.Packet(whole + padding))
    assert check.is_cut(bare)
    assert not check.is_cut(av.Packet())


def test_other_codecs_are_left_alone() -> None:
    context = av.CodecContext.create("mpeg4", "r")
    check = JpegCheck(context)
    assert context.options == {}
    assert not check.is_cut(av.Packet(b"x"))
    assert check.rest_of(av.Packet(b"x")) == []
