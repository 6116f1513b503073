"""What a process is given: pipe, links, mailboxes."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from awry.watch.ipc import places
from awry.watch.ipc.codec import decode, encode
from awry.watch.ipc.context import Pipe, ProcessContext
from awry.watch.ipc.frames import GridFrame
from awry.watch.ipc.wire import Parcels, parcel
from awry.watch.messages import Beat, Configure, Message, Request, Stop, Train


class Supervisor:
    """The other ends of a process's pipe."""

    def __init__(self) -> None:
        child_in, self.to = os.pipe()
        self.back, child_out = os.pipe()
        os.set_blocking(self.back, False)
        self.orphaned = threading.Event()
        self.child_files = (child_in, child_out)
        self.pipe = Pipe(child_in, child_out, self.orphaned.set)

    def say(self, message: Message) -> None:
        os.write(self.to, parcel(encode(message)))

    def heard(self) -> list[Message]:
        return [decode(one) for one in Parcels().feed(os.read(self.back, 10**6))]


@pytest.fixture
def supervisor() -> Iterator[Supervisor]:
    one = Supervisor()
    yield one
    if not one.orphaned.is_set():
        os.close(one.to)
        assert one.orphaned.wait(10)
    for file in (one.back, *one.child_files):
        os.close(file)


@pytest.fixture
def context(supervisor: Supervisor) -> Iterator[ProcessContext]:
    folder = places.make_folder()
    yield ProcessContext("ingest", "door", supervisor.pipe, folder, '"first"')
    for one in folder.iterdir():
        one.unlink()
    folder.rmdir()


def test_settings_change_when_it_polls(supervisor: Supervisor, context: ProcessContext) -> None:
    assert (context.name, context.settings) == ("door", '"first"')
    supervisor.say(Configure('"second"'))
    came: list[Message] = []
    while not came:
        came += context.poll()
    assert came == [Configure('"second"')]
    assert context.settings == '"second"'


def test_it_beats_once_a_second_and_says_the_rest(
    supervisor: Supervisor, context: ProcessContext
) -> None:
    for _ in range(3):
        context.poll()
    context.say(Train("door"))
    assert supervisor.heard() == [Beat(), Train("door")]


def test_a_supervisor_that_reads_nothing_holds_up_nobody(
    supervisor: Supervisor, context: ProcessContext
) -> None:
    for _ in range(5):
        context.say(Train("x" * 100_000))
        supervisor.pipe.say(Beat())
    parcels, came = Parcels(), []
    while len(came) < 5:
        context.poll()
        supervisor.pipe.say(Beat())
        came += [decode(one) for one in parcels.feed(os.read(supervisor.back, 10**6))]
    assert came[:5] == [Train("x" * 100_000)] * 5


def test_the_end_of_the_supervisor_is_a_stop(supervisor: Supervisor) -> None:
    os.close(supervisor.to)
    assert supervisor.orphaned.wait(10)
    assert supervisor.pipe.receive(1.0) == [Stop()]


def test_a_process_tells_itself_of_signals(supervisor: Supervisor) -> None:
    supervisor.pipe.tell(Stop())
    assert supervisor.pipe.receive() == [Stop()]
    assert supervisor.pipe.receive() == []


def test_its_sockets_meet(context: ProcessContext, supervisor: Supervisor) -> None:
    hub = context.hub()
    context.keeper.send(Request("u", "pin"))
    (received,) = hub.poll(5)
    assert (received.sender.process, received.sender.name) == ("ingest", "door")
    assert received.sender.pid == os.getpid()
    hub.done(received)
    assert context.drain(5.0) == 0
    hub.close()
    sink, source = context.frames_out("door"), context.frames_in("door")
    sink.put(GridFrame("door", "s", 1, 0.0, np.zeros((2, 2, 3), np.uint8)))
    assert source.next(5) is not None
    source.close()
    sink.close()


def test_draining_has_an_end(context: ProcessContext) -> None:
    assert context.drain(0.05) == 0
    context.keeper.send(Request("u", "pin"))
    assert context.drain(0.05) == 1


def test_places_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / ("x" * 100)))
    folder = places.make_folder()
    assert len(str(folder)) < 60
    folder.rmdir()
