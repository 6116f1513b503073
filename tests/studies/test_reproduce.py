from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

import awry as api
import awry.studies.measurements as measurements
from awry.errors import TrainingError
from awry.studies import reproduce

WORDS = ("--scale", "tiny", "--seeds", "0", "--dataset", "ped2", "--fps", 10)
ROW = ("--cells", "conv3d/*")


@pytest.fixture(scope="session")
def done(awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Any]:
    """One row of Table 5, run; tests only read it."""
    out = tmp_path_factory.mktemp("reproduced")
    words = ("--data", shared_data, "--out", out, *WORDS, *ROW, "--json")
    said = awry("reproduce", "daml-table5", *words)
    assert said.code == 0, said.err
    return out, said.json


@pytest.fixture
def out(done: tuple[Path, Any], tmp_path: Path) -> Path:
    """The same, to spoil."""
    return Path(shutil.copytree(done[0], tmp_path / "out"))


@pytest.fixture
def no_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing was to be fitted")

    monkeypatch.setattr(measurements, "fit_and_save", refuse)


def key_of(out: Path, start: str = "daml-tiny-ped2-seed0-") -> str:
    (file,) = out.glob(f"{start}*.json")
    return file.stem


def test_our_figures_stand_beside_the_published_ones(done: tuple[Path, Any]) -> None:
    out, summary = done
    cells = {row["cell"]: row for row in summary["cells"]}
    assert len(cells) == 12
    latent = cells["conv3d/ped2/latent"]
    assert latent["published"]["value"] == 0.951
    assert "per-clip min-max" in latent["published"]["protocol"]
    assert latent["status"] == "1 of 1"
    for protocol in ("none", "clip_unscored_dropped"):
        ours = latent["ours"][protocol]
        assert ours["by_seed"].keys() == {"0"}
        assert (0 <= ours["mean"] <= 1, ours["deviation"]) == (True, None)
        assert protocol in summary["ours"]
    assert cells["conv3d/avenue/latent"]["status"] == "not run: other data"
    assert cells["conv3d/avenue/latent"]["ours"] == {}
    assert any("contradiction" in n for n in cells["conv3d/avenue/latent"]["published"]["notes"])
    assert summary["failed"] == []
    assert json.loads((out / "daml-table5.json").read_text()) == summary


def test_cells_of_one_row_share_one_fit(done: tuple[Path, Any]) -> None:
    out, summary = done
    key = key_of(out)
    assert {p.name for p in out.iterdir()} == {key, f"{key}.json", "daml-table5.json"}
    record = json.loads((out / f"{key}.json").read_text())
    assert record["figures"].keys() == {"latent", "prediction", "reconstruction"}
    assert (record["seed"], record["dataset"], record["config"]["motion"]) == (0, "ped2", "conv3d")
    assert record["clips"] == ["clip0", "clip1"]
    assert record["fit_seconds"] > 0
    for row in summary["cells"]:
        if row["ours"]:
            mine = record["figures"][row["part"]]["none"]["micro_auc"]
            assert row["ours"]["none"]["by_seed"]["0"] == mine


def test_what_is_finished_is_not_run_again(
    awry, shared_data: Path, done: tuple[Path, Any], out: Path, no_fit: None
) -> None:
    words = ("--data", shared_data, "--out", out, *WORDS, *ROW)
    before = (out / f"{key_of(out)}.json").stat().st_mtime_ns
    said = awry("reproduce", "daml-table5", *words)
    assert said.code == 0
    assert (out / f"{key_of(out)}.json").stat().st_mtime_ns == before
    for word in ("95.1±0.4", "conv3d latent", "per-clip min-max", "other data"):
        assert word in said.out
    # Another table's cell with the same settings shares the fit.
    said = awry("reproduce", "daml-table2", *words, "--json")
    assert said.json["cells"][1]["ours"] == done[1]["cells"][5]["ours"]


def test_a_fit_without_its_figures_is_evaluated_only(
    awry, shared_data: Path, done: tuple[Path, Any], out: Path, no_fit: None
) -> None:
    (out / f"{key_of(out)}.json").unlink()
    words = ("--data", shared_data, "--out", out, *WORDS, *ROW, "--json")
    said = awry("reproduce", "daml-table5", *words)
    assert (said.code, said.json) == (0, done[1])


def test_ctrl_c_says_how_to_go_on_and_the_next_run_resumes(
    awry, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    resumed = []

    def interrupted(method: str, data: Any, bundle: Path, options: Any, _: Any) -> None:
        resumed.append(options.resume)
        (bundle.with_name(bundle.name + ".work") / "fit").mkdir(parents=True, exist_ok=True)
        raise KeyboardInterrupt("stopped")

    monkeypatch.setattr(measurements, "fit_and_save", interrupted)
    words = ("--data", shared_data, "--out", out, *WORDS, "--cells", "conv*/ped2/latent")
    for _ in range(2):
        said = awry("reproduce", "daml-table5", *words)
        assert said.code == 130
        assert "the same command goes on from there" in said.err
    assert resumed == [False, True]
    assert key_of(out)


def test_one_failure_does_not_stop_the_others(
    awry, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any) -> None:
        raise TrainingError("A loss became NaN.")

    monkeypatch.setattr(measurements, "fit_and_save", fails)
    words = ("--data", shared_data, "--out", out, *WORDS, "--cells", "conv*/ped2/*", "--json")
    said = awry("reproduce", "daml-table5", *words)
    assert said.code == 1
    (sentence,) = said.json["failed"]
    assert "convlstm" in sentence
    assert "A loss became NaN" in sentence
    cells = {row["cell"]: row for row in said.json["cells"]}
    assert cells["conv3d/ped2/latent"]["status"] == "1 of 1"
    assert cells["convlstm/ped2/latent"]["status"] == "0 of 1"
    assert cells["convlstm/ped2/latent"]["ours"]["none"]["mean"] is None


def test_clips_that_fail_are_owed_again(awry, data: Path, out: Path, tmp_path: Path) -> None:
    (data / "test" / "broken.mp4").write_bytes(b"no video")
    words = ("--data", data, "--out", tmp_path / "new", *WORDS, *ROW, "--json")
    said = awry("reproduce", "daml-table5", *words)
    assert said.code == 1
    assert "broken" in said.json["failed"][0]
    key = key_of(tmp_path / "new")
    assert key != key_of(out), "other clips must not take another data set's figures"
    before = (tmp_path / "new" / f"{key}.json").stat().st_mtime_ns
    assert awry("reproduce", "daml-table5", *words).code == 1
    assert (tmp_path / "new" / f"{key}.json").stat().st_mtime_ns > before


def test_a_foreign_file_is_not_taken_for_figures(
    awry, shared_data: Path, out: Path, no_fit: None
) -> None:
    (out / f"{key_of(out)}.json").write_text("{}")
    words = ("--data", shared_data, "--out", out, *WORDS, *ROW)
    said = awry("reproduce", "daml-table5", *words)
    assert said.code == 1
    assert "as a result of awry reproduce" in said.err


def test_the_list_and_a_table_without_data(awry) -> None:
    listed = {row["table"]: row for row in awry("reproduce", "--json").json}
    assert listed["daml-table5"]["why_not"] is None
    assert listed["daml-table5"]["data_sets"] == ["ped1", "ped2", "avenue", "shanghaitech"]
    assert "daml-table4" in awry("reproduce").out
    said = awry("reproduce", "daml-table5")
    for word in ("95.1±0.4", "contradiction", "81.37", "per-clip min-max"):
        assert word in said.out
    rows = awry("reproduce", "ssmtl-readme", "--json").json["rows"]
    assert {"ped2", "avenue", "shanghaitech"} == {row["dataset"] for row in rows}


@pytest.mark.parametrize(
    ("table", "words", "expected"),
    [
        ("daml-tabel5", (), "did you mean 'daml-table5'"),
        ("daml-table5", ("--dataset", "ped4"), "did you mean 'ped"),
        ("daml-table5", (), "no cell for the data set 'folder'"),
        ("daml-table5", (*WORDS, "--cells", "conv4d/*"), "called like 'conv4d/*'"),
        ("daml-table5", (*WORDS, "--scale", "tinny"), "did you mean 'tiny'"),
        ("daml-table5", (*WORDS, "--seeds", "0,-1"), "Cannot read --seeds 0,-1"),
    ],
)
def test_refusals(
    awry, shared_data: Path, tmp_path: Path, no_fit: None, table: str, words: Any, expected: str
) -> None:
    said = awry("reproduce", table, "--data", shared_data, "--out", tmp_path / "new", *words)
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert not (tmp_path / "new").exists()


def test_a_row_of_proxy_tasks(awry, shared_data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    words = ("--data", shared_data, "--out", out, *WORDS)
    some = ("--cells", "1+3/deep+narrow/object/*", "--detector", "foreground")
    said = awry("reproduce", "ssmtl-table4", *words, *some, "--json")
    assert said.code == 0, said.err
    cells = {row["cell"]: row for row in said.json["cells"] if row["ours"]}
    assert {name.rpartition("/")[2] for name in cells} == {
        "auc",
        "arrow_of_time_accuracy",
        "middle_box",
    }
    auc = cells["1+3/deep+narrow/object/ped2/auc"]
    assert auc["published"] is None
    assert set(auc["ours"]) == {"none", "offline"}
    assert 0 <= auc["ours"]["none"]["mean"] <= 1
    task = cells["1+3/deep+narrow/object/ped2/arrow_of_time_accuracy"]
    assert task["published"]["value"] == 0.953
    assert len({key for row in cells.values() for key in row["settings"]}) == 4
    (record,) = (p for p in out.glob("ssmtl-tiny-*.json"))
    assert json.loads(record.read_text())["config"]["depth"] == "deep"
    shown = awry("reproduce", "ssmtl-table4", *words, *some)
    assert auc["unit"] == "share"
    assert "held-back training footage" in shown.out.replace("\n", " ")


def test_data_without_labels_are_refused_before_a_fit(
    awry, data: Path, tmp_path: Path, no_fit: None
) -> None:
    (data / "labels.csv").unlink()
    said = awry("reproduce", "daml-table5", "--data", data, "--out", tmp_path / "new", *WORDS)
    assert said.code == 2
    assert "nothing could be measured" in said.err


def test_missing_networks_are_named_before_anything_is_fitted(
    shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []

    class Heard(api.Silent):
        def message(self, text: str) -> None:
            said.append(text)

    def run(*_: Any, **__: Any) -> tuple[dict[str, Any], list[str]]:
        said.append("run")
        return {}, []

    monkeypatch.delenv("AWRY_WEIGHTS", raising=False)
    monkeypatch.setattr(reproduce, "run_fits", run)

    def run_table(scale: str) -> list[str]:
        said.clear()
        options = {"scale": scale, "seeds": 0, "cells": "*/object/*", "dataset": "ped2", "fps": 10}
        api.reproduce(
            "ssmtl-table4", data=shared_data, out=tmp_path / scale, **options, reporter=Heard()
        )
        return list(said)

    *missing, last = run_table("paper")
    assert last == "run"
    assert any(line.startswith("Not here: onnx:yolov3.onnx") for line in missing)
    fits, last = run_table("tiny")
    assert fits == "16 fits of ssmtl with the preset tiny. Time of one: seconds on a CPU core."
    assert last == "run"


def test_data_and_out_belong_together(awry, shared_data: Path) -> None:
    said = awry("reproduce", "daml-table5", "--data", shared_data)
    assert said.code == 2
    assert "both --data and --out" in said.err


def test_a_sifted_archives_tables(awry, shared_data: Path, tmp_path: Path) -> None:
    """The rounds of Fig. 6 come out of one run; a rate that is not there is listed."""
    out = tmp_path / "out"
    words = ("--data", shared_data, "--out", out, *WORDS, "--json")
    said = awry("reproduce", "sdor-fig6", *words, "--cells", "merged/ped2/*")
    assert said.code == 0, said.err
    cells = {row["cell"]: row for row in said.json["cells"]}
    assert set(cells) == {f"merged/ped2/after_{n}" for n in range(1, 6)}
    assert cells["merged/ped2/after_2"]["ours"]["none"]["mean"] is not None
    assert cells["merged/ped2/after_5"]["ours"]["none"]["mean"] is None  # tiny has two rounds
    assert "transductive" in cells["merged/ped2/after_1"]["notes"][0]
    assert not list(out.glob("*.work"))
    table = awry("reproduce", "sdor-table1", *words, "--cells", "merged/ped2/*")
    assert table.code == 0, table.err
    assert len(list(out.glob("sdor-tiny-*.json"))) == 1  # the same run serves both
    ours = {row["cell"]: row["ours"]["none"]["mean"] for row in table.json["cells"]}
    others = ("discriminative_1", "discriminative_2", "unmasking", "two_sample", "initial")
    assert set(ours) == {f"merged/ped2/{part}" for part in (*others, "score")}
    assert all(0 <= value <= 1 for value in ours.values())


def test_a_system_that_the_paper_compares_with(awry, shared_data: Path, tmp_path: Path) -> None:
    """One fit serves its accuracy and its frames a second, each beside the printed figure."""
    words = ("--data", shared_data, "--out", tmp_path / "out", *WORDS, "--cells", "ffp/ped2/*")
    said = awry("reproduce", "daml-table2", *words, "--json")
    assert said.code == 0, said.err
    (cell,) = said.json["cells"]
    assert (cell["cell"], cell["published"]["value"]) == ("ffp/ped2/prediction", 0.954)
    assert 0 <= cell["ours"]["clip_unscored_dropped"]["mean"] <= 1
    timed = awry("reproduce", "daml-table3", *words, "--json")
    assert timed.code == 0, timed.err
    (cell,) = timed.json["cells"]
    assert (cell["published"]["value"], cell["unit"]) == (63, "frames per second")
    assert cell["ours"]["speed"]["mean"] > 0
    assert len(list((tmp_path / "out").glob("ffp-tiny-ped2-*.json"))) == 1
    shown = awry("reproduce", "daml-table3", *words).out.replace("\n", " ")
    assert "by this machine" in shown
