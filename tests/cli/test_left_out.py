"""Footage that is passed over reaches the user in every command that lists folders."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from awry.sifting.sources import open_videos
from support import moving_square, write_images


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A plain folder, and in each part a file that cannot be read as footage."""
    root = tmp_path / "data"
    for part, clip in (("train", "day"), ("test", "night")):
        write_images(root / part / clip, moving_square(60, 3))
        (root / part / "phone.heic").write_bytes(b"\0\0\0\x20ftypheic")
    (root / "labels").mkdir()
    np.save(root / "labels" / "night.npy", np.arange(60) >= 40)
    return root


def test_fit_evaluate_score_and_datasets(awry, bundle: Path, data: Path, tmp_path: Path) -> None:
    fitted = awry("fit", "flow", "--data", data, "--out", tmp_path / "b", "--fps", 10, "--json")
    measured = awry(
        "evaluate", bundle, "--data", data, "--out", tmp_path / "r", "--fps", 10, "--json"
    )
    scored = awry("score", bundle, data, "--out", tmp_path / "s.csv", "--fps", 10, "--json")
    described = awry("datasets", data, "--json")
    for said in (fitted, measured, scored, described):
        assert said.code == 1, said.err
        assert "phone.heic" in " ".join(said.json["failed"])
        assert "phone.heic" in said.err
    assert [row["source"] for row in scored.json["sources"]] == ["test/night", "train/day"]


def test_sift(data: Path) -> None:
    shutil.copytree(data / "train", data / "more" / "train")
    given = open_videos([str(data / "train"), str(data / "more")], None)
    assert [clip.name for clip in given.clips] == ["day", "train/day"]
    assert ["phone.heic" in sentence for sentence in given.not_found] == [True, True]
