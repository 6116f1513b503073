from __future__ import annotations

from pathlib import Path

import pytest

from awry.video.kinds import Kind, has_footage_ending, is_video, kind_of


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.MP4", Kind.VIDEO),
        ("a.jpeg", Kind.PICTURE),
        ("a.heic", Kind.UNSUPPORTED),
        ("a.csv", Kind.OTHER),
        ("a.mp4.part", Kind.BACKUP),
        ("a.jpg~", Kind.BACKUP),
        (".a.mp4", Kind.HIDDEN),
        ("._a.mp4", Kind.LITTER),
        ("Thumbs.db", Kind.LITTER),
    ],
)
def test_an_ending_tells_without_a_look_into_the_file(name: str, kind: Kind) -> None:
    assert kind_of(name, "not-there") is kind


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"\x1a\x45\xdf\xa3" + bytes(9), Kind.VIDEO),  # Matroska
        (b"\x89PNG\r\n\x1a\n", Kind.PICTURE),
        (b"\xff\xd8\xff" + bytes(50), Kind.PICTURE),
        (b"\xff\xd8\xff" + bytes(50) + b"\xff\xd9\xff\xd8\xff", Kind.VIDEO),  # JPEG after JPEG
        (b"RIFF\0\0\0\0AVI ", Kind.VIDEO),
        (b"RIFF\0\0\0\0WEBP", Kind.PICTURE),
        (b"\0\0\0\x18ftypisom", Kind.VIDEO),
        (b"\0\0\0\x18ftypM4A ", Kind.OTHER),
        (b"\0\0\0\x18ftypheic", Kind.UNSUPPORTED),
        (b"OggS" + bytes(20), Kind.OTHER),
        ((b"\x47" + bytes(187)) * 5, Kind.VIDEO),  # a transport stream
        (b"nothing of the kind", Kind.OTHER),
        (b"", Kind.OTHER),
    ],
)
def test_without_a_known_ending_the_content_tells(
    tmp_path: Path, content: bytes, kind: Kind
) -> None:
    file = tmp_path / "unknown.0001"
    file.write_bytes(content)
    assert kind_of(file.name, file) is kind


def test_a_file_that_is_not_there_cannot_be_read(tmp_path: Path) -> None:
    assert kind_of("unknown", tmp_path / "unknown") is Kind.UNREADABLE


def test_names_alone() -> None:
    assert is_video(Path("a/b.Mkv"))
    assert not is_video(Path("a/.b.mkv"))
    assert has_footage_ending("b.png")
    assert not has_footage_ending("b.txt")
