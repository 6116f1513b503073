"""Work in a process of its own."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from awry.watch.checking.apart import ApartError, environment, work_apart

PROGRAM = """
import json, os, sys
given = json.load(sys.stdin)
print("noise of a library")
print(json.dumps({"share": 0.5}), flush=True)
if given.get("end"):
    sys.exit(1)
if given.get("hang"):
    import threading
    threading.Event().wait()
told = {"given": given, "argv": sys.argv[1:], "secret": os.environ.get("MY_SECRET")}
print(json.dumps(told))
"""


@pytest.fixture(autouse=True)
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A module that such a process finds, and a secret of our environment."""
    (tmp_path / "apart_program.py").write_text(PROGRAM)
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{':'.join(sys.path)}")
    monkeypatch.setenv("MY_SECRET", "s3cret")


def test_what_is_given_and_said() -> None:
    heard: list[dict[str, Any]] = []
    last = work_apart("apart_program", {"address": "rtsp://x"}, 30, heard.append)
    assert heard == [{"share": 0.5}]
    assert last == {"given": {"address": "rtsp://x"}, "argv": [], "secret": None}


def test_one_that_is_ended_for_its_time_has_said_what_it_said() -> None:
    assert work_apart("apart_program", {"hang": True}, 1.0) == {"share": 0.5}


def test_one_that_says_nothing() -> None:
    with pytest.raises(ApartError):
        work_apart("no_such_module_of_ours", {}, 30)


def test_the_environment_holds_no_secret() -> None:
    assert "MY_SECRET" not in environment()
    assert environment()["OMP_NUM_THREADS"] == "1"
