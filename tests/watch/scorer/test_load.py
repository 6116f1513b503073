"""How much a machine can score, and how much of it cameras take."""

from __future__ import annotations

import subprocess
import sys
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry.detector
from awry.errors import BundleError
from awry.watch.scorer import load
from awry.watch.scorer.load import (
    best_rate,
    measured_rate,
    moving_blocks,
    overload,
    planned,
    rate_of,
)
from scorer_fakes import bright_detector


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    folder = tmp_path / "bundle"
    folder.mkdir()
    (folder / "manifest.json").write_text("{}")
    return folder


@pytest.fixture
def apart(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Measurements in other processes: each says 12.5."""
    commands: list[list[str]] = []

    def run(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        commands.append(command)
        assert options["env"]["OMP_NUM_THREADS"] == "1"
        return subprocess.CompletedProcess(command, 0, b"a warning\n12.5\n", b"")

    monkeypatch.setattr(load.subprocess, "run", run)
    return commands


def test_a_bundle_is_measured_once_on_a_machine(
    bundle: Path, tmp_path: Path, apart: list[list[str]]
) -> None:
    assert rate_of(bundle, cache=tmp_path) == 12.5
    assert rate_of(bundle, cache=tmp_path) == 12.5
    assert len(apart) == 1
    rate_of(bundle, cache=tmp_path, device="cpu")
    (bundle / "manifest.json").write_text('{"seed": 7}')
    rate_of(bundle, cache=tmp_path)
    assert [command[-1] for command in apart] == ["", "cpu", ""]


def test_what_was_kept_and_is_damaged_is_measured_again(
    bundle: Path, tmp_path: Path, apart: list[list[str]]
) -> None:
    rate_of(bundle, cache=tmp_path)
    (kept,) = (tmp_path / "rates").iterdir()
    for text in ("", "[]", '{"rate": "NaN"}', '{"rate": -1}'):
        kept.write_text(text)
        assert rate_of(bundle, cache=tmp_path) == 12.5
    assert len(apart) == 5


def test_a_place_that_cannot_be_written_is_no_reason_to_fail(
    bundle: Path, tmp_path: Path, apart: list[list[str]]
) -> None:
    (tmp_path / "file").touch()
    assert rate_of(bundle, cache=tmp_path / "file") == 12.5


def test_a_failed_measurement_says_why(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess(command, 1, b"", b"Traceback\nThe hash differs.\n")

    monkeypatch.setattr(load.subprocess, "run", fails)
    with pytest.raises(BundleError, match=r"could not be measured: The hash differs\.$"):
        rate_of(bundle, cache=tmp_path)

    def hangs(command: list[str], **options: Any) -> subprocess.CompletedProcess[bytes]:
        raise subprocess.TimeoutExpired(command, options["timeout"])

    monkeypatch.setattr(load.subprocess, "run", hangs)
    with pytest.raises(BundleError, match="too slow"):
        rate_of(bundle, cache=tmp_path)
    with pytest.raises(BundleError, match="is not a bundle"):
        rate_of(tmp_path, cache=tmp_path)


def test_a_bundle_is_measured_in_pictures_a_second(
    bundle: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(awry.detector, "load", lambda path, device: bright_detector())
    assert 1 < measured_rate(bundle, seconds=0.01) < 1e6


def test_the_process_prints_the_rate(
    bundle: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(load, "measured_rate", lambda path, device: 3.5)
    assert load._main([str(bundle), ""]) == 0
    assert capsys.readouterr().out == "3.5\n"
    monkeypatch.undo()
    assert load._main([str(tmp_path), "cpu"]) == 1
    assert "is not a bundle" in capsys.readouterr().err


def test_the_fastest_few_in_a_row_count() -> None:
    times = iter([0.5] * 5 + [0.1] * 5 + [0.4] * 5)
    now = 0.0

    def work() -> None:
        nonlocal now
        now += next(times)

    assert best_rate(work, 5.0, lambda: now) == pytest.approx(10.0)
    assert best_rate(lambda: None, 0.0, lambda: 0.0) > 0


@pytest.mark.parametrize("size", [(240, 360), (3, 5), (1, 1)])
def test_blocks_move_over_a_still_ground(size: tuple[int, int]) -> None:
    first, second = islice(moving_blocks(size), 2)
    assert first.shape == (*size, 3)
    assert first.dtype == np.uint8
    if size == (240, 360):
        assert 0 < (first != second).mean() < 0.1


def test_a_load_counts_scoring_and_reading() -> None:
    wanted, rates = {"a": 10.0, "b": 5.0}, {"a": 20.0, "b": 50.0}
    assert planned(wanted, rates, 2) == pytest.approx((0.5 + 0.1 + 2 * load.READING_CORES) / 2)
    assert planned({}, {}, 2) == 0
    assert overload(0.7) == ""
    assert overload(1.234).startswith("The cameras would take 123% of what")


def test_asking_needs_no_networks() -> None:
    code = (
        "import sys, awry.watch.scorer.load; print(sorted({'torch', 'av', 'cv2'} & {*sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert done.stdout.strip() == b"[]"
