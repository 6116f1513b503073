from __future__ import annotations

import json
from importlib.resources import files

import pytest

from awry.methods.published import Paper, PublishedRow, load_paper


def test_bad_facts_are_refused() -> None:
    row = load_paper("awry.methods.daml").own_rows("daml-table5")[0].model_dump()
    with pytest.raises(ValueError, match="not in"):
        PublishedRow(**row | {"value": 95.1})
    content = json.loads((files("awry.methods.daml") / "paper.json").read_text("utf-8"))
    content["tables"][0]["rows"][0]["values"].pop()
    with pytest.raises(ValueError, match="3 values for 4 columns"):
        Paper.model_validate(content)


def test_a_remark_that_fits_nothing_is_refused() -> None:
    content = json.loads((files("awry.methods.daml") / "paper.json").read_text("utf-8"))
    content["tables"][-1]["remarks"][0]["where"]["dataset"] = "avenu"
    paper = Paper.model_validate(content)
    with pytest.raises(ValueError, match="no value fits"):
        list(paper.rows_of(paper.tables[-1]))
