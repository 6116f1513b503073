"""`awry metrics event` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest


def event(awry, *more: object):
    return awry("metrics", "event", *more, "--json")


def test_event_at_a_threshold_and_from_alarms(awry, tmp_path: Path) -> None:
    labels, scores = tmp_path / "labels.npy", tmp_path / "scores.npy"
    truth = np.zeros(3700, int)
    truth[1000:1100] = 1
    np.save(labels, truth)
    values = np.zeros(3700)
    values[1010:1020] = 2.0
    values[2000:2005] = 3.0
    np.save(scores, values)
    found = event(awry, "--scores", scores, "--labels", labels, "--threshold", 1, "--fps", 1).json
    figures = {name: found[name] for name in ("precision", "recall", "f1", "delay_s")}
    assert figures == pytest.approx({"precision": 0.5, "recall": 1, "f1": 2 / 3, "delay_s": 10})
    assert found["false_alarms_per_hour"] == pytest.approx(1.0)
    assert found["clips"][0]["alarms"] == [[1010, 1019], [2000, 2004]]
    alarms = tmp_path / "alarms.csv"
    alarms.write_text("source,first,last,regions\nlabels,1010,1019,\"[{\"\"a\"\": 1}]\"\n"
                      "labels,2000,2004,[]\n")  # fmt: skip
    same = event(awry, "--alarms", alarms, "--labels", labels)
    assert same.json["f1"] == found["f1"]
    assert same.json["delay_s"] is None
    assert "give --fps" in same.json["settings"]["notes"][0]


def test_an_alarm_that_never_ends_finds_nothing(awry, tmp_path: Path) -> None:
    truth = np.zeros(300, int)
    truth[100:150] = truth[200:210] = 1
    np.save(tmp_path / "labels.npy", truth)
    np.save(tmp_path / "scores.npy", np.full(300, 2.0))
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy",
             "--threshold", 1, "--fps", 10)  # fmt: skip
    found = event(awry, *words).json
    assert (found["recall"], found["f1"], found["precision_time"]) == (0, 0, pytest.approx(0.2))
    assert found["false_alarm_minutes_per_hour"] == 60
    assert found["worst"] == "100 % of normal time in alarm"
    assert found["missed"] == {"never_off": 2}
    assert found["settings"]["interval"].endswith("there is one labelled clip")
    former = event(awry, *words, "--rule", "touch").json
    assert (former["recall"], former["precision"], former["worst"]) == (1, 1, found["worst"])
    shown = awry("metrics", "event", *words).out
    assert "Events not found, 2: the alarm is never off in this clip." in shown
    refused = event(awry, *words, "--rule", "tuch")
    assert (refused.code, "did you mean 'touch'" in refused.err) == (2, True)


def test_event_intervals_and_the_table(awry, files) -> None:
    words = ("--scores", files["scores"], "--labels", files["labels"], "--threshold", 0.5)
    found = event(awry, *words, "--min-length", 1, "--merge-gap", 0, "--fps", 10).json
    low, high = found["intervals"]["recall"]
    assert low <= found["recall"] <= high
    assert "recall" in awry("metrics", "event", *words).out


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("clip,first,last\na,5,20\n", "line 2: an alarm from frame 5 to 20"),
        ("clip,first,last\na,6,5\n", "line 2: an alarm from frame 6 to 5"),
        ("clip,first,last\nc,1,2\n", "no labels of clip c"),
        ("first,last\n1,2\n", "no column 'clip', but the labels are of 2 clips"),
    ],
)
def test_alarms_that_cannot_be_used(awry, files, tmp_path: Path, rows: str, said: str) -> None:
    (tmp_path / "alarms.csv").write_text(rows)
    found = event(awry, "--alarms", tmp_path / "alarms.csv", "--labels", files["labels"])
    assert (found.code, found.out) == (2, "")
    assert said in found.err


def test_event_needs_scores_and_threshold_or_alarms(awry, files) -> None:
    for words in ((), ("--scores", files["scores"]), ("--threshold", 1)):
        found = event(awry, "--labels", files["labels"], *words)
        assert found.code == 2
        assert "either --scores with --threshold" in found.err


@pytest.mark.parametrize("threshold", ["nan", "inf"])
def test_a_threshold_is_a_number(awry, tmp_path: Path, threshold: str) -> None:
    for name in ("labels", "scores"):
        np.save(tmp_path / f"{name}.npy", np.arange(10) > 5)
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy")
    found = event(awry, *words, "--threshold", threshold)
    assert (found.code, found.out) == (2, "")
    assert "expected a finite number" in found.err


def test_a_silent_detector_has_an_empty_file_of_alarms(awry, tmp_path: Path) -> None:
    (tmp_path / "labels").mkdir()
    for name in "ab":
        np.save(tmp_path / "labels" / f"{name}.npy", (np.arange(10) > 5).astype(np.uint8))
    (tmp_path / "alarms.csv").touch()
    found = event(awry, "--alarms", tmp_path / "alarms.csv", "--labels", tmp_path / "labels")
    assert found.code == 0
    assert (found.json["recall"], found.json["n_alarms"]) == (0, 0)


def test_a_budget_fixes_the_threshold_on_normal_scores(awry, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    np.save(tmp_path / "normal.npy", rng.normal(size=40_000))
    labels = np.zeros(2000, np.uint8)
    labels[500:600] = 1
    np.save(tmp_path / "labels.npy", labels)
    np.save(tmp_path / "scores.npy", rng.normal(size=2000) + 8 * labels)
    words = ("--scores", tmp_path / "scores.npy", "--labels", tmp_path / "labels.npy", "--fps", 10)
    normal = ("--normal-scores", tmp_path / "normal.npy")
    found = event(awry, *words, *normal, "--budget", "4/hour").json
    how = found["settings"]["event"]
    assert (how["budget"], found["recall"]) == ("4/hour", 1)
    low, high = how["threshold_interval"]
    assert low <= how["threshold"] <= high
    assert 1 < how["threshold"] < 8
    refused = event(awry, *words, *normal, "--threshold", 3)
    assert refused.code == 2
    assert "--normal-scores" in refused.err


def test_a_report_with_alarms(awry, files, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ("--scores", files["scores"], "--labels", files["labels"], "--fps", 10, "--out", out)
    said = awry("metrics", "event", *words, "--threshold", 0.5, "--json")
    assert said.code == 0
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["event"]["n_alarms"] == said.json["n_alarms"] > 0
    assert stored["why_not"]["region"] == "This method gives no regions."
    assert "Alarms above 0.5" in (out / "report.html").read_text()
    alarms = tmp_path / "alarms.csv"
    alarms.write_text("clip,first,last\na,1,2\n")
    refused = awry("metrics", "event", "--alarms", alarms, *words[2:])
    assert refused.code == 2
    assert "curves of scores" in refused.err
