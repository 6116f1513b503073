"""Asking a site: who answers, and what is said where nobody does."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.ipc import places
from awry.watch.ipc.channel import SocketHub
from awry.watch.messages import Answer, Request
from awry.watch.store.layout import Layout
from awry.watch.supervisor import processes, request
from awry.watch.supervisor.owner import owned


@contextmanager
def answering(layout: Layout, answer: Callable[[Request], Answer | None]) -> Iterator[None]:
    """A supervisor that answers requests, but for those where it has no answer."""
    ended = threading.Event()
    with owned(layout) as store:
        hub = SocketHub(places.control(store.folder))

        def serve() -> None:
            while not ended.is_set():
                for received in hub.poll(0.02):
                    assert isinstance(received.message, Request)
                    if (said := answer(received.message)) is not None:
                        hub.send(received.sender.process, received.sender.name, said)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            hub.close()


def test_an_answer_comes_back(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    with answering(layout, lambda asked: Answer(asked.uid, json.dumps({"did": asked.action}))):
        answer = request(tmp_path, Request("u", "pin", by="command"))
    assert answer == Answer("u", '{"did": "pin"}')


def test_the_processes_are_listed(tmp_path: Path) -> None:
    listed = [{"process": "web", "name": "", "pid": 5, "state": "running", "restarts": 0}]
    with answering(
        Layout(tmp_path), lambda one: Answer(one.uid, json.dumps({"processes": listed}))
    ):
        assert processes(tmp_path) == listed


def test_no_answer_in_time_is_said(tmp_path: Path) -> None:
    with answering(Layout(tmp_path), lambda asked: None), pytest.raises(InputError, match="within"):
        request(tmp_path, Request("u", "pin"), timeout_s=0.05)


def test_where_no_site_runs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="No `awry watch run` runs"):
        request(tmp_path, Request("u", "pin"))


def test_where_a_site_was_killed(tmp_path: Path) -> None:
    folder = places.make_folder()
    layout = Layout(tmp_path)
    layout.running.write_text(json.dumps({"folder": str(folder)}))
    layout.lock.touch()
    with pytest.raises(InputError, match="No `awry watch run` runs"):
        request(tmp_path, Request("u", "pin"))
    folder.rmdir()
