from __future__ import annotations

import json
from pathlib import Path

import pytest

import awry as library


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"


def cell_files(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "cells").iterdir())


def test_subsampling(awry, shared_data: Path, out: Path) -> None:
    words = ("robustness", "--refit", "flow", "--data", shared_data, "--out", out)
    words = (*words, "--subsample", "1,3", "--fps", 10, "--json")
    said = awry(*words)
    assert said.code == 0, said.err
    result = said.json
    assert [cell["subsample"] for cell in result["cells"]] == [1, 3]
    assert cell_files(out) == ["subsample-1.json", "subsample-3.json"]
    every, third = result["cells"]
    assert every["auc"] == every["recount"]["auc"]
    assert (third["n_frames"], third["recount"]["n_frames"]) == (120, 40)
    assert third["n_scored"] == third["recount"]["n_scored"] == 38
    manifest = json.loads((out / "fits" / "subsample-3" / "manifest.json").read_text())
    assert (manifest["data"]["every"], manifest["preset"]) == (3, "tiny")
    assert third["training"]["frames"] < every["training"]["frames"] / 2
    assert not (out / "frames").exists()
    # A fit whose cell was lost is not fitted again.
    (out / "cells" / "subsample-3.json").unlink()
    again = awry(*words).json["cells"][1]
    assert again["training"] == third["training"]
    assert again["auc"] == third["auc"]


def test_a_fit_that_cannot_be_does_not_stop_the_others(awry, shared_data: Path, out: Path) -> None:
    words = ("robustness", "--refit", "flow", "--data", shared_data, "--out", out)
    said = awry(*words, "--subsample", "2,60", "--json")
    assert said.code == 1
    assert [cell["subsample"] for cell in said.json["cells"]] == [2]
    assert "subsample-60" in said.err


def test_contamination(awry, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("robustness", "--refit", "daml", "--data", shared_data, "--out", out)
    words = (*words, "--contaminate", "0,20", "--fps", 10)
    said = awry(*words, "--json")
    assert said.code == 0, said.err
    clean, mixed = said.json["cells"]
    assert set(mixed["auc"]) == {"score", "latent", "prediction", "reconstruction"}
    assert clean["recount"]["n_frames"] == clean["n_frames"] == mixed["n_frames"] == 120
    assert (mixed["recount"]["n_frames"], mixed["recount"]["n_abnormal"]) == (100, 10)
    training = mixed["training"]
    assert (clean["training"]["abnormal_frames"], training["abnormal_frames"]) == (0, 20)
    assert sum(last - first + 1 for _, first, last in training["pieces"]) == 20
    assert training["abnormal_share"] == 20 / training["frames"]
    assert clean["auc"] != mixed["auc"]
    monkeypatch.setenv("COLUMNS", "200")
    shown = awry(*words)
    assert "done before" in shown.err
    assert "recounted: without the test frames that were trained on" in shown.out
    assert "still in the test set" in (out / "robustness.svg").read_text()


def test_a_program_gets_typed_fits(shared_data: Path, out: Path) -> None:
    data = library.open_dataset(shared_data, fps=10)
    result = library.robustness(data=data, out=out, refit="flow", subsample=[3, 1])
    assert isinstance(result, library.RefitResult)
    assert [fit["subsample"] for fit in result.fits] == [1, 3]
    assert "kept frames only" in result.recounted
    assert result.rows()[1]["recounted_auc_score"] == result.fits[1]["recount"]["auc"]["score"]
    labels = [line.get_label() for line in result.plot().get_lines()]
    assert labels == ["all frames", "kept frames only"]
    assert result.cards()[1].label == "subsample 3"
    assert json.loads((out / "robustness.json").read_text()) == result.to_dict()
