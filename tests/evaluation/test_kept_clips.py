"""Clips that were scored stay on disk until the figures are written."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import awry
from awry.datasets import as_dataset
from awry.datasets.base import Clip
from awry.detector import Detector
from awry.devices import Compute
from awry.evaluation import clip_scoring
from awry.evaluation.clip_scoring import ClipOptions, ClipScores, score_clip
from awry.evaluation.kept_clips import KeptClips, remove_kept


@pytest.fixture
def detector(bundle: Path) -> Detector:
    return awry.load(bundle)


def assert_same(one: Any, other: Any) -> None:
    """Equal in every field, array by array; lists may have become tuples."""
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif is_dataclass(one):
        assert type(one) is type(other)
        for each in fields(one):
            assert_same(getattr(one, each.name), getattr(other, each.name))
    elif isinstance(one, list | tuple):
        assert len(one) == len(other)
        for first, second in zip(one, other, strict=True):
            assert_same(first, second)
    elif isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            assert_same(one[name], other[name])
    else:
        assert one == other


def scored_and_kept(
    kept: KeptClips, detector: Detector, clip: Clip, options: ClipOptions
) -> ClipScores:
    scores = score_clip(detector, clip, options)
    kept.keep(clip, options, scores)
    return scores


def test_a_kept_clip_is_the_scored_one(detector: Detector, shared_data: Path, tmp_path: Path):
    clip = as_dataset(shared_data, fps=10).test[0]
    options = ClipOptions()
    first = KeptClips(tmp_path / "kept", detector)
    made = scored_and_kept(first, detector, clip, options)
    assert made.clip.peaks
    assert made.flow is not None
    second = KeptClips(tmp_path / "kept", detector)
    assert_same(made, second.find(clip, options))
    assert (first.used, second.used) == (0, 1)


@pytest.mark.parametrize("other", ["threshold", "options", "labels", "frames"])
def test_other_clips_are_scored_anew(
    detector: Detector, bundle: Path, shared_data: Path, tmp_path: Path, other: str
) -> None:
    clip = as_dataset(shared_data, fps=10).test[0]
    options = ClipOptions()
    scored_and_kept(KeptClips(tmp_path, detector), detector, clip, options)
    if other == "threshold":
        detector = awry.load(bundle, threshold=1.0)
    elif other == "options":
        options = ClipOptions(flow=False)
    elif other == "labels":
        clip = replace(clip, labels=lambda: np.zeros(60, np.uint8))
    else:
        clip = as_dataset(shared_data, fps=5).test[0]
    kept = KeptClips(tmp_path, detector)
    assert kept.find(clip, options) is None
    scored_and_kept(kept, detector, clip, options)
    assert kept.used == 0
    assert len(list(tmp_path.glob("*.npz"))) == 2


def test_a_damaged_file_is_made_anew(detector: Detector, shared_data: Path, tmp_path: Path):
    clip = as_dataset(shared_data, fps=10).test[0]
    made = scored_and_kept(KeptClips(tmp_path, detector), detector, clip, ClipOptions())
    (file,) = tmp_path.glob("*.npz")
    file.write_bytes(file.read_bytes()[:-200])
    kept = KeptClips(tmp_path, detector)
    assert kept.find(clip, ClipOptions()) is None
    again = scored_and_kept(kept, detector, clip, ClipOptions())
    assert_same(made.clip, again.clip)
    assert kept.used == 0


def test_what_is_somebody_elses_stays(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "mine.npz").write_bytes(b"")
    (tmp_path / f"{'a1' * 32}.npz").write_bytes(b"")
    remove_kept(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"notes.txt", "mine.npz"}
    remove_kept(tmp_path / "never made")


def test_the_same_call_goes_on(
    bundle: Path, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = awry.evaluate(bundle, shared_data, out=tmp_path / "whole", fps=10)
    scored: list[str] = []

    def dies_at_the_second(detector: Detector, clip: Any, options: ClipOptions) -> Any:
        scored.append(clip.name)
        if len(scored) == 2:
            raise KeyboardInterrupt
        return score_clip(detector, clip, options)

    monkeypatch.setattr(clip_scoring, "score_clip", dies_at_the_second)
    out, work = tmp_path / "out", tmp_path / "out.work"
    with pytest.raises(
        KeyboardInterrupt, match=r"stopped by Ctrl-C\. .*out\.work; the same command goes on"
    ):
        awry.evaluate(bundle, shared_data, out=out, fps=10)
    assert len(list(work.glob("*.npz"))) == 1
    result = awry.evaluate(bundle, shared_data, out=out, fps=10)
    assert len(scored) == len(set(scored)) + 1 == 3
    assert not work.exists()
    assert result.metrics["frame"] == whole.metrics["frame"]
    assert result.metrics["event"] == whole.metrics["event"]
    names = sorted(path.name for path in out.iterdir())
    assert names == ["metrics.json", "report.html"]


def test_a_working_folder_that_is_a_file_is_refused(
    bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "out.work").write_text("mine")
    with pytest.raises(awry.AwryError, match=r"out\.work is a file"):
        awry.evaluate(bundle, shared_data, out=tmp_path / "out", fps=10)
    assert (tmp_path / "out.work").read_text() == "mine"


def test_another_precision_is_scored_anew(
    detector: Detector, shared_data: Path, tmp_path: Path
) -> None:
    clip = as_dataset(shared_data, fps=10).test[0]
    for compute, used in ((Compute(), 0), (Compute("cpu", "bf16"), 0), (Compute(), 1)):
        there = detector.on(compute)
        kept = KeptClips(tmp_path, there)
        if kept.find(clip, ClipOptions()) is None:
            scored_and_kept(kept, there, clip, ClipOptions())
        assert kept.used == used
