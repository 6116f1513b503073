from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from awry.errors import InputError, WriteError
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold, is_held

PROGRAM = """
import sys
import time
from pathlib import Path
from awry.watch.store.layout import Layout
from awry.watch.store.lock import hold
with hold(Layout(Path(sys.argv[1]))):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_store_has_one_owner_also_among_processes(tmp_path: Path) -> None:
    layout = Layout(tmp_path / "store")
    assert not is_held(layout)
    assert not layout.root.exists()
    words = [sys.executable, "-c", PROGRAM, str(layout.root)]
    with subprocess.Popen(words, stdin=-1, stdout=-1, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        assert is_held(layout)
        with pytest.raises(InputError, match="another `awry watch` runs on this store"):
            hold(layout, wait_s=0.0).__enter__()
        other.kill()
    with hold(layout):
        assert is_held(layout)
    assert not is_held(layout)


def test_an_owner_waits_for_somebody_who_only_asks(tmp_path: Path) -> None:
    layout, asked = Layout(tmp_path), []

    def ask(_lock: object) -> None:
        asked.append(held.pop().__exit__(None, None, None) if held else None)

    held = [hold(layout)]
    held[0].__enter__()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(time, "sleep", ask)  # while it waits, the other lets go
        with hold(layout):
            assert is_held(layout)
    assert len(asked) == 1


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WriteError, match="Permission denied"):
        hold(Layout(tmp_path / "store")).__enter__()


def test_a_store_below_a_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="Not a directory"):
        hold(Layout(tmp_path / "file" / "store")).__enter__()
