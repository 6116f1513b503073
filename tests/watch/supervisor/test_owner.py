"""One supervisor a store, and nobody of an earlier one."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path

import pytest

from awry.errors import InputError, WriteError
from awry.watch.store.layout import Layout
from awry.watch.supervisor.owner import owned, sockets_of


def never(seconds: float) -> None:
    raise AssertionError("nothing is to be waited for")


def test_while_it_is_owned_it_can_be_found(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "store")
    assert sockets_of(layout) is None
    with owned(layout, never) as store:
        assert sockets_of(layout) == store.folder
        assert layout.running.stat().st_mode & 0o777 == 0o600
        assert json.loads(layout.running.read_text())["pid"] == os.getpid()
        with pytest.raises(InputError, match="in use"), owned(layout, never):
            pass
        assert sockets_of(layout) == store.folder
    assert not store.folder.exists()
    assert sockets_of(layout) is None


def test_processes_that_were_left_behind_are_waited_for(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    left = os.open(layout.processes, os.O_RDWR | os.O_CREAT)
    fcntl.flock(left, fcntl.LOCK_EX)
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 3:
            os.close(left)

    with owned(layout, wait):
        assert len(waits) == 3


def test_processes_that_do_not_end_are_said(tmp_path: Path) -> None:
    layout = Layout(tmp_path)
    left = os.open(layout.processes, os.O_RDWR | os.O_CREAT)
    fcntl.flock(left, fcntl.LOCK_EX)
    waits: list[float] = []
    try:
        with pytest.raises(InputError, match="still running"), owned(layout, waits.append):
            pass
        assert sum(waits) == pytest.approx(30, abs=1)
    finally:
        os.close(left)
    with owned(layout, never):
        pass


def test_the_sockets_of_a_killed_one_are_removed(tmp_path: Path) -> None:
    layout, left = Layout(tmp_path), tmp_path / "awry-left"
    left.mkdir(mode=0o700)
    (left / "keeper").touch()
    layout.running.write_text(json.dumps({"folder": str(left)}))
    with owned(layout, never):
        assert not left.exists()


@pytest.mark.parametrize(
    "text", ["", "[]", '{"folder": 5}', '{"folder": "/etc"}', '{"folder": ""}']
)
def test_a_strange_word_of_before_removes_nothing(tmp_path: Path, text: str) -> None:
    layout = Layout(tmp_path)
    layout.running.write_text(text)
    with owned(layout, never):
        assert Path("/etc").is_dir()


def test_a_store_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError), owned(Layout(tmp_path / "file" / "store"), never):
        pass
