"""`awry fuse`: bundles in, bundle out."""

from __future__ import annotations

import json
from pathlib import Path


def test_a_bundle_of_two(awry, bundle: Path, shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "both"
    words = ("--data", shared_data, "--out", out, "--set", "level=frame", "--fps", 10)
    said = awry("fuse", bundle, bundle, *words)
    assert said.code == 0, said.err
    assert "Threshold" in said.out
    manifest = json.loads((out / "manifest.json").read_text())
    assert manifest["method"] == "fused"
    assert manifest["configs"]["*"]["level"] == "frame"


def test_one_alone_is_refused(awry, bundle: Path, shared_data: Path, tmp_path: Path) -> None:
    said = awry("fuse", bundle, "--data", shared_data, "--out", tmp_path / "one")
    assert said.code == 2
    assert "at least two bundles" in said.err


def test_the_overlay_names_who_spoke(awry, bundle: Path, shared_data: Path, tmp_path: Path) -> None:
    """The reason below the picture, and the events' table."""
    out = tmp_path / "both"
    fused = awry("fuse", bundle, bundle, "--data", shared_data, "--out", out, "--fps", 10)
    assert fused.code == 0, fused.err
    clip, events = shared_data / "test" / "clip0", tmp_path / "events.csv"
    words = ("--fps", 10, "--events", events, "--overlay", tmp_path / "look.mp4")
    said = awry("score", out, clip, "--out", tmp_path / "s.csv", *words)
    assert said.code == 0, said.err
    assert (tmp_path / "look.mp4").stat().st_size > 0
    assert "(FLOW)" in events.read_text()
