"""What the pages' scripts reckon without a browser."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

SUITE = Path(__file__).parent / "scripts"


@pytest.mark.skipif(shutil.which("node") is None, reason="there is no node")
def test_scripts_by_node() -> None:
    files = sorted(str(one) for one in SUITE.glob("*.test.mjs"))
    assert files
    done = subprocess.run(
        ["node", "--test", *files], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
