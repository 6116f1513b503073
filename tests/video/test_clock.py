from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from PIL import Image

from awry.errors import ConfigError
from awry.video.clock import clock_time, container_start, parse_start, picture_start


@pytest.fixture(autouse=True)
def in_nepal(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "XXX-05:45")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("2026-11-28T22:00", "2026-11-28T22:00:00+05:45"),
        ("2026-11-28 22:00:30", "2026-11-28T22:00:30+05:45"),
        ("2026-11-28T22:00Z", "2026-11-28T22:00:00+00:00"),
        ("2026-11-28T22:00:00.5-03:00", "2026-11-28T22:00:00.500000-03:00"),
    ],
)
def test_a_start_with_and_without_a_zone(text: str, iso: str) -> None:
    assert parse_start(text).isoformat() == iso


@pytest.mark.parametrize("text", ["", "tonight", "2026-11-28", "22:00", "2026-13-01T00:00"])
def test_what_is_no_start(text: str) -> None:
    with pytest.raises(ConfigError, match="expected a date and a time of day"):
        parse_start(text)


@pytest.mark.parametrize(
    ("metadata", "iso"),
    [
        ({"creation_time": "2026-11-28T22:00:00.000000Z"}, "2026-11-28T22:00:00+00:00"),
        (
            {
                "creation_time": "2026-11-28T22:00:00.000000Z",
                "com.apple.quicktime.creationdate": "2026-11-28T23:00:00+0100",
            },
            "2026-11-28T23:00:00+01:00",
        ),
        ({"date": "2026-11-28 22:00:00"}, "2026-11-28T22:00:00+05:45"),
        ({"creation_time": "1970-01-01T00:00:00.000000Z"}, None),
        ({"creation_time": "0000-00-00"}, None),
        ({"date": "2026"}, None),
        ({"date": "2026-11-28"}, None),
        ({}, None),
    ],
)
def test_the_start_in_a_containers_metadata(metadata: dict[str, str], iso: str | None) -> None:
    found = container_start(metadata)
    assert (found.isoformat() if found else None) == iso


@pytest.mark.parametrize(
    ("taken", "offset", "iso"),
    [
        ("2026:11:28 22:00:07", None, "2026-11-28T22:00:07+05:45"),
        ("2026:11:28 22:00:07", "+01:00", "2026-11-28T22:00:07+01:00"),
        ("    :  :     :  :  ", None, None),
        ("2000:01:01 00:00:00", None, None),
        (None, None, None),
    ],
)
def test_the_start_in_a_picture(
    tmp_path: Path, taken: str | None, offset: str | None, iso: str | None
) -> None:
    picture = Image.new("RGB", (4, 4))
    exif = picture.getexif()
    if taken:
        exif.get_ifd(0x8769)[0x9003] = taken
    if offset:
        exif.get_ifd(0x8769)[0x9011] = offset
    picture.save(tmp_path / "a.jpg", exif=exif)
    found = picture_start(tmp_path / "a.jpg")
    assert (found.isoformat() if found else None) == iso
    (tmp_path / "b.jpg").write_bytes(b"no picture")
    assert picture_start(tmp_path / "b.jpg") is None


def test_clock_time_of_a_frame() -> None:
    start = datetime.fromisoformat("2026-12-31T23:59:59.900+05:45")
    assert clock_time(start, 0.25) == "2027-01-01T00:00:00.150+05:45"
    assert clock_time(start, None) is None
    assert clock_time(None, 1.0) is None
