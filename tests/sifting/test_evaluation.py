from __future__ import annotations

import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from sklearn.metrics import auc

from awry.errors import ConfigError
from awry.sifting.evaluation import evaluate_run


def test_it_is_measured_as_transductive(
    awry, merged_run: Path, shared_data: Path, tmp_path
) -> None:
    words = ("--data", shared_data, "--merged", "--out", tmp_path, "--fps", 10, "--json")
    said = awry("evaluate", merged_run, *words)
    assert said.code == 0, said.err
    metrics = said.json
    frame = metrics["frame"]
    assert (frame["n_frames"], frame["n_abnormal"], frame["n_scored"]) == (300, 30, 300)
    assert metrics["settings"]["protocol"].startswith("transductive")
    levels = metrics["levels"]
    assert levels.keys() >= {"sp", "isolation_forest", "initial", "round_1", "round_2"}
    assert "There is" not in metrics["why_not"]["event"]
    assert "transductive" in (tmp_path / "report.html").read_text()


def test_simulated_feedback_leaves_out_what_it_was_told(
    awry, merged_run: Path, shared_data: Path, tmp_path: Path
) -> None:
    words = ("--data", shared_data, "--merged", "--out", tmp_path, "--fps", 10, "--json")
    said = awry("evaluate", merged_run, *words, "--interactions", 2)
    assert said.code == 0, said.err
    found = said.json["interactions"]
    assert len(found["experts"]) == 3
    rows = found["mean"]
    assert [row["interaction"] for row in rows] == [0, 1, 2]
    assert rows[0]["auc"] == rows[0]["auc_left_out"] == said.json["frame"]["micro_auc"]
    assert 0 < rows[1]["fed_back"] < rows[2]["fed_back"]
    for row in (row for expert in found["experts"] for row in expert):
        false, true = row["roc"]
        assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
        assert auc(false, true) == pytest.approx(row["auc"], abs=1e-4)
    # The run on disk is what it was.
    again = awry("evaluate", merged_run, *words)
    assert again.json["frame"] == said.json["frame"]
    assert "interactions" not in again.json


def test_a_run_needs_merged_and_a_bundle_must_not_have_it(
    awry, merged_run: Path, bundle: Path, shared_data: Path, tmp_path: Path
) -> None:
    words = ("--data", shared_data, "--out", tmp_path / "r")
    said = awry("evaluate", merged_run, *words)
    assert (said.code, "add --merged" in said.err) == (2, True)
    said = awry("evaluate", bundle, *words, "--merged")
    assert (said.code, "--merged is for what awry sift made" in said.err) == (2, True)


def test_another_data_set_is_refused(awry, merged_run: Path, tmp_path: Path) -> None:
    from support import moving_square, write_images

    write_images(tmp_path / "train" / "other", moving_square(8, 0))
    write_images(tmp_path / "test" / "more", moving_square(8, 1))
    said = awry("evaluate", merged_run, "--data", tmp_path, "--merged", "--out", tmp_path / "r")
    assert said.code == 2
    assert "which is not in this data set" in said.err


def test_nothing_is_written_until_it_is_saved(
    merged_run: Path, shared_data: Path, tmp_path: Path
) -> None:
    result = evaluate_run(merged_run, shared_data, fps=10)
    assert result.to_dict()["report"] is None
    assert list(tmp_path.iterdir()) == []
    assert result.save(tmp_path / "new") == tmp_path / "new"
    kept = json.loads((tmp_path / "new" / "metrics.json").read_text())
    assert kept["frame"]["micro_auc"] == result.micro_auc
    assert kept["intervals"]["frame"] == list(result.interval or ())
    assert [row["clip"] for row in result.rows()] == [clip.name for clip in result.clips]
    assert result.interactions == []
    assert result.cards()[0].value == f"{100 * (result.micro_auc or 0):.2f}"
    ax = result.plot()
    assert isinstance(ax.figure, Figure)
    assert ax.get_title() == f"micro AUC {result.cards()[0].value} %"


def test_somebody_elses_report_is_left_alone(
    merged_run: Path, shared_data: Path, tmp_path: Path
) -> None:
    (tmp_path / "report.html").write_text("mine")
    with pytest.raises(ConfigError, match="nothing that awry wrote"):
        evaluate_run(merged_run, shared_data, out=tmp_path, fps=10)
