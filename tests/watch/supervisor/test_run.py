"""A whole site of playing processes: started, asked, reloaded, ended."""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from awry.errors import AwryError, InputError
from awry.watch.ipc import places
from awry.watch.messages import Request, new_uid
from awry.watch.site.model import Site
from awry.watch.store.kept_log import LogFilter, read_log
from awry.watch.store.layout import Layout
from awry.watch.store.restore import Restored, Wish
from awry.watch.supervisor import processes, reload, request, run, run_site
from awry.watch.supervisor.logs import SiteLog
from awry.watch.supervisor.owner import sockets_of
from awry.watch.supervisor.scrub import Scrubber

SITE = """
store: {store}
web: {{enabled: false}}
cameras:
  door:
    detect: rtsp://root:{password}@127.0.0.1/live
"""
TESTS = Path(__file__).parents[2]


class Running:
    """A site that runs in a thread."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / "store"
        self.file = folder / "site.yaml"
        self.log, self.stop = io.StringIO(), threading.Event()
        self.write("open-sesame")
        self.code: int | None = None
        self.thread = threading.Thread(target=self._run)

    def write(self, password: str, more: str = "") -> None:
        text = SITE.format(store=self.store, password=password) + more
        temporary = self.folder / "new.yaml"
        temporary.write_text(text)
        temporary.chmod(0o600)
        temporary.replace(self.file)

    def _run(self) -> None:
        self.code = run_site(self.file, log=self.log, stop=self.stop, module="fake_site")

    def notes(self) -> list[Any]:
        file = self.store / "notes.jsonl"
        whole = file.read_text().splitlines(keepends=True) if file.exists() else []
        return [json.loads(one) for one in whole if one.endswith("\n")]

    def until(self, true: Callable[[], Any]) -> None:
        end = time.monotonic() + 30
        while not true():
            assert time.monotonic() < end, self.log.getvalue()
            self.stop.wait(0.02)

    def end(self) -> None:
        self.stop.set()
        self.thread.join(30)
        assert not self.thread.is_alive()


def sessions(site: Running) -> set[str]:
    return {one[2]["session"] for one in site.notes() if one[1] == "Scored"}


def told(site: Running) -> list[Any]:
    return [one for one in site.notes() if one[2].get("reason") == "new settings"]


def refused(site: Running) -> list[bool]:
    noted = [one[2] for one in site.notes() if one[2].get("action") == "config.noted"]
    return [json.loads(one["values"])["after"]["refused"] for one in noted]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Running]:
    before = os.environ.get("PYTHONPATH", "")
    paths = [str(TESTS), str(TESTS.parent / "src"), before]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))
    monkeypatch.setattr(reload, "LOOK_S", 1e9)  # it is asked to, so that each is read once
    one = Running(tmp_path)
    one.thread.start()
    try:
        one.until(lambda: "All processes run" in one.log.getvalue())
        yield one
    finally:
        one.end()


def test_everything_of_a_site_that_runs(site: Running) -> None:
    assert [(one["process"], one["name"], one["state"]) for one in processes(site.store)] == [
        ("courier", "", "running"),
        ("ingest", "door", "running"),
        ("keeper", "", "running"),
    ]
    # The keeper is asked through the supervisor.
    answer = request(site.store, Request(new_uid(), "pin"))
    assert json.loads(answer.values)["by"] == ["supervisor", ""]
    assert (
        "no process web"
        in request(site.store, Request(new_uid(), "process.restart", '{"process": "web"}')).error
    )
    assert "wants" in request(site.store, Request(new_uid(), "process.restart", "[]")).error

    # Another one is refused, and takes nothing away.
    with pytest.raises(AwryError, match="in use"):
        run_site(site.file, log=io.StringIO(), module="fake_site")
    assert sockets_of(Layout(site.store)) is not None

    # A killed process is started again, and nothing that it was told is lost.
    (pid,) = [one["pid"] for one in processes(site.store) if one["process"] == "ingest"]
    os.kill(pid, signal.SIGKILL)
    site.until(lambda: any(one[1] == "Crashed" for one in site.notes()))
    (crash,) = [one for one in site.notes() if one[1] == "Crashed"]
    assert crash[2]["reason"] == "It was ended by SIGKILL."
    site.until(lambda: len(sessions(site)) == 3)  # two of the camera, one of the courier

    # Other settings reach the process that has them alone; broken ones change nothing.
    site.write("close-sesame")
    answer = request(site.store, Request(new_uid(), "config.reload"))
    assert json.loads(answer.values) == {"said": "camera door: detect."}
    site.until(lambda: told(site))
    assert [one[0] for one in told(site)] == [["ingest", "door"]]
    site.write("third", more="    budget: 7/fortnight\n")
    answer = request(site.store, Request(new_uid(), "config.reload"))
    assert "runs on as before" in answer.error
    site.write("third", more="stroe: x\n")
    assert "stay as they were" in request(site.store, Request(new_uid(), "config.reload")).error
    site.until(lambda: len(refused(site)) == 3)
    assert refused(site) == [False, True, True]

    # No secret stands anywhere.
    said = site.log.getvalue() + (site.store / "notes.jsonl").read_text()
    assert "sesame" not in said
    assert "a print of a library" in said
    assert '"settings' not in said
    assert all(json.loads(one)["process"] for one in site.log.getvalue().splitlines())

    # It ends in order: cameras first, the keeper last.
    site.end()
    assert site.code == 0
    ended = [
        json.loads(one)["process"]
        for one in site.log.getvalue().splitlines()
        if json.loads(one)["message"] == "It has ended."
    ]
    assert ended == ["ingest door", "courier", "keeper"]
    assert sockets_of(Layout(site.store)) is None
    with pytest.raises(InputError, match="No `awry watch run` runs"):
        request(site.store, Request(new_uid(), "pin"))


def test_signals_and_the_service_manager(tmp_path: Path) -> None:
    one = Running(tmp_path)
    folder = places.make_folder()
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(folder / "n"))
        manager.settimeout(60)
        environment = {**os.environ, "PYTHONPATH": paths, "NOTIFY_SOCKET": str(folder / "n")}
        call = f"s.run_site({str(one.file)!r}, module='fake_site')"
        code = f"import sys, awry.watch.supervisor as s; sys.exit({call})"
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, stdout=subprocess.PIPE
        )

        def told(what: bytes) -> None:
            while not manager.recv(1000).startswith(what):
                pass

        told(b"READY=1")
        process.send_signal(signal.SIGHUP)
        told(b"RELOADING=1")
        told(b"READY=1")
        process.send_signal(signal.SIGTERM)
        told(b"STOPPING=1")
        log, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"nothing changed" in log
    assert log.decode().count("It has ended.") == 3
    (folder / "n").unlink()
    folder.rmdir()


def test_a_second_signal_ends_it_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Running(tmp_path)
    with monkeypatch.context() as patched:
        patched.setattr(
            run.Signals, "__enter__", lambda signals: signals.stops.extend([15, 2]) or signals
        )
        assert run_site(one.file, log=one.log, module="fake_site") == 130
    assert not list(one.store.glob("watch.json"))


def test_its_log_is_kept_without_secrets(site: Running) -> None:
    site.end()
    lines = read_log(Layout(site.store).logs, LogFilter(), limit=1000)
    said = [one.message for one in lines]
    assert "All processes run." in said
    assert "open-sesame" not in " ".join(said)


def test_a_backup_that_was_asked_for_takes_the_stores_place_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layout = Layout(tmp_path)
    done = Restored(True, "It is monday now.", Wish("monday", "anna", 1.0), "before")
    asked = []

    def restoring(place: Layout, now: float, zone: str, *, foreign: bool) -> Restored:
        asked.append((place, zone, foreign))
        return done

    monkeypatch.setattr(run, "restore_if_wished", restoring)
    out = io.StringIO()
    site = Site(store=tmp_path, timezone="Europe/Vienna")
    assert run._restored(layout, site, SiteLog(out, Scrubber())) is done
    assert asked == [(layout, "Europe/Vienna", False)]
    assert json.loads(out.getvalue())["message"] == "It is monday now."
