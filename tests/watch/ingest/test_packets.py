from __future__ import annotations

import io

import av
import pytest

from awry.watch.ingest.packets import Codec, Piece, is_needed, jpeg_size, parameter_sets
from ingest_fakes import TICK, encoded, moving, scene, walk


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_a_codec_is_read_from_a_key_packet(codec: str) -> None:
    first = walk(codec, 12)[0]
    assert first.is_key
    assert (first.codec.name, first.codec.width, first.codec.height) == (codec, 160, 120)
    assert first.codec.template is not None


def test_another_size_is_another_codec() -> None:
    small = encoded([moving(0)])[0]
    large = encoded([scene(320, 240)])[0]
    codec = small.codec
    assert codec.after(small) is codec
    other = codec.after(large)
    assert (other.width, other.height) == (320, 240)
    assert not codec.same_as(other)
    assert other.same_as(other.after(large))


def test_another_size_of_pushed_pictures_too() -> None:
    small = encoded([moving(0)], "mjpeg")[0]
    large = encoded([scene(320, 240)], "mjpeg")[0]
    assert jpeg_size(small.data) == (160, 120)
    assert small.codec.after(small) is small.codec
    assert small.codec.after(large).width == 320


def test_a_codec_outlives_its_container() -> None:
    data = io.BytesIO()
    with av.open(data, "w", format="mpegts") as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        for number in range(3):
            picture = av.VideoFrame.from_ndarray(moving(number), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    with av.open(io.BytesIO(data.getvalue())) as container:
        codec = Codec.of(container.streams.video[0])
    assert (codec.name, codec.width) == ("h264", 160)
    assert codec.template is not None
    with av.open(io.BytesIO(), "w", format="mp4") as out:
        assert out.add_stream_from_template(codec.template, opaque=True).width == 160


def test_parameters_stand_in_key_packets_alone() -> None:
    first, second = walk()[:2]
    assert parameter_sets("h264", first.data)
    assert not parameter_sets("h264", second.data)
    assert not parameter_sets("h264", b"\0\0\0\x05lengths in front")
    assert not parameter_sets("vp9", first.data)


def test_what_nothing_is_built_upon() -> None:
    start = b"\0\0\0\1"
    assert not is_needed("h264", start + b"\x01rest")
    assert is_needed("h264", start + b"\x41rest")
    assert is_needed("h264", start + b"\x67sets alone")
    assert is_needed("hevc", start + b"\x01rest")


def test_broken_pictures_have_no_size() -> None:
    for data in (b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\0", b"\xff\xd8\x00\x00" * 5):
        assert jpeg_size(data) is None


def test_stamps_in_seconds() -> None:
    piece = Piece(b"", 180_000, None, 0, TICK, True, 0.0, Codec("h264"))
    assert piece.stamp_s == piece.order_s == 2.0
    piece.pts = None
    assert piece.stamp_s is piece.order_s is None
