from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from awry.errors import MissingError
from awry.watch.ingest.adopt import whole_bytes
from awry.watch.ingest.clip_file import CopiedFile, Facts, RealDisk, trouble
from awry.watch.ingest.packets import Codec, Piece
from ingest_fakes import FaultyDisk, bare, encoded, moving, placed, shown, walk

FACTS = Facts("clip", "door", 1000.0, "e1", 2, note="A note.")


def copied(path: Path, pieces: list[Piece], audio: Codec | None = None) -> CopiedFile:
    file = CopiedFile(RealDisk().create(path), pieces[0].codec, audio, FACTS)
    for piece in pieces:
        file.write(piece)
    return file


@pytest.mark.parametrize("codec", ["h264", "hevc", "mjpeg"])
def test_packets_are_copied_as_they_are(tmp_path: Path, codec: str) -> None:
    pieces = placed(walk(codec, 30), 1000.0)
    copied(tmp_path / "a.mp4", pieces).finish()
    assert shown(tmp_path / "a.mp4") == pytest.approx([number / 10 for number in range(30)])
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.name == codec
        assert Facts.read(container.metadata) == FACTS


def test_it_is_playable_while_it_grows(tmp_path: Path) -> None:
    file = copied(tmp_path / "a.mp4", placed(walk(count=30), 1000.0))
    assert whole_bytes(tmp_path / "a.mp4") == file.size
    assert len(shown(tmp_path / "a.mp4")) >= 15
    file.drop()


def test_without_stamps_pictures_stand_where_they_were_taken(tmp_path: Path) -> None:
    pieces = placed(walk("mjpeg", 12), 1000.0)
    for number, piece in enumerate(pieces):
        piece.pts = piece.dts = None
        piece.at = 1000 + number**2 / 100
    copied(tmp_path / "a.mp4", pieces).finish()
    assert shown(tmp_path / "a.mp4") == pytest.approx([n**2 / 100 for n in range(12)], abs=1e-3)


def test_stamps_that_go_back_do_not_end_the_file(tmp_path: Path) -> None:
    pieces = placed(walk(count=20), 1000.0)
    pieces[7].dts = pieces[7].pts = pieces[3].pts
    copied(tmp_path / "a.mp4", pieces).finish()
    assert len(shown(tmp_path / "a.mp4")) == 20


def sound(codec: str, format: str) -> list[Piece]:
    data = io.BytesIO()
    with av.open(data, "w", format=format) as container:
        stream = container.add_stream(codec, rate=8000)
        stream.codec_context.layout = "mono"
        for number in range(20):
            silence = np.zeros((1, 1024), np.float32 if codec == "aac" else np.int16)
            kind = "fltp" if codec == "aac" else "s16"
            frame = av.AudioFrame.from_ndarray(silence, format=kind, layout="mono")
            frame.sample_rate, frame.pts = 8000, number * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(io.BytesIO(data.getvalue())) as container:
        known = Codec.of(container.streams.audio[0])
        return [
            Piece(bytes(one), one.pts, one.dts, one.duration, one.time_base, True, 0.0, known, True)
            for one in container.demux(container.streams.audio[0])
            if one.size
        ]


def test_sound_is_kept_where_mp4_holds_it(tmp_path: Path) -> None:
    heard = placed(sound("aac", "matroska"), 1000.0)
    video = placed(walk(count=20), 1000.0)
    both = sorted([*heard, *video], key=lambda one: one.at)
    both.remove(video[0])
    file = copied(tmp_path / "a.mp4", [video[0], *both], heard[0].codec)
    assert file.note == ""
    file.finish()
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.audio[0].codec_context.name == "aac"
        assert sum(1 for _ in container.decode(audio=0)) >= 15


@pytest.mark.parametrize(("codec", "format"), [("pcm_alaw", "wav"), ("aac", "mpegts")])
def test_sound_that_mp4_does_not_hold_is_left_out(tmp_path: Path, codec: str, format: str) -> None:
    heard = sound(codec, format)
    file = copied(tmp_path / "a.mp4", placed(walk(count=5), 1000.0), heard[0].codec)
    assert file.note == f"The sound was left out: MP4 cannot hold this stream's {codec}."
    file.write(heard[0])
    file.finish()
    assert len(shown(tmp_path / "a.mp4")) == 5


def test_video_that_mp4_does_not_hold(tmp_path: Path) -> None:
    with (
        RealDisk().create(tmp_path / "a") as stream,
        pytest.raises(MissingError, match="cannot hold video in h264"),
    ):
        CopiedFile(stream, bare(0).codec, None, FACTS)


def test_a_full_disk_is_an_error_at_once(tmp_path: Path) -> None:
    pieces = placed(walk(count=100), 1000.0)
    file = CopiedFile(FaultyDisk(20_000).create(tmp_path / "a"), pieces[0].codec, None, FACTS)
    with pytest.raises(OSError, match="No space left") as error:
        list(map(file.write, pieces))
    assert trouble(error.value) == "No space left on device"
    file.drop()


def test_a_name_that_is_taken_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"theirs")
    (tmp_path / "a.mp4.part").write_bytes(b"ours")
    with pytest.raises(FileExistsError):
        RealDisk().settle(tmp_path / "a.mp4.part", tmp_path / "a.mp4")
    assert (tmp_path / "a.mp4").read_bytes() == b"theirs"
    assert (tmp_path / "a.mp4.part").read_bytes() == b"ours"


def test_a_file_system_without_links(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.link", refuse)
    part, path = tmp_path / "a.part", tmp_path / "a"
    part.write_bytes(b"ours")
    RealDisk().settle(part, path)
    assert path.read_bytes() == b"ours"
    part.write_bytes(b"more")
    with pytest.raises(FileExistsError):
        RealDisk().settle(part, path)


def test_what_is_none_of_ours_has_no_facts() -> None:
    for comment in ("", "written by awry", "[]", '{"kind": "else"}', '{"kind": "clip"}'):
        assert Facts.read({"comment": comment}) is None
    assert Facts.read({}) is None
    assert Facts.read({"comment": replace(FACTS, light="infrared").text()}).light == "infrared"


def test_troubles_in_words() -> None:
    assert trouble(MissingError("A sentence.")) == "A sentence."
    assert trouble(ValueError("internal")) == "ValueError"
    assert encoded([moving(0)])[0].is_key
