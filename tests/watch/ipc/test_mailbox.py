"""Pictures on their way to a scorer: three wait, the newest win, either side may die."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.watch.ipc import mailbox, places
from awry.watch.ipc.frames import FrameSink, FrameSource, GridEnd, GridFrame
from awry.watch.ipc.mailbox import Mailbox, SocketSink, SocketSource
from awry.watch.ipc.memory import Wire
from awry.watch.ipc.wire import Stream, parcel


def frame(step: int, session: str = "s", dropped: int = 0) -> GridFrame:
    image = np.full((4, 6, 3), step % 256, np.uint8)
    return GridFrame("door", session, step, step / 10, image, "infrared", True, dropped)


class Road:
    def __init__(self, sink: Callable[[], FrameSink], source: Callable[[], FrameSource]) -> None:
        self.sink, self.source = sink, source


@pytest.fixture
def place() -> Iterator[Path]:
    folder = places.make_folder()
    yield places.frames(folder, "door")
    places.frames(folder, "door").unlink(missing_ok=True)
    folder.rmdir()


@pytest.fixture(params=["sockets", "memory"])
def road(request: pytest.FixtureRequest, place: Path) -> Iterator[Road]:
    if request.param == "memory":
        wire = Wire()
        yield Road(lambda: wire.frames_out("door"), lambda: wire.frames_in("door"))
        return
    opened: list[FrameSink | FrameSource] = []

    def sink() -> FrameSink:
        opened.append(one := SocketSink(place))
        return one

    def source() -> FrameSource:
        opened.append(one := SocketSource(place))
        return one

    yield Road(sink, source)
    for one in opened:
        one.close()


def taken(source: FrameSource) -> GridFrame | GridEnd:
    for _ in range(500):
        if (one := source.next(0.01)) is not None:
            return one
    raise AssertionError("no picture came")


def connected(source: FrameSource, sink: FrameSink) -> None:
    """Let a picture pass, so that the sink knows of the source."""
    assert source.next() is None
    sink.put(frame(0))
    taken(source)


def test_a_picture_arrives_whole(road: Road) -> None:
    sink, source = road.sink(), road.source()
    sink.put(frame(7, dropped=2))
    came = taken(source)
    assert isinstance(came, GridFrame)
    assert (came.camera, came.session, came.step, came.at) == ("door", "s", 7, 0.7)
    assert (came.light, came.damaged, came.dropped) == ("infrared", True, 2)
    np.testing.assert_array_equal(came.image, np.full((4, 6, 3), 7, np.uint8))
    assert source.next() is None


def test_the_newest_three_win_and_the_next_tells(road: Road) -> None:
    sink, source = road.sink(), road.source()
    connected(source, sink)
    for step in range(1, 8):
        sink.put(frame(step))
    came = [taken(source) for _ in range(3)]
    assert [(one.step, one.dropped) for one in came if isinstance(one, GridFrame)] == [
        (5, 4),
        (6, 0),
        (7, 0),
    ]
    assert sink.dropped == 4


def test_while_nobody_reads_the_next_tells_nothing(road: Road) -> None:
    sink = road.sink()
    for step in range(10):
        sink.put(frame(step))
    came = taken(road.source())
    assert isinstance(came, GridFrame)
    assert (came.step, came.dropped, sink.dropped) == (7, 0, 7)


def test_the_end_of_a_session_is_not_pushed_out(road: Road) -> None:
    sink, source = road.sink(), road.source()
    connected(source, sink)
    sink.put(frame(1))
    sink.put(GridEnd("door", "s", 0.2))
    for step in range(6):
        sink.put(frame(step, "t"))
    assert taken(source) == GridEnd("door", "s", 0.2)
    came = taken(source)
    assert isinstance(came, GridFrame)
    assert (came.session, came.step, came.dropped) == ("t", 3, 4)


def test_a_source_may_be_first_and_a_sink_may_die(road: Road) -> None:
    source = road.source()
    assert source.next() is None
    first = road.sink()
    first.put(frame(1))
    assert isinstance(taken(source), GridFrame)
    first.close()
    second = road.sink()
    second.put(frame(2))
    came = taken(source)
    assert isinstance(came, GridFrame)
    assert came.step == 2


def test_a_source_may_die(road: Road) -> None:
    sink, source = road.sink(), road.source()
    connected(source, sink)
    source.close()
    sink.put(frame(1))
    assert isinstance(taken(road.source()), GridFrame)


def test_a_mailbox_says_when_it_was_read() -> None:
    wire = Wire()
    box = Mailbox(wire.clock)
    assert box.taken_at is None
    box.put(frame(1))
    box.take()
    assert box.taken_at == wire.clock.monotonic()


def test_many_ends_do_not_pile_up() -> None:
    box = Mailbox()
    for at in range(100):
        box.put(GridEnd("door", "s", float(at)))
    assert len(box) == 3


def test_what_did_not_arrive_is_counted() -> None:
    box = Mailbox()
    box.unread(frame(1))
    box.unread(GridEnd("door", "s", 1.0))
    assert (box.dropped, box.take()) == (1, (GridEnd("door", "s", 1.0), 0))


def test_rubbish_from_the_sink_is_a_lost_connection(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "_REPLY_S", 0.05)
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(place))
        listening.listen()
        source = SocketSource(place)
        assert source.next() is None
        one, _ = listening.accept()
        with one:
            one.sendall(b"\0\0\0\1!")
            one.sendall(b"\0\0\0\3F\0?")
            assert source.next(0.05) is None
            one.settimeout(5)
            assert one.recv(100)[4:] == b"?"
            assert one.recv(100) == b""
        source.close()


def test_a_large_picture_passes(place: Path) -> None:
    sink, source = SocketSink(place), SocketSource(place)
    image = np.random.default_rng(0).integers(0, 256, (1080, 1920, 3), np.uint8)
    sink.put(GridFrame("door", "s", 0, 0.0, image))
    came = taken(source)
    assert isinstance(came, GridFrame)
    np.testing.assert_array_equal(came.image, image)
    source.close()
    sink.close()


def test_word_of_the_next_picture_that_comes_with_a_picture_is_heard(place: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(place))
        listening.listen()
        source = SocketSource(place)
        assert source.next() is None
        sink = Stream(listening.accept()[0])

    def answer() -> None:
        for step in (1, 2):
            sink.wait(5)
            sink.receive()
            # In the same breath: another picture waits.
            sink.socket.sendall(parcel(b"F", b"\0", mailbox._packed(frame(step))) + parcel(b"!"))

    sink.send(b"!")
    sink.flush()
    thread = threading.Thread(target=answer)
    thread.start()
    steps = [one.step for one in (source.next(5), source.next(5)) if isinstance(one, GridFrame)]
    thread.join()
    source.close()
    sink.close()
    assert steps == [1, 2]
