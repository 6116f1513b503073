"""The page's geometry, which is JavaScript: run by node where there is one."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

import awry.watch.web.pages

NODE = shutil.which("node")
HERE = Path(__file__).parent


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_zones_are_drawn_and_judged_as_the_site_does(tmp_path: Path) -> None:
    assert NODE is not None
    static = Path(awry.watch.web.pages.__file__).parent / "static" / "watch"
    for name in ("polygons.js", "zones_drawn.js", "addresses.js"):
        shutil.copy(static / name, tmp_path)
    (tmp_path / "package.json").write_text('{"type": "module"}')  # as browsers take them
    cases = HERE.parents[1] / "site" / "polygons.json"
    env = {**os.environ, "AWRY_STATIC": str(tmp_path), "AWRY_CASES": str(cases)}
    done = subprocess.run(
        [NODE, "--no-warnings", "--test", str(HERE / "geometry.test.mjs")],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
