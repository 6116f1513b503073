from __future__ import annotations

import threading

import numpy as np
import pytest

from awry.watch.clock import ManualClock
from awry.watch.ingest.connection import Limits
from awry.watch.ingest.packets import Lost, Opened, Piece
from awry.watch.simulation.camera import FakeCamera, FakeFeed, Reel
from awry.watch.simulation.detector import NORMAL, ODD, PATCH


@pytest.fixture(scope="module")
def reel() -> Reel:
    return Reel(1)


def connected(camera: FakeCamera) -> FakeFeed:
    return camera.open("", Limits(), threading.Event())


def brightness(reel: Reel, piece: Piece) -> float:
    (decoded,) = reel.decoder(reel.codec).decode(piece)
    return float(decoded.picture.to_ndarray(format="rgb24")[PATCH].mean())


def test_pictures_come_on_time_and_odd_ones_when_they_should(reel: Reel) -> None:
    clock = ManualClock()
    zero = clock.monotonic()
    feed = connected(FakeCamera(clock, reel, [(zero + 2, zero + 3)], 2.0))
    opened, first = feed.take()
    assert isinstance(opened, Opened)
    assert isinstance(first, Piece)
    assert not feed.take()
    clock.advance(4)
    pieces = [one for one in feed.take() if isinstance(one, Piece)]
    values = [brightness(reel, one) for one in (first, *pieces)]
    wanted = [NORMAL] * 4 + [ODD] * 2 + [NORMAL] * 3
    np.testing.assert_allclose(values, wanted, atol=6)


def test_which_anomaly_it_is(reel: Reel) -> None:
    camera = FakeCamera(ManualClock(), reel, [(10, 12), (20, 22)], 1.0)
    assert [camera.anomaly(at) for at in (9, 10, 12, 21, 99)] == [None, 0, None, 1, None]


def test_faults(reel: Reel) -> None:
    clock = ManualClock()
    camera = FakeCamera(clock, reel, [], 1.0)
    feed = connected(camera)
    feed.take()
    camera.silent = True
    clock.advance(5)
    assert not feed.take()
    camera.silent, camera.away = False, True
    assert [type(one) for one in feed.take()] == [Lost]
    assert not feed.take()
    assert [type(one) for one in connected(camera).take()] == [Lost]
