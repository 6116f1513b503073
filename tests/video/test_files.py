from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import av
import numpy as np
import pytest

from awry.errors import SourceError
from awry.video import Source
from awry.video.files import VideoFile
from support import jpeg


def with_flipped_bytes(path: Path, count: int, seed: int, start: float = 0.2) -> Path:
    """A copy with bytes flipped between `start` and 0.9 of the file."""
    data = bytearray(path.read_bytes())
    places = np.random.default_rng(seed).integers(
        int(len(data) * start), int(len(data) * 0.9), count
    )
    for place in places:
        data[place] ^= 0xFF
    broken = path.with_name(f"broken_{path.name}")
    broken.write_bytes(data)
    return broken


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.mp4", "libx264"), ("a.avi", "mpeg4"), ("a.ts", "mpeg2video"), ("a.mkv", "libx264")],
)
def test_whole_file(make_video, texture, name: str, codec: str) -> None:
    source = VideoFile(make_video(name, codec, 30))
    frames = list(source)
    assert isinstance(source, Source)
    assert (source.name, source.fps) == ("a", 25.0)
    assert [frame.index for frame in frames] == list(range(30))
    assert [frame.time_s for frame in frames] == pytest.approx(
        [i / 25 for i in range(30)], abs=2e-3
    )
    assert source.health.ok
    for frame, image in zip(frames, texture(30), strict=True):
        assert frame.image.dtype == np.uint8
        assert frame.image.shape == image.shape
        # RGB in the right order, up to what the codec loses.
        assert np.abs(frame.image.astype(int) - image).mean() < 20


def test_reads_again_from_the_start(make_video) -> None:
    source = VideoFile(make_video("a.mp4", n=6))
    assert len(list(islice(source, 3))) == 3
    assert [frame.index for frame in source] == list(range(6))


def test_variable_rate_is_kept_and_starts_at_zero(make_video) -> None:
    stamps = [1000, 1040, 1080, 1500, 1540, 3000, 3010, 3050]
    source = VideoFile(make_video("a.mkv", "libx264", 8, stamps=stamps))
    times = [frame.time_s for frame in source]
    assert times == pytest.approx([(stamp - 1000) / 1000 for stamp in stamps])
    assert source.health.ok


@pytest.mark.parametrize(
    ("name", "codec"), [("a.mp4", "libx264"), ("a.mp4", "mpeg4"), ("a.avi", "mpeg4")]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_flipped_bytes_flag_frames_and_lose_few(make_video, name, codec, seed) -> None:
    path = make_video(name, codec)
    whole = {round(frame.time_s * 25): frame.image for frame in VideoFile(path)}
    source = VideoFile(with_flipped_bytes(path, 4, seed))
    frames = list(source)
    assert len(frames) + source.health.lost == 60
    assert len(frames) >= 56
    assert source.health.damaged == [frame.index for frame in frames if frame.damaged]
    assert source.health.damaged
    assert f"Damaged frames: {len(source.health.damaged)}" in " ".join(source.health.notes)
    # The frames that are flagged do differ; times stayed right in spite of lost frames.
    flagged = [frame for frame in frames if frame.damaged]
    wrong = [not np.array_equal(frame.image, whole[round(frame.time_s * 25)]) for frame in flagged]
    assert sum(wrong) >= 0.5 * len(wrong)


def test_a_packet_that_cannot_be_decoded_is_counted_and_taints_until_the_key_frame(
    make_video,
) -> None:
    path = make_video("a.mp4", "mpeg4", 36, gop=12)
    with av.open(str(path)) as container:
        packets = [(p.pos, p.size) for p in container.demux() if p.size]
    data = bytearray(path.read_bytes())
    position, size = packets[15]
    data[position : position + size] = bytes(size)
    path.write_bytes(data)
    source = VideoFile(path)
    frames = list(source)
    assert len(frames) == 35
    assert source.health.lost == 1
    assert [frame.index for frame in frames if frame.damaged] == list(range(16, 24))
    assert [frame.index for frame in frames] == [*range(15), *range(16, 36)]
    assert [frame.time_s for frame in frames] == pytest.approx([f.index / 25 for f in frames])
    assert source.announced() == 36


def test_stamps_that_go_back_are_replaced_and_noted(make_video) -> None:
    first = make_video("first.ts", "mpeg2video", 12)
    second = make_video("second.ts", "mpeg2video", 12)
    joined = first.with_name("joined.ts")
    joined.write_bytes(first.read_bytes() + second.read_bytes())
    source = VideoFile(joined)
    times = [frame.time_s for frame in source]
    assert len(times) == 24
    assert (np.diff(times) > 0).all()
    assert any("goes back" in note or "runs ahead" in note for note in source.health.notes)


def test_truncated_files(make_video) -> None:
    whole = make_video("a.mp4", "libx264")
    whole.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(SourceError, match="may be truncated"):
        VideoFile(whole)
    for name, codec in (("a.avi", "mpeg4"), ("a.ts", "mpeg2video")):
        path = make_video(name, codec)
        path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
        source = VideoFile(path)
        assert 10 <= len(list(source)) < 60
        # A transport stream does not announce its length.
        if name == "a.avi":
            assert source.health.lost > 0


def test_stream_that_starts_between_key_frames_is_flagged(make_video) -> None:
    path = make_video("a.ts", "libx264", 60, gop=20)
    data = path.read_bytes()
    path.write_bytes(data[188 * (len(data) // 188 // 10) :])
    frames = list(VideoFile(path))
    assert frames[0].damaged
    assert not frames[-1].damaged


@pytest.mark.parametrize("content", [b"", b"no video at all\n" * 100])
def test_no_video_is_one_sentence(tmp_path: Path, content: bytes, capfd) -> None:
    path = tmp_path / "x.mp4"
    path.write_bytes(content)
    with pytest.raises(SourceError) as caught:
        VideoFile(path)
    assert str(path) in str(caught.value)
    assert str(caught.value).count("\n") == 0
    assert capfd.readouterr().err == ""


def test_missing_file_and_sound_alone(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="No such file"):
        VideoFile(tmp_path / "missing.mp4")
    path = tmp_path / "sound.wav"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=8000, layout="mono")
        sound = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), "s16", "mono")
        sound.sample_rate = 8000
        container.mux(stream.encode(sound))
    with pytest.raises(SourceError, match="no video stream"):
        VideoFile(path)


def test_broken_data_does_not_flood_standard_error(make_video, capfd) -> None:
    list(VideoFile(with_flipped_bytes(make_video("a.mp4", "libx264"), 20, 3)))
    assert capfd.readouterr().err == ""


@pytest.mark.shared
def test_real_videos(shared: Path) -> None:
    source = VideoFile(shared / "data" / "UMN" / "Trim1.mp4")
    frames = list(islice(source, 40))
    assert source.fps == 30
    assert [frame.time_s for frame in frames] == pytest.approx([i / 30 for i in range(40)])
    assert frames[0].image.shape == (240, 320, 3)
    source = VideoFile(shared / "data" / "opencv" / "vtest.avi")
    frames = list(islice(source, 5))
    assert source.fps == 10
    assert [frame.time_s for frame in frames] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4])
    assert frames[0].image.shape == (576, 768, 3)


@pytest.mark.shared
@pytest.mark.slow
def test_real_videos_whole(shared: Path) -> None:
    # One frame of Trim1's 613 and five of Trim8's 540 are cut off by the files' edit lists.
    for name, count in (("UMN/Trim1.mp4", 612), ("UMN/Trim8.mp4", 535), ("opencv/vtest.avi", 795)):
        source = VideoFile(shared / "data" / name)
        assert sum(1 for _ in source) == count
        assert source.health.ok


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mjpeg"])
def test_pictures_of_motion_jpeg_that_are_cut_off_are_damaged(
    tmp_path: Path, texture, name: str
) -> None:
    packets = [jpeg(image) for image in texture(20)]
    cut = {4: 0.5, 5: 0.8, 11: 0.98}
    with av.open(str(tmp_path / name), "w") as container:
        stream = container.add_stream("mjpeg", rate=25)
        stream.height, stream.width, stream.pix_fmt = 96, 128, "yuvj420p"
        for number, content in enumerate(packets):
            packet = av.Packet(content[: int(len(content) * cut.get(number, 1))])
            packet.stream, packet.time_base = stream, Fraction(1, 25)
            packet.pts = packet.dts = number
            packet.is_keyframe = True
            container.mux(packet)
    source = VideoFile(tmp_path / name)
    frames = list(source)
    assert [frame.index for frame in frames] == list(range(20))
    assert source.health.damaged == [4, 5, 11]


def test_when_a_recording_began(tmp_path: Path, make_video) -> None:
    plain = make_video("a.mp4", n=4)
    assert VideoFile(plain).started_at is None
    with av.open(str(plain)) as source, av.open(str(tmp_path / "b.mp4"), "w") as target:
        target.metadata["creation_time"] = "2026-11-28T22:00:00Z"
        stream = target.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                target.mux(packet)
    began = VideoFile(tmp_path / "b.mp4").started_at
    assert began is not None
    assert began.isoformat() == "2026-11-28T22:00:00+00:00"
