from __future__ import annotations

import os
from collections.abc import Iterator

import av
import numpy as np
import pytest

from awry.video.files import VideoFile

# Without and with bidirectional pictures; a key frame each second.
_PLAIN = {"bf": "0", "g": "10"}
_WITH_B = {"bf": "2", "g": "10"}
_VPX = {"g": "10", "auto-alt-ref": "1", "lag-in-frames": "16"}
_X265 = {"x265-params": "bframes=2:keyint=10:log-level=-1"}
KINDS = [
    ("avi", "mjpeg", {}),
    ("mkv", "mjpeg", {}),
    ("mov", "mjpeg", {}),
    ("avi", "mpeg4", _PLAIN),
    ("avi", "libx264", _PLAIN),
    ("mp4", "libx264", _PLAIN),
    ("mp4", "libx264", _WITH_B),
    ("mkv", "libx264", _WITH_B),
    ("flv", "libx264", _PLAIN),
    ("mp4", "mpeg4", _WITH_B),
    ("mkv", "mpeg2video", _PLAIN),
    ("ts", "mpeg2video", _PLAIN),
    ("mp4", "libx265", _X265),
    ("webm", "libvpx", _VPX),
    ("mkv", "libsvtav1", {"g": "10"}),
]


def _wrong(numbered, frames) -> list[tuple[int, int]]:
    """Index and number of the frames that are not damaged, and yet show another number."""
    shown = [(frame.index, numbered.read(frame.image)) for frame in frames if not frame.damaged]
    return [(index, number) for index, number in shown if index != number]


@pytest.fixture(autouse=True)
def usual_priority() -> Iterator[None]:
    """SVT-AV1, run by root, gives its caller real-time priority, which later programs inherit."""
    before = os.sched_getscheduler(0), os.sched_getparam(0)
    yield
    os.sched_setscheduler(0, *before)


@pytest.mark.parametrize(("ending", "codec", "options"), KINDS)
def test_ten_lost_packets_move_no_other_frame(numbered, ending, codec, options) -> None:
    path = numbered.make(f"a.{ending}", codec, bad=range(20, 30), options=options)
    source = VideoFile(path)
    frames = list(source)
    assert _wrong(numbered, frames) == []
    assert len(frames) + source.health.lost == source.announced() == 60
    assert frames[-1].index == 59
    assert [frame.time_s for frame in frames if frame.index > 40] == pytest.approx(
        [frame.index / 10 for frame in frames if frame.index > 40], abs=0.01
    )
    assert source.fps == pytest.approx(10)


@pytest.mark.parametrize(("ending", "codec", "options"), KINDS)
def test_whole_files_have_every_picture_in_its_place(numbered, ending, codec, options) -> None:
    source = VideoFile(numbered.make(f"a.{ending}", codec, options=options))
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(60))
    assert _wrong(numbered, frames) == []
    assert source.health.ok
    assert source.announced() == 60


@pytest.mark.parametrize("ending", ["ts", "mkv"])
def test_pictures_without_a_packet_are_told_by_the_steps(numbered, ending: str) -> None:
    path = numbered.make(f"a.{ending}", "libx264", dropped=range(20, 30), options=_PLAIN)
    source = VideoFile(path)
    frames = list(source)
    assert [frame.index for frame in frames] == [*range(20), *range(30, 60)]
    assert _wrong(numbered, frames) == []
    assert source.health.lost == 10
    assert "Lost frames: 10, the first is frame 20." in source.health.notes


def test_a_decoder_that_takes_nothing_more_goes_on_at_the_next_key_frame(numbered) -> None:
    path = numbered.make("a.webm", "libvpx-vp9", options=_VPX)
    with av.open(str(path)) as container:
        packets = [bytes(packet) for packet in container.demux(video=0) if packet.size]
    spoiled = bytearray(packets[23][:-1]) + b"\xc1"  # an index of frames that are not there
    path.write_bytes(path.read_bytes().replace(packets[23], bytes(spoiled)))
    source = VideoFile(path)
    frames = list(source)
    assert _wrong(numbered, frames) == []
    assert frames[-1].index == 59
    assert {*range(23), *range(30, 60)} <= {frame.index for frame in frames}
    assert len(frames) + source.health.lost == 60


def test_a_gap_in_a_file_with_a_table_of_frames_is_no_loss(numbered) -> None:
    source = VideoFile(numbered.make("a.mp4", "libx264", dropped=range(20, 30), options=_PLAIN))
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(50))
    assert frames[20].time_s == pytest.approx(3.0)
    assert source.health.ok


def test_a_variable_rate_loses_nothing(make_video) -> None:
    stamps = [0, 40, 80, 500, 540, 2000, 2010, 2050, 2400]
    source = VideoFile(make_video("a.mkv", "libx264", 9, stamps=stamps))
    assert [frame.index for frame in source] == list(range(9))
    assert source.health.ok


def test_lost_beginning_and_end_keep_their_places(numbered) -> None:
    source = VideoFile(numbered.make("a.avi", "mjpeg", bad=[0, 1, 2, 58, 59]))
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(3, 58))
    assert frames[0].time_s == pytest.approx(0.3)
    assert source.health.lost == 5


@pytest.mark.parametrize("ahead_s", [0.8, 3.0, 70.0, 9800.0])
@pytest.mark.parametrize(
    ("ending", "codec"),
    [("ts", "libx264"), ("ts", "mpeg2video"), ("mp4", "libx264"), ("mkv", "libx264"),
     ("flv", "libx264"), ("mp4", "mpeg4")],
)  # fmt: skip
def test_one_wild_stamp_moves_no_picture(numbered, ending: str, codec: str, ahead_s: float) -> None:
    options = {"bf": "0"} if codec == "libx264" else {}
    path = numbered.make(f"a.{ending}", codec, shifts={20: ahead_s}, options=options)
    source = VideoFile(path)
    frames = list(source)
    assert [numbered.read(frame.image) for frame in frames] == list(range(60))
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time_s for frame in frames] == pytest.approx(np.arange(60) / 10)
    assert source.health.lost == 0
    # Without decoding, a stamp that is ahead by less than pictures are reordered looks like one.
    assert ahead_s < 1.6 or source.announced() == 60
    assert any("runs ahead" in note for note in source.health.notes)


def test_joined_transport_streams_go_on(numbered) -> None:
    path = numbered.make("a.ts", "libx264", 30, options=_PLAIN)
    path.write_bytes(path.read_bytes() * 2)
    source = VideoFile(path)
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(60)])
    assert "starts anew" in " ".join(source.health.notes)


def test_an_avi_whose_chunks_are_gone_still_numbers_the_others(numbered) -> None:
    path = numbered.make("a.avi", "mjpeg")
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = bytearray(path.read_bytes())
    data[places[20] - 8 : places[24] - 8] = bytes(places[24] - places[20])
    path.write_bytes(data)
    source = VideoFile(path)
    frames = list(source)
    assert _wrong(numbered, frames) == []
    assert frames[-1].index == 59
    assert 4 <= source.health.lost <= 6
    assert len(frames) + source.health.lost == 60


def test_frames_missing_at_unknown_places_are_not_counted_among_the_lost(numbered) -> None:
    path = numbered.make("a.avi", "mjpeg")
    with av.open(str(path)) as container:
        places = [packet.pos for packet in container.demux(video=0) if packet.size]
    data = path.read_bytes()
    # Without its index, and with some chunks cut out, the file tells no numbers.
    path.write_bytes(data[: places[20] + 100] + data[places[24] + 100 : data.rfind(b"idx1")])
    source = VideoFile(path)
    frames = list(source)
    assert len(frames) + source.health.lost < 60
    assert "does not tell where" in " ".join(source.health.notes)


def test_a_matroska_file_that_was_cut_off_says_so(numbered) -> None:
    path = numbered.make("a.mkv", "libx264", options=_PLAIN)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = VideoFile(path)
    frames = list(source)
    assert len(frames) + source.health.lost == 60
    assert "missing at its end" in " ".join(source.health.notes)


def test_frames_behind_a_lost_picture_are_damaged_up_to_the_key_frame(numbered) -> None:
    source = VideoFile(numbered.make("a.mkv", "libx264", bad=[23], options=_PLAIN))
    frames = list(source)
    assert [frame.index for frame in frames if frame.damaged] == list(range(24, 30))


def test_a_picture_of_another_size_in_the_middle_is_delivered(numbered) -> None:
    path = numbered.make("a.ts", "libx264", 20, options=_PLAIN)
    wide = path.with_name("wide.ts")
    with av.open(str(wide), "w") as container:
        stream = container.add_stream("libx264", rate=10, options=_PLAIN)
        stream.width, stream.height, stream.pix_fmt = 192, 144, "yuv420p"
        for i in range(10):
            image = np.full((144, 192, 3), 20 * i, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image)))
        container.mux(stream.encode())
    path.write_bytes(path.read_bytes() + wide.read_bytes())
    sizes = [frame.image.shape[:2] for frame in VideoFile(path)]
    assert sizes == [(96, 128)] * 20 + [(144, 192)] * 10
