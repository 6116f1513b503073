from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip


@pytest.fixture
def measured(tmp_path: Path):
    """Writes the measurement of a detector of some strength."""

    def write(name: str, strength: float, clips: int = 5) -> Path:
        rng = np.random.default_rng(3)
        found = []
        for number in range(clips):
            labels = np.repeat([0, 1], 20).astype(np.uint8)
            series = rng.normal(size=40) + strength * labels
            found.append(
                ScoredClip(f"clip{number}", "scene", 10.0, series, np.ones(40, bool), labels)
            )
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(evaluate_frames(found)))
        return path

    return write


def test_side_by_side(awry, measured) -> None:
    files = [measured("weak", 0.2), measured("strong", 3.0), measured("same", 0.2)]
    said = awry("compare", *files, "--json")
    assert (said.code, said.err) == (0, "")
    strong, same = said.json["comparisons"]
    row = strong["figures"]["frame.micro_auc"]
    assert row["difference"] == pytest.approx(row["other"] - row["base"])
    assert row["excludes_zero"] is True
    assert same["figures"]["frame.micro_auc"]["interval"] == [0, 0]


def test_the_table_for_people(awry, measured, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    said = awry("compare", measured("weak", 0.2), measured("strong", 3.0))
    (row,) = [line for line in said.out.splitlines() if "frame.micro_auc" in line]
    assert "] *" in row
    assert said.out.splitlines()[2].count("strong") == 1
    assert "No draws are recorded of" not in said.out


def test_what_was_not_measured_alike_is_refused(awry, measured) -> None:
    files = [measured("one", 0.2), measured("two", 3.0, clips=4)]
    said = awry("compare", *files, "--json")
    assert (said.code, said.out) == (2, "")
    assert "clips that only the first has: clip4" in said.err
    assert "--despite-differences" in said.err
    said = awry("compare", *files, "--despite-differences")
    assert said.code == 0
    assert "two was NOT MEASURED ALIKE: clips that only the first has: clip4" in said.out
    assert "No intervals" in said.out


def test_one_file_is_too_few(awry, measured) -> None:
    said = awry("compare", measured("one", 0.2))
    assert said.code == 2
    assert "two or more" in said.err


def test_folders_names_figures_and_files(awry, measured, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    folder, out = tmp_path / "run", tmp_path / "out"
    folder.mkdir()
    measured("strong", 3.0).rename(folder / "metrics.json")
    words = ("compare", measured("weak", 0.2), f"mine={folder}", folder, "--figure", "frame.*auc")
    said = awry(*words, "--out", out)
    assert said.code == 0
    assert "mine" in said.out
    assert "variants" not in said.out
    assert (out / "comparison.html").is_file()
    assert len(awry(*words, "--json").json["comparisons"]) == 2
    assert awry(*words, "--out", out).code == 0  # what awry wrote itself is replaced
    (out / "comparison.csv").write_text("my,own\n")
    refused = awry(*words, "--out", out)
    assert refused.code == 2
    assert "comparison.csv" in refused.err
