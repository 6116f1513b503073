"""`awry bench speed` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry as library
from awry.studies import bench


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Path:
    out = tmp_path_factory.mktemp("flow") / "bundle"
    library.fit("flow", shared_data, out=out, preset="tiny")
    return out


def test_a_bundle_that_cannot_be_measured_is_listed(
    awry, fitted: Path, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["--data", data, "--frames", 20, "--repeats", 1]
    said = awry("bench", "speed", fitted, tmp_path / "nowhere", *words, "--json")
    assert said.code == 1
    assert "nowhere is not a bundle" in said.err
    (row,) = said.json["rows"]
    assert (row["method"], row["runtime"], row["precision"]) == ("flow", "pytorch", "fp32")
    assert row["frames"] == 20
    assert row["network"]["graphs"] == {}
    assert row["start_up_s"] > 0
    # Another process, which loads everything anew, would measure the same.
    monkeypatch.setattr(bench, "_in_own_process", lambda *_: row)
    shown = awry("bench", "speed", fitted, *words)
    assert shown.code == 0
    assert "frames/s" in shown.out
    assert "ms a frame" in shown.out


def test_data_without_test_clips(awry, fitted: Path, data: Path) -> None:
    import shutil

    shutil.rmtree(data / "test")
    said = awry("bench", "speed", fitted, "--data", data)
    assert said.code == 2
    assert "no test clips" in said.err
