"""`awry metrics frame` as a person types it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from awry.evaluation.metrics.frame import frame_metrics
from support import SERIES, TRUTH


def test_frame_prints_the_keys_of_metrics_json(awry, files) -> None:
    for scores, labels in (("scores", "labels"), ("scores.csv", "labels.csv")):
        said = awry("metrics", "frame", "--scores", files[scores], "--labels", files[labels],
                    "--json")  # fmt: skip
        assert (said.code, said.err) == (0, "")
        found = said.json
        expected = frame_metrics(list(SERIES.values()), list(TRUTH.values()))
        assert found["frame"] == expected
        assert found["content_free"]["constant"]["micro_auc"] == 0.5
        assert found.keys() >= {"variants", "intervals", "clips", "settings", "bootstrap"}
        assert found["settings"]["n_clips_labelled"] == 2


def test_frame_for_people(awry, files, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    (files["labels"] / "notes.md").write_text("")
    words = ("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"])
    said, found = awry(*words), awry(*words, "--json").json
    assert said.code == 0
    assert "95 %" in said.out
    low, high = (100 * end for end in found["intervals"]["frame"])
    assert f"{low:.1f}-{high:.1f}" in said.out
    assert "Intervals: 95 %, bootstrap over clips" in said.out
    assert "Smoothing: inside the scorer: unknown; afterwards: none." in said.out
    assert "triangle" in said.out
    assert "notes.md" in said.out


def test_frames_of_one_class_are_refused(awry, files) -> None:
    for name, one in TRUTH.items():
        np.save(files["labels"] / f"{name}.npy", np.zeros(len(one)))
    said = awry("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"],
                "--json")  # fmt: skip
    assert (said.code, said.out) == (2, "")
    assert "Micro AUC needs normal and abnormal frames; 0 of 36" in said.err


def test_bad_files_are_one_line(awry, files) -> None:
    (files["labels"] / "b.npy").unlink()
    said = awry("metrics", "frame", "--scores", files["scores"], "--labels", files["labels"])
    assert (said.code, said.out) == (2, "")
    assert "scores but no labels of 1 clips: b" in said.err


def test_what_metrics_prints_can_be_compared(awry, files, tmp_path: Path) -> None:
    words = ("metrics", "frame", "--labels", files["labels"], "--json", "--scores")
    (tmp_path / "one.json").write_text(awry(*words, files["scores"]).out)
    for name, one in SERIES.items():
        np.save(files["scores"] / f"{name}.npy", 2 * one)
    (tmp_path / "two.json").write_text(awry(*words, files["scores"]).out)
    said = awry("compare", tmp_path / "one.json", tmp_path / "two.json", "--json")
    row = json.loads(said.out)["comparisons"][0]["figures"]["frame.micro_auc"]
    assert (said.code, row["difference"], row["interval"]) == (0, 0, [0, 0])


def test_a_report_of_own_scores(awry, files, tmp_path: Path) -> None:
    out = tmp_path / "report"
    words = ("--scores", files["scores"], "--labels", files["labels"], "--fps", 10, "--out", out)
    said = awry("metrics", "frame", *words, "--json")
    assert (said.code, said.json["report"]) == (0, str(out / "report.html"))
    stored = json.loads((out / "metrics.json").read_text())
    assert stored["frame"] == said.json["frame"]
    page = (out / "report.html").read_text()
    assert page.count("Score of clip") >= 2
    assert "<script src" not in page
    assert "report: " in awry("metrics", "frame", *words).out
    # What it writes can be compared.
    assert awry("compare", out / "metrics.json", out / "metrics.json").code == 0


def test_labels_of_a_data_set_in_its_own_layout(awry, shared_data: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    lines = ["source,frame,score,scored"]
    for clip in ("clip0.mp4", "clip1"):
        series = rng.normal(size=60) + 3 * ((np.arange(60) >= 30) & (np.arange(60) <= 44))
        lines += [f"{clip},{k},{value!r},1" for k, value in enumerate(series.tolist())]
    scores = tmp_path / "scores.csv"
    scores.write_text("\n".join(lines))
    found = awry("metrics", "frame", "--scores", scores, "--labels", shared_data, "--json")
    assert found.code == 0
    assert [(row["clip"], row["n_abnormal"]) for row in found.json["clips"]] == [
        ("clip0", 15), ("clip1", 15),
    ]  # fmt: skip
    assert found.json["frame"]["micro_auc"] > 0.9
    words = ("--scores", scores, "--labels", shared_data, "--threshold", 2, "--json")
    alarms = awry("metrics", "event", *words)
    assert alarms.json["n_events"] == 2
    scores.write_text("\n".join(lines[:61]))
    refused = awry("metrics", "frame", "--scores", scores, "--labels", shared_data)
    assert refused.code == 2
    assert "labels but no scores of 1 clips: clip1" in refused.err
    scores.write_text("\n".join([*lines[:61], *(f"x/{line}" for line in lines[1:61])]))
    refused = awry("metrics", "frame", "--scores", scores, "--labels", shared_data)
    assert "of x/clip0.mp4 and others are all of clip clip0" in refused.err
