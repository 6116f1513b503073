"""The figures of README and of docs/results.md are those of docs/results/*.json."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType

import pytest

from support import docs_script

ROOT = Path(__file__).resolve().parents[2]
FIGURE = re.compile(r"\d+\.\d+")


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return docs_script("make_results")


def test_the_page_is_what_the_command_writes(maker: ModuleType) -> None:
    assert maker.PAGE.read_text("utf-8") == maker.page(), "run: make results"


def test_readmes_table_is_what_the_command_writes(maker: ModuleType) -> None:
    text = maker.README.read_text("utf-8")
    assert text == maker.readme(text), "run: make results"


def test_readme_prints_no_figure_beside_the_table(maker: ModuleType) -> None:
    before, rest = maker.README.read_text("utf-8").split(maker.BEGIN)
    prose = before + rest.split(maker.END)[1]
    known = set(FIGURE.findall(maker.page())) | {"0.1.0", "3.11", "2.0"}
    assert set(FIGURE.findall(prose)) <= known


def test_every_file_is_on_the_page(maker: ModuleType) -> None:
    files = {path.stem for path in (ROOT / "docs/results").glob("*.json")}
    assert files == {"headline", *maker.FILES}


def test_each_says_when_and_on_what_it_was_measured(maker: ModuleType) -> None:
    for name in ("headline", *maker.FILES):
        data = maker.load(name)
        assert re.match(r"20\d\d-\d\d-\d\d", data["measured"]), name
        assert data["hardware"], name


def test_a_survey_is_one_table_a_scene(maker: ModuleType) -> None:
    figures = dict.fromkeys(maker.SURVEYED)
    run = {"fit_seconds": 90.0, "ms_per_frame": 12.4}
    cell = {
        "method": "flow",
        "scene": "yard",
        "mean": {**figures, "micro": 0.876},
        "deviation": {**figures, "micro": 0.01},
        "by_seed": {"0": run, "1": run},
    }
    survey = {"cells": [cell], "references": {"yard": {"triangle": {"micro": 0.5}}}}
    text = maker.block({"survey": survey})
    assert text.startswith("### yard\n")
    assert "| `flow` | 2 | 87.6 ± 1.0 | - |" in text
    assert "| 1.5 min | 12 |" in text
    assert "| triangle (nothing learned) | - | 50.0 | - |" in text


def test_seeds_are_summed_up_rightly(maker: ModuleType) -> None:
    assert maker.mean_and_spread([97.41, 97.51, 97.49]) == "97.47 ± 0.05"
    assert maker.mean_and_spread([95.05]) == "-"


def test_readme_shows_the_systems_as_they_are_now(maker: ModuleType) -> None:
    headline = maker.load("headline")
    earlier = [row["what"] for row in headline["rows"] if row.get("earlier")]
    text = maker.readme_table(headline)
    assert earlier
    assert not any(f", {what} |" in text for what in earlier)
    for method in {row["method"] for row in headline["rows"]}:
        assert f"`{method}`," in text


def test_other_scenes_stand_side_by_side_in_readme(maker: ModuleType) -> None:
    def scene(name: str, *rows: list[str]) -> dict[str, object]:
        return {"table": {"readme": name, "columns": [], "rows": list(rows)}}

    one = scene("Yard", ["`flow`", "1 / 2", "3 / 4", "-"], ["here alone", "9 / 9", "9 / 9", "-"])
    blocks = [{"text": "Words."}, one, scene("Gate", ["`flow`", "5 / 6", "7 / 8", "-"])]
    assert maker.elsewhere({"blocks": blocks}) == (
        "| as scored / smoothed | Yard: micro AUC | within clips "
        "| Gate: micro AUC | within clips |\n"
        "| -- | -- | -- | -- | -- |\n"
        "| `flow` | 1 / 2 | 3 / 4 | 5 / 6 | 7 / 8 |\n"
    )
    known = maker.elsewhere(maker.load("scenes"))
    for method in ("`fused` of all four", "`flow`, nothing learned", "`daml`"):
        assert f"| {method} |" in known


def test_every_seed_has_its_figure(maker: ModuleType) -> None:
    for row in maker.load("headline")["rows"]:
        assert len(row["seeds"]) == len(row["micro_auc"])
        low, high = row["interval"]
        assert low <= row["micro_auc"][0] <= high
