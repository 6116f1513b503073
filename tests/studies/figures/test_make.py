"""Every listed figure is made at the scale `tiny`; fits are shared by one folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import pytest

import awry
from awry.datasets.base import Dataset
from awry.datasets.digits import make_digits
from awry.errors import BundleError, ConfigError, WriteError
from awry.methods.paper_figures import Drawing
from awry.studies.figures import make
from awry.studies.figures.listing import chosen_figures

FIGURES = {spec.figure: spec for _, _, spec in chosen_figures("*")}
MADE = [name for name, spec in FIGURES.items() if not isinstance(spec, Drawing)]
# What makes a figure short; everything else is as a reader gives it.
SHORT: dict[str, dict[str, Any]] = {
    "daml-fig3": {"amounts": "1,2"},
    "daml-fig5": {"amounts": "5"},
    "daml-fig6": {"amounts": "0,10", "methods": "flow"},
    "sdor-fig3": {"changes": {"epochs": 1, "feedback_steps": 1}},
    "sdor-fig4": {"changes": {"epochs": 1, "feedback_steps": 1}},
    "sdor-fig5": {"changes": {"epochs": 1, "rounds": 1}},
    "sdor-fig6": {"changes": {"epochs": 1}},
}


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("figures")


@pytest.fixture(scope="module")
def moving_digits() -> Dataset:
    return make_digits(train_clips=4, test_clips=1, length=40, size=32)


@pytest.mark.parametrize("name", MADE)
def test_every_figure_is_made(
    name: str, footage: Dataset, archive: Dataset, moving_digits: Dataset, out: Path
) -> None:
    data = archive if name.startswith("sdor") else footage
    data = moving_digits if FIGURES[name].kind == "digits" else data
    result = awry.figures(name, data=data, out=out, scale="tiny", **SHORT.get(name, {}))
    assert result.failed == ()
    (made,) = result.made
    assert made.numbers == out / f"{name}.json"
    kept = json.loads(made.numbers.read_text())
    assert kept["values"] == json.loads(json.dumps(dict(made.values)))
    assert kept["settings"]["scale"] == "tiny"
    for picture in made.pictures:
        image = cv2.imread(str(picture))
        assert min(image.shape[:2]) > 150
        assert image.std() > 5, "nothing was drawn"
    assert made.pictures or "No frame is a true positive at this threshold." in made.notes


def test_what_stands_there_is_not_made_again(
    footage: Dataset, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second call finds the first one's fit; a bundle makes the same figure."""
    options: dict[str, Any] = {"data": footage, "out": out, "scale": "tiny"}
    first = awry.figures("ssmtl-fig9", **options)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing was to be fitted")

    monkeypatch.setattr("awry.studies.measurements.fit_and_save", refuse)
    second = awry.figures("ssmtl-fig9", **options)
    assert second.made[0].values == first.made[0].values
    (bundle,) = [one for one in out.glob("ssmtl-tiny-ped2-seed0-*") if one.is_dir()]
    third = awry.figures("ssmtl-fig9", bundle=bundle, **options)
    assert third.made[0].values == first.made[0].values


def test_several_figures_at_once_list_what_failed(
    footage: Dataset, tmp_path: Path, flow_detector: Any
) -> None:
    result = awry.figures("*-fig9", data=footage, out=tmp_path, bundle=flow_detector)
    assert [figure.figure for figure in result.made] == ["ssmtl-fig9"]
    (sentence,) = result.failed
    assert sentence.startswith("mtla-fig9: mtla-fig9 shows 2 fits")


def test_a_bundle_of_another_method_is_said(
    footage: Dataset, tmp_path: Path, flow_detector: Any
) -> None:
    result = awry.figures("ssmtl-fig9", data=footage, out=tmp_path, bundle=flow_detector)
    notes = result.made[0].notes
    assert "The bundle given is of flow; the paper's figure is of ssmtl." in notes
    assert result.made[0].values["clip"] == "Test002"


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("daml-fig7", {"out": None}, "give --out"),
        ("daml-fig99", {}, "There is no figure 'daml-fig99'"),
        ("mtla-fig2", {}, "is a drawing of the system"),
        ("ssmtl-fig9", {"data": None}, "needs footage: give --data"),
        ("mtla-fig9", {"bundle": True}, "shows 2 fits (without attention, with attention)"),
        ("daml-fig3", {"bundle": True}, "leave --bundle out"),
        ("sdor-fig5", {"bundle": True}, "leave --bundle out"),
        ("mtla-fig7", {"frames": "1,x"}, "Cannot read --frames"),
        ("daml-fig6", {"methods": "flaw"}, "no method 'flaw'"),
    ],
)
def test_refusals(
    name: str,
    options: dict[str, Any],
    said: str,
    footage: Dataset,
    flow_detector: Any,
    tmp_path: Path,
) -> None:
    if "bundle" in options:
        options = {"bundle": [flow_detector]}
    given = {"data": footage, "out": tmp_path / "out", "scale": "tiny"} | options
    with pytest.raises(ConfigError) as caught:
        awry.figures(name, **given)
    assert said in str(caught.value)


def test_a_bundle_that_is_none_is_said_before_anything_is_done(
    footage: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(BundleError):
        awry.figures("*-fig9", data=footage, out=tmp_path, bundle=tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_nothing_of_others_is_replaced(footage: Dataset, tmp_path: Path) -> None:
    (tmp_path / "daml-fig4.png").write_bytes(b"mine")
    with pytest.raises(ConfigError, match="nothing that awry wrote"):
        awry.figures("daml-fig4", data=footage, out=tmp_path)
    awry.figures("daml-fig4", data=footage, out=tmp_path, overwrite=True)
    awry.figures("daml-fig4", data=footage, out=tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError):
        awry.figures("daml-fig4", data=footage, out=tmp_path / "file")


def test_every_kind_has_a_maker() -> None:
    assert {FIGURES[name].kind for name in MADE} == set(make.MAKERS)
