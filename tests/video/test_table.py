from __future__ import annotations

import av
import pytest

from awry.video.files import VideoFile
from awry.video.table import FrameTable

_KEYS = {"bf": "0", "g": "10"}


def _fragments(numbered, path) -> list[bytes]:
    """An mp4's beginning, and its fragments of ten frames."""
    whole = numbered.make("whole.mp4", "libx264", options=_KEYS)
    flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(str(whole)) as source, av.open(str(path), "w", options=flags) as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                container.mux(packet)
    data = path.read_bytes()
    places = [0]
    while (place := data.find(b"moof", places[-1] + 5)) > 0:
        places.append(place - 4)
    return [data[a:b] for a, b in zip(places, [*places[1:], len(data)], strict=True)]


def test_fragments_of_an_mp4_are_read_whole(numbered, tmp_path) -> None:
    path = tmp_path / "a.mp4"
    assert len(_fragments(numbered, path)) == 7
    source = VideoFile(path)
    assert [frame.index for frame in source] == list(range(60))
    assert source.health.ok
    assert source.announced() == 60


def test_a_fragment_that_is_gone_keeps_its_frames_places(numbered, tmp_path) -> None:
    path = tmp_path / "a.mp4"
    start, *fragments = _fragments(numbered, path)
    path.write_bytes(start + b"".join(fragments[:2] + fragments[3:]))
    source = VideoFile(path)
    frames = list(source)
    assert [frame.index for frame in frames] == [*range(20), *range(30, 60)]
    assert [numbered.read(frame.image) for frame in frames] == [frame.index for frame in frames]
    assert source.announced() == 60


def test_empty_entries_of_an_mp4_number_the_others(numbered) -> None:
    path = numbered.make("a.mp4", "libx264", 30, bad=[0, 1, 2, 12], options=_KEYS)
    with av.open(str(path)) as container:
        table = FrameTable(container)
        assert table.gaps_are_losses
        first = next(packet for packet in container.demux(video=0) if packet.size)
        assert table.number_of(first) == 3
    source = VideoFile(path)
    assert next(iter(source)).index == 3
    assert source.announced() == 30


@pytest.mark.parametrize(("ending", "codec"), [("mp4", "libx264"), ("avi", "mjpeg")])
def test_a_whole_table_says_that_gaps_are_none_of_losses(numbered, ending, codec) -> None:
    with av.open(str(numbered.make(f"a.{ending}", codec, 6))) as container:
        table = FrameTable(container)
        assert not table.gaps_are_losses
        assert table.tells_where
