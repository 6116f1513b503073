from __future__ import annotations

import threading

import numpy as np
import pytest

from awry.errors import MissingError
from awry.watch.clock import ManualClock
from awry.watch.ingest import drawn
from awry.watch.ingest.clip_file import Facts, RealDisk
from awry.watch.ingest.connection import AvFeed, Feed, Limits
from awry.watch.ingest.decode import PacketDecoder
from awry.watch.ingest.drawn import CameraOpener, PictureEncoder
from awry.watch.ingest.growing import GrowingFile
from awry.watch.ingest.packets import Lost, Opened, Piece

SQUARE = "synthetic://square?height=120&fps=5"


def opened(clock: ManualClock, address: str = SQUARE) -> Feed:
    return CameraOpener(clock)(address, Limits(), threading.Event())


def test_pictures_come_when_they_are_due() -> None:
    clock = ManualClock()
    feed = opened(clock)
    first, picture = feed.take()
    assert isinstance(first, Opened)
    assert (first.video.name, first.video.width, first.video.height) == ("vp9", 214, 120)
    assert isinstance(picture, Piece)
    assert picture.is_key
    assert feed.take() == []
    clock.advance(1.01)
    assert len(feed.take()) == 5
    feed.close()
    clock.advance(1)
    assert feed.take() == []


def test_they_decode_and_show_the_scene() -> None:
    clock = ManualClock()
    feed = opened(clock)
    first, *pieces = feed.take()
    for _ in range(20):
        clock.advance(0.2)
        pieces += feed.take()
    assert isinstance(first, Opened)
    decoder = PacketDecoder(first.video)
    seen = [one for piece in pieces if isinstance(piece, Piece) for one in decoder.decode(piece)]
    assert len(seen) == len(pieces) == 21
    assert [number for number, one in enumerate(pieces) if one.is_key] == [0, 10, 20]
    image = seen[-1].picture.to_ndarray(format="rgb24").astype(int)
    scene = drawn.scene_of(SQUARE)
    assert np.abs(image - scene.picture(pieces[-1].camera_s)).mean() < 6


def test_a_clock_that_jumps_makes_no_flood() -> None:
    clock = ManualClock()
    feed = opened(clock)
    feed.take()
    clock.advance(3600)
    assert len(feed.take()) <= 1
    clock.jump(-7200)
    (lost,) = feed.take()
    assert isinstance(lost, Lost)
    assert not lost.settings
    assert feed.take() == []


def test_an_address_that_is_wrong_is_said_once() -> None:
    feed = opened(ManualClock(), "synthetic://moon")
    (lost,) = feed.take()
    assert isinstance(lost, Lost)
    assert lost.settings
    assert "moon" in lost.why
    assert feed.take() == []
    feed.close()


def test_other_addresses_are_opened_as_ever() -> None:
    feed = opened(ManualClock(), "http://127.0.0.1:1/live")
    assert isinstance(feed, AvFeed)
    feed.close()
    assert feed.join(20)


def test_without_an_encoder_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawn, "ENCODER", "none-such")
    with pytest.raises(MissingError, match="pip install av"):
        PictureEncoder((120, 160), 5.0)
    (lost,) = opened(ManualClock()).take()
    assert isinstance(lost, Lost)
    assert "pip install av" in lost.why


def test_packets_stand_in_a_file(tmp_path) -> None:
    encoder = PictureEncoder((120, 160), 5.0)
    grey = np.full((120, 160, 3), 90, np.uint8)
    pieces = [one for n in range(6) for one in encoder.encode(grey + n, 100 + n / 5, n / 5)]
    facts = Facts("clip", "door", 100.0, "e")
    file = GrowingFile(tmp_path, "a.mp4", pieces[0], facts, RealDisk())
    for piece in pieces:
        file.write(piece)
    written = file.finish()
    assert (written.codec, written.start, round(written.end, 2)) == ("vp9", 100.0, 101.2)
