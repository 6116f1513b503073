"""A process of a site, by its pipes: it is told, it ends, it crashes, its supervisor goes away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from awry.watch.ipc.codec import encode
from awry.watch.ipc.wire import Parcels, parcel
from awry.watch.messages import Configure, Message, Stop
from awry.watch.supervisor import child

TESTS = Path(__file__).parents[2]
SETTINGS = '{"camera": {"detect": "rtsp://me:open-sesame@h/1"}}'


def started(kind: str, name: str, folder: Path) -> subprocess.Popen[bytes]:
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent / "src")])
    environment = {**os.environ, "PYTHONPATH": paths, "AWRY_WATCH_FOLDER": str(folder)}
    return subprocess.Popen(
        [sys.executable, "-m", "fake_site", kind, name],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
    )


def said(*messages: Message) -> bytes:
    return b"".join(parcel(encode(one)) for one in messages)


def lines(log: bytes) -> list[Any]:
    return [json.loads(one) for one in log.decode().splitlines() if one.startswith("{")]


def test_told_to_stop_it_ends_in_order(tmp_path: Path) -> None:
    with started("ingest", "door", tmp_path) as one:
        out, log = one.communicate(said(Configure(SETTINGS), Stop()), 30)
    assert one.returncode == 0
    assert len(Parcels().feed(out)) >= 1
    assert b"a print of a library" in log
    (warning,) = lines(log)
    assert warning["process"] == "ingest door"
    assert "rtsp://***" in warning["message"]
    assert b"sesame" not in log


def test_a_crash_is_told_with_its_traceback_but_no_secret(tmp_path: Path) -> None:
    with started("ingest", "crash-it", tmp_path) as one:
        _, log = one.communicate(said(Configure(SETTINGS)), 30)
    assert one.returncode == 1
    (error,) = lines(log)
    assert error["level"] == "error"
    assert "RuntimeError: It was told to crash." in error["message"]
    assert b"sesame" not in log


def test_without_settings_it_ends(tmp_path: Path) -> None:
    with started("ingest", "door", tmp_path) as one:
        one.communicate(b"", 30)
    assert one.returncode == 4


def test_a_signal_asks_for_an_orderly_end(tmp_path: Path) -> None:
    with started("ingest", "door", tmp_path) as one:
        assert one.stdin is not None
        assert one.stderr is not None
        one.stdin.write(said(Configure(SETTINGS)))
        one.stdin.flush()
        one.stderr.readline()
        one.send_signal(signal.SIGINT)  # a terminal's Ctrl-C is not its affair
        one.send_signal(signal.SIGTERM)
        one.communicate(timeout=30)
    assert one.returncode == 0


def test_one_that_hangs_does_not_outlive_its_supervisor(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = (
        "import os, time\n"
        "from awry.watch.supervisor import child\n"
        "child.ORPHAN_S = 0.1\n"
        "os._exit(child.main(['ingest', 'door'], lambda context: time.sleep(100)))\n"
    )
    environment = {**os.environ, "AWRY_WATCH_FOLDER": str(tmp_path)}
    environment["PYTHONPATH"] = str(TESTS.parent / "src")
    command = [sys.executable, "-c", code]
    done = subprocess.run(
        command, input=said(Configure("{}")), capture_output=True, timeout=60, env=environment
    )
    assert done.returncode == 3


def test_the_log_holds_what_awry_says_and_what_libraries_warn_of() -> None:
    code = (
        "import logging\n"
        "from awry.watch.supervisor.child import Scrubber, _logging\n"
        "_logging('keeper', Scrubber(()))\n"
        "import alembic.runtime.plugins\n"
        "for name in ('alembic.runtime.plugins', 'sqlalchemy.engine', 'awry.watch'):\n"
        "    logging.getLogger(name).info('setup of %s', name)\n"
        "    logging.getLogger(name).warning('of %s', name)\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(TESTS.parent / "src")}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=environment)
    assert [(one["level"], one["message"]) for one in lines(done.stderr)] == [
        ("warning", "of alembic.runtime.plugins"),
        ("warning", "of sqlalchemy.engine"),
        ("info", "setup of awry.watch"),
        ("warning", "of awry.watch"),
    ]


def test_a_light_process_loads_nothing_heavy() -> None:
    code = (
        "import sys, awry.watch.supervisor.run, awry.watch.supervisor.asking, awry.training.bundle;"
        "import awry.watch.supervisor.child;"
        "pages = int(open('/proc/self/statm').read().split()[1]);"
        "print([one for one in ('torch', 'av', 'cv2') if one in sys.modules], pages * 4 // 1024)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(TESTS.parent / "src")},
    )
    heavy, _, mebibytes = done.stdout.strip().rpartition(" ")
    assert heavy == "[]", done.stderr
    assert int(mebibytes) < 100


def test_the_module_is_what_the_supervisor_starts() -> None:
    assert child.__name__ == "awry.watch.supervisor.child"
