from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import SecretStr

from awry.watch.clock import ManualClock
from awry.watch.courier.hands import OwnHands
from awry.watch.courier.process import Process, run
from awry.watch.ipc.memory import MemoryContext, Wire
from awry.watch.messages import Configure, Delivered, Due, Load, Stop
from awry.watch.site.model import Receiver
from awry.watch.site.portions import CourierSettings, revealed
from awry.watch.store.database import open_database
from awry.watch.store.layout import Layout
from awry.watch.store.outbox import add_outbox
from awry.watch.store.write import put_event
from watch_courier import NOW, Sink, http_sink, stored


def settings(store: Path, *sinks: Sink) -> str:
    hooks = tuple(
        Receiver(name=f"hook{n}", to=SecretStr(sink.url), secret=SecretStr("key"))
        for n, sink in enumerate(sinks)
    )
    return revealed(CourierSettings(store=store, site="home", webhooks=hooks))


def test_what_is_due_is_sent_and_the_keeper_is_told(tmp_path: Path) -> None:
    wire = Wire(ManualClock(NOW))
    with http_sink() as sink:
        context = MemoryContext(wire, "courier", settings=settings(tmp_path, sink))
        process = Process(context, OwnHands)
        assert process.turn(), "it waits for the keeper to make the database"
        database = open_database(Layout(tmp_path))
        hub = wire.hub()
        assert process.turn()
        with database.writing() as session:
            put_event(session, stored(), NOW)
            add_outbox(session, "webhook", "hook0", "e1", "new", {}, NOW)
        hub.send("courier", "", Due())
        assert process.turn()
        assert process.turn()
        context.tell(Stop())
        assert not process.turn()
        process.close()
        database.close()
    ((_, _, body),) = sink.came
    assert json.loads(body)["event"]["reason"] == stored().reason
    said = [received.message for received in hub.poll()]
    assert [one.error for one in said if isinstance(one, Delivered)] == [""]
    assert any(isinstance(one, Load) for one in said)


def test_that_it_waits_is_said_once(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    process = Process(MemoryContext(Wire(ManualClock(NOW)), "courier", settings=settings(tmp_path)))
    for _ in range(5):
        assert process.turn()
    process.close()
    (said,) = caplog.messages
    assert said.startswith("The courier waits for the database: ")


def test_other_settings_are_taken_at_once(tmp_path: Path) -> None:
    wire = Wire(ManualClock(NOW))
    database = open_database(Layout(tmp_path))
    with http_sink() as sink, http_sink() as other:
        context = MemoryContext(wire, "courier", settings=settings(tmp_path, sink))
        hub = wire.hub()
        process = Process(context, OwnHands)
        process.turn()
        with database.writing() as session:
            add_outbox(session, "webhook", "hook1", "e1", "new", {}, NOW)
        context.tell(Configure(settings(tmp_path, sink, other)))
        process.turn()
        process.turn()
        process.close()
    database.close()
    assert (len(sink.came), len(other.came)) == (0, 1)
    answers = [one.message for one in hub.poll() if isinstance(one.message, Delivered)]
    assert [one.error for one in answers] == [""]


def test_a_stop_ends_it(tmp_path: Path) -> None:
    context = MemoryContext(Wire(ManualClock(NOW)), "courier", settings=settings(tmp_path))
    context.tell(Stop())
    run(context)
    assert context.beats


@pytest.mark.parametrize("package", ["torch", "av"])
def test_heavy_libraries_stay_out(package: str) -> None:
    code = f"import sys, awry.watch.courier.process; sys.exit({package!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
