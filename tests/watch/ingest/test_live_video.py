"""Packets as MP4 that browsers play while it comes."""

from __future__ import annotations

import io

import av
import pytest

from awry.watch.ingest.live_video import LiveVideo, codecs_of
from ingest_fakes import placed, walk


@pytest.mark.parametrize(
    ("codec", "mime"),
    [
        ("h264", 'video/mp4; codecs="avc1.42c00'),
        ("hevc", 'video/mp4; codecs="hev1.1.6.L30.90'),
    ],
)
def test_each_picture_is_a_fragment_at_once(codec: str, mime: str) -> None:
    pieces = placed(walk(codec, 30), 1000.0)
    video = LiveVideo(pieces[0].codec)
    parts = [video.add(piece) for piece in pieces]
    begin = video.begin(parts[0])
    assert begin.mime.startswith(mime)
    assert (begin.codec, begin.width, begin.height) == (codec, 160, 120)
    assert b"moov" in parts[0]
    # One is held back, whose length is told by the next.
    assert [part.count(b"moof") for part in parts] == [0] + [1] * 29
    with av.open(io.BytesIO(b"".join(parts))) as container:
        shown = [float(one.time) for one in container.decode(video=0)]
    assert shown == pytest.approx([0.1 * number for number in range(29)], abs=1e-3)
    video.close()


def test_what_browsers_do_not_play_has_no_name() -> None:
    pieces = placed(walk("mjpeg", 5), 1000.0)
    video = LiveVideo(pieces[0].codec)
    assert video.begin(video.add(pieces[0])).mime == ""
    video.close()


@pytest.mark.parametrize(
    ("tail", "name"),
    [
        # Main tier and profile of a common camera; high tier, profile 2 with constraints.
        ("01 01 60000000 90 0000000000 5d", "hev1.1.6.L93.90"),
        ("01 22 20000000 b0 0000000000 99", "hev1.2.4.H153.b0"),
    ],
)
def test_names_of_h265(tail: str, name: str) -> None:
    assert codecs_of(b"....hvcC" + bytes.fromhex(tail)) == name
    assert codecs_of(b"..hvc1..hvcC" + bytes.fromhex(tail)) == name.replace("hev1", "hvc1")


@pytest.mark.parametrize(
    ("told", "name"),
    [("040c", "av01.0.04M.08"), ("0dcc", "av01.0.13H.10"), ("556c", "av01.2.21M.12")],
)
def test_names_of_av1(told: str, name: str) -> None:
    assert codecs_of(b"....av1C\x81" + bytes.fromhex(told)) == name


def test_names_of_vp9() -> None:
    assert codecs_of(b"..vpcC\1\0\0\0\x02\x15\xa2...") == "vp09.02.21.10"


def test_names_of_h264_and_of_nothing() -> None:
    assert codecs_of(b"xxxxavcC\x01\x64\x00\x1fyyy") == "avc1.64001f"
    assert codecs_of(b"") == ""
