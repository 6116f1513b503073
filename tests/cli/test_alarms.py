from __future__ import annotations

import csv
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def scored(awry, bundle: Path, shared_data: Path, tmp_path_factory) -> tuple[Path, Path]:
    """Scores and alarms of the test clips, as `awry score` writes them."""
    out = tmp_path_factory.mktemp("scored")
    files = out / "scores.csv", out / "alarms.csv"
    words = ("--fps", 10, "--budget", "300/1000frames")
    clips = (shared_data / "test" / name for name in ("clip0", "clip1"))
    said = awry("score", bundle, *clips, "--out", files[0], "--events", files[1], *words)
    assert said.code == 0
    return files


def rows(path: Path) -> list[tuple[str, ...]]:
    with path.open() as file:
        names = ("source", "first", "last", "peak", "start_s", "end_s", "score", "threshold")
        return [tuple(row[name] for name in names) for row in csv.DictReader(file)]


def test_saved_scores_give_the_alarms_that_scoring_gave(
    awry, bundle: Path, scored: tuple[Path, Path], tmp_path: Path
) -> None:
    out = tmp_path / "again.csv"
    words = ("--bundle", bundle, "--budget", "300/1000frames")
    said = awry("alarms", scored[0], *words, "--out", out, "--json")
    assert (said.code, said.err) == (0, "")
    assert len(rows(out)) > 0
    assert rows(out) == rows(scored[1])
    assert "the budget is 300 alarms in 1000 frames" in said.json["how"]
    assert [step["budget"] for step in said.json["steps"]][:2] == ["60/hour", "10/hour"]
    same = awry("alarms", scored[0], *words, "--before", scored[1], "--json").json
    assert same["appeared"] == same["vanished"] == []
    assert same["before"]["frames_in_alarm"] == same["after"]["frames_in_alarm"]


def test_what_a_threshold_changes_for_people(
    awry, bundle: Path, scored: tuple[Path, Path], monkeypatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    said = awry("alarms", scored[0], "--bundle", bundle, "--threshold", "1e9")
    assert said.code == 0
    assert "before" in said.out
    assert "vanished" in said.out
    assert "Given by hand." in said.out
    alone = awry("alarms", scored[0])
    assert alone.code == 0
    assert "what a threshold gives" in alone.out
    assert "before" not in alone.out


def test_refusals_are_one_line(awry, bundle: Path, scored: tuple[Path, Path], tmp_path) -> None:
    for words, said in (
        (("--budget", "2/hour"), "give --bundle"),
        (("--bundle", bundle, "--scene", "roof"), "knows no scene 'roof'"),
        (("--out", tmp_path / "a.csv"), "no alarms to write"),
        (("--threshold", "1", "--out", tmp_path / "a.txt"), "its ending must be one of"),
    ):
        found = awry("alarms", scored[0], *words)
        assert (found.code, found.out) == (2, "")
        assert said in found.err


def test_scores_are_never_replaced_by_their_alarms(awry, scored: tuple[Path, Path]) -> None:
    before = scored[0].read_bytes()
    for more in ((), ("--overwrite",)):
        refused = awry("alarms", scored[0], "--threshold", 1, "--out", scored[0], *more)
        assert refused.code == 2
        assert "which is read" in refused.err
    assert scored[0].read_bytes() == before


def test_score_takes_a_threshold_by_hand(awry, bundle: Path, shared_data: Path, tmp_path) -> None:
    clip, out = shared_data / "test" / "clip0", tmp_path / "s.csv"
    words = ("score", bundle, clip, "--fps", 10, "--out", out, "--json")
    said = awry(*words, "--threshold", "-1")
    assert said.code == 0
    (alarm,) = said.json["alarms"]
    assert (alarm["threshold"], alarm["first"]) == (-1.0, 0)
    assert alarm["calibration"].startswith("Given by hand.")
    for more, why in (
        (("--budget", "2/day"), "Give --budget or --threshold"),
        (("--also", bundle), "with --also give --budget"),
    ):
        refused = awry(*words, "--threshold", 1, *more)
        assert refused.code == 2
        assert why in refused.err
