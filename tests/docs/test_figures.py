"""docs/figures.md is what docs/make_figures.py writes, and every command in it is taken."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from awry.studies.figures.listing import chosen_figures
from support import docs_script

DOCS = Path(__file__).resolve().parents[2] / "docs"
PAGE = (DOCS / "figures.md").read_text(encoding="utf-8")


def test_the_page_is_up_to_date() -> None:
    assert docs_script("make_figures").page() == PAGE, "make figures"


@pytest.mark.parametrize("paper", ["daml", "mtla", "sdor", "ssmtl"])
def test_every_figure_has_its_row(paper: str) -> None:
    named = set(re.findall(rf"`awry figures ({paper}-fig\d+) ", PAGE))
    specs = [spec for _, _, spec in chosen_figures(f"{paper}-*")]
    assert named == {spec.figure for spec in specs if spec.kind != "drawing"}
