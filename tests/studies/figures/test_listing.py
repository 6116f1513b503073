from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

import awry
from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.methods.registry import method_class
from awry.studies.figures.listing import chosen_figures, fits_in_words

PAPERS = {"daml": 7, "mtla": 10, "sdor": 6, "ssmtl": 11}


def test_every_figure_of_the_four_papers_is_listed() -> None:
    figures = awry.published_figures()
    for paper, count in PAPERS.items():
        mine = [figure for figure in figures if figure.figure.startswith(paper)]
        assert [figure.printed for figure in mine] == [f"Fig. {n}" for n in range(1, count + 1)]
        assert [figure.figure for figure in mine] == [
            f"{paper}-fig{n}" for n in range(1, count + 1)
        ]
    assert json.loads(json.dumps(figures.to_dict())) == figures.to_dict()


def test_drawings_are_the_four_papers_own() -> None:
    drawings = {figure.figure for figure in awry.published_figures() if figure.why_not}
    expected = ["ssmtl-fig1", *(f"mtla-fig{n}" for n in range(1, 5)), "sdor-fig1", "sdor-fig2"]
    assert drawings == {*expected, "daml-fig1"}


def test_what_a_figure_needs_and_what_is_missing(
    footage: Dataset, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    (plain,) = awry.published_figures("ssmtl-fig9")
    assert plain.command == "awry figures ssmtl-fig9 --data DIR --out OUT"
    assert plain.missing == ("Footage: no --data was given.",)
    assert any(re.fullmatch("1 fit with the preset cpu, .* min on .*", n) for n in plain.needs)
    (given,) = awry.published_figures("ssmtl-fig9", data=footage, detector="onnx:there.onnx")
    assert "Weights of onnx:there.onnx." in given.needs
    (missing,) = given.missing
    assert missing.startswith("onnx:there.onnx (a file of your own): put the file into")
    (tmp_path / "there.onnx").write_bytes(b"")
    (there,) = awry.published_figures("ssmtl-fig9", data=footage, detector="onnx:there.onnx")
    assert there.missing == ()
    (other,) = awry.published_figures("ssmtl-fig2", data=footage)
    assert other.missing == ("The data are ped2; the paper shows avenue.",)
    (clip,) = awry.published_figures("ssmtl-fig11", data=footage)
    assert clip.missing == ("The data have no test clip Test006; another one is shown.",)
    (digits,) = awry.published_figures("daml-fig7")
    assert (digits.missing, digits.scale) == ((), "demo")


def test_every_figure_s_settings_resolve_at_its_own_scale_and_as_in_the_paper() -> None:
    for scale in (None, "paper", "tiny"):
        for figure in awry.published_figures(scale=scale):
            assert figure.why_not or figure.needs
    with pytest.raises(ConfigError, match="no figure 'daml-fig8'"):
        awry.published_figures("daml-fig8")
    with pytest.raises(ConfigError, match="no preset 'tinny'"):
        awry.published_figures("daml-fig2", scale="tinny")


def test_how_many_fits() -> None:
    found = {spec.figure: fits_in_words(spec) for _, _, spec in chosen_figures("*")}
    assert found["mtla-fig9"] == "2 fits"
    assert found["sdor-fig5"] == "4 fits"
    assert found["sdor-fig6"] == "1 fit"
    assert found["daml-fig3"] == "5 fits"


def test_others_parts_and_scales_are_the_methods_own() -> None:
    """What the data name exists: presets, and times for presets that there are."""
    for paper, method, spec in chosen_figures("*"):
        presets = method_class(method).presets
        assert spec.scale in presets
        assert set(paper.figures.takes) <= set(presets)
