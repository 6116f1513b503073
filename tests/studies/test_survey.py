"""A survey's cells are the evaluations that `awry.fit` and `awry.evaluate` give."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

import awry as library
from awry.studies import survey as module
from awry.studies.survey import SurveyCell
from awry.studies.survey_figures import FIGURES


@pytest.fixture(scope="module")
def once(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a survey of `flow` on one scene with two seeds; only read."""
    out = tmp_path_factory.mktemp("survey") / "out"
    scenes = {"yard": library.open_dataset(shared_data, fps=10)}
    library.survey("flow", scenes=scenes, seeds="0,1", preset="tiny", out=out)
    return out


def test_a_cell_is_what_evaluate_says(once: Path, shared_data: Path, tmp_path: Path) -> None:
    data = library.open_dataset(shared_data, fps=10)
    fitted = library.fit("flow", data, preset="tiny", seed=1, out=tmp_path / "b")
    expected = library.evaluate(fitted.bundle, data)
    (cell,) = json.loads((once / "survey.json").read_text())["cells"]
    assert (cell["method"], cell["scene"], list(cell["by_seed"])) == ("flow", "yard", ["0", "1"])
    figures = cell["by_seed"]["1"]["figures"]
    assert figures.keys() == FIGURES.keys()
    assert figures["micro"] == expected.micro_auc
    assert figures["macro"] == expected.macro_auc
    assert figures["micro_smoothed"] == expected.metrics["variants"]["offline"]["micro_auc"]
    assert expected.event is not None
    assert figures["normal_in_alarm"] == expected.event["normal_share_in_alarm"]
    assert figures["rbdc"] is None  # the scene has no true tracks
    assert tuple(cell["by_seed"]["1"]["intervals"]["micro"]) == expected.interval
    assert cell["mean"]["micro"] == pytest.approx(expected.micro_auc)
    assert cell["deviation"]["micro"] == pytest.approx(0)


def test_the_rows_that_learn_nothing_stand_beside(once: Path) -> None:
    rows = json.loads((once / "survey.json").read_text())["references"]["yard"]
    assert rows.keys() == {"flow", "flow_offline", "constant", "triangle"}
    assert rows["constant"]["micro"] == 0.5


def test_what_was_measured_is_not_measured_again(
    once: Path, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: object) -> None:
        raise AssertionError("measured again")

    before = (once / "survey.json").read_text()
    monkeypatch.setattr(module, "evaluate_detector", never)
    scenes = {"yard": library.open_dataset(shared_data, fps=10)}
    result = library.survey("flow", scenes=scenes, seeds="0,1", preset="tiny", out=once)
    assert (once / "survey.json").read_text() == before
    assert result.rows()[0]["seeds"] == 2
    assert result.plot().get_ylabel() == "AUC within clips"
    assert result.cards()[0].remark == "flow"


def test_one_that_fails_does_not_stop_the_others(shared_data: Path, tmp_path: Path) -> None:
    changes = {"features": "random:no-such-net", "blur": 5}
    result = library.survey(
        ["knn", "flow"],
        scenes={"yard": shared_data},
        seeds=0,
        preset="tiny",
        changes=changes,
        out=tmp_path / "out",
    )
    knn, flow = result.cells
    assert (knn.by_seed, knn.mean("micro"), knn.deviation("micro")) == ({}, None, None)
    assert flow.mean("micro") is not None
    (sentence,) = result.failed
    assert sentence.startswith("knn on yard, seed 0: ")
    assert result.settings["changes"] == changes


def test_other_labels_are_not_taken_for_the_same_scene(once: Path, shared_data: Path) -> None:
    data = library.open_dataset(shared_data, fps=10)
    fewer = library.Dataset(**{**vars_of(data), "test": data.test[:1]})
    result = library.survey("flow", scenes={"yard": fewer}, seeds=0, preset="tiny", out=once)
    assert "is of other clips or labels than yard has" in result.failed[0]


def vars_of(data: library.Dataset) -> dict[str, object]:
    return {name: getattr(data, name) for name in data.__dataclass_fields__}


def test_what_cannot_be_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    ask = partial(library.survey, out=tmp_path / "out")
    place = {"yard": tmp_path}
    with pytest.raises(library.ConfigError, match="did you mean 'flow'"):
        ask("flwo", scenes=place)
    with pytest.raises(library.ConfigError, match="did you mean 'blur'"):
        ask("flow", scenes=place, changes={"blurr": 3})
    with pytest.raises(library.ConfigError, match="cannot be called 'a/b'"):
        ask("flow", scenes={"a/b": tmp_path})
    with pytest.raises(library.ConfigError, match="Name the scenes"):
        ask("flow", scenes={})
    with pytest.raises(library.ConfigError, match="Name the methods"):
        ask("", scenes=place)
    assert not (tmp_path / "out").exists()


def test_means_and_deviations() -> None:
    by_seed = {seed: {"figures": {"micro": value}} for seed, value in enumerate((0.5, 0.7, None))}
    cell = SurveyCell("flow", "yard", by_seed)
    assert (cell.mean("micro"), cell.values("macro")) == (pytest.approx(0.6), [])
    assert cell.deviation("micro") == pytest.approx(0.1414, abs=1e-4)
