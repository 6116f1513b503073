from __future__ import annotations

import struct
from itertools import accumulate

import av
import pytest

from awry.video.files import VideoFile
from awry.video.pace import measured_pace


def _pace(path):
    with av.open(str(path)) as container:
        return measured_pace(container)


@pytest.mark.parametrize("ending", ["mp4", "mkv", "ts", "mov", "avi", "flv"])
def test_a_constant_pace_is_exact(numbered, ending: str) -> None:
    codec = "mpeg4" if ending == "avi" else "libx264"
    pace = _pace(numbered.make(f"a.{ending}", codec, 30))
    assert pace.step == pytest.approx(0.1)
    assert pace.constant


def test_the_claimed_rate_is_not_believed(make_video) -> None:
    # Ten frames a second, in a file that is encoded for 1000.
    path = make_video("a.mkv", "libx264", 30, rate=1000, stamps=[100 * n for n in range(30)])
    assert VideoFile(path).fps == pytest.approx(10)


def test_rounded_stamps_give_the_rate_that_they_round(make_video) -> None:
    stamps = [round(1000 * n * 1001 / 30000) for n in range(60)]
    pace = _pace(make_video("a.mkv", "libx264", 60, stamps=stamps))
    assert pace.rate == pytest.approx(30000 / 1001, rel=1e-3)
    assert pace.constant


def test_a_variable_pace_is_the_median(make_video) -> None:
    steps = [40, 40, 40, 500, 40, 60, 40, 90, 40, 40]
    pace = _pace(make_video("a.mkv", "libx264", 11, stamps=[0, *accumulate(steps)]))
    assert pace.step == pytest.approx(0.04)
    assert not pace.constant


def test_bare_streams_have_the_rate_that_their_codec_names(numbered) -> None:
    source = VideoFile(numbered.make("a.h264", "libx264", 12))
    assert source.fps == pytest.approx(10)
    assert [frame.time_s for frame in source] == pytest.approx([n / 10 for n in range(12)])
    assert "carries no time stamps" in source.health.notes[0]


@pytest.mark.parametrize("rate", [1000, 90000])
def test_an_avi_that_claims_what_cannot_be_has_no_times(numbered, rate: int) -> None:
    path = numbered.make("a.avi", "mjpeg", 12)
    data = bytearray(path.read_bytes())
    place = data.find(b"strh") + 8 + 20  # scale and rate of the stream's header
    data[place : place + 8] = struct.pack("<2I", 1, rate)
    path.write_bytes(data)
    source = VideoFile(path)
    assert source.fps is None
    assert [(frame.index, frame.time_s) for frame in source] == [(n, None) for n in range(12)]
    assert f"claims {rate:g} frames/s, which cannot be" in source.health.notes[0]
