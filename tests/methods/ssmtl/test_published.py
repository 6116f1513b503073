from __future__ import annotations

from typing import Any

import pytest

from awry.methods.published import SMOOTHED
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import TASKS
from awry.methods.ssmtl.published import publication

DEEP_WIDE: dict[str, Any] = {"depth": "deep", "width": "wide", "tasks": list(TASKS)}


def test_the_cells_of_ssmtl_table_4_are_networks_tasks_and_levels() -> None:
    cells = {
        cell.name: cell for cell in publication().cells("ssmtl-table4") if cell.dataset == "ped2"
    }
    fits = {name.rpartition("/")[0] for name in cells}
    assert len(fits) == 17
    cell = cells["1+3/deep+narrow/object/ped2/arrow_of_time_accuracy"]
    assert cell.row is not None
    assert (cell.row.value, cell.convention, cell.part) == (0.953, "validation", "object")
    assert cell.changes["tasks"] == ["arrow_of_time", "middle_box"]
    assert (cell.changes["depth"], cell.changes["width"]) == ("deep", "narrow")
    restored = cells["1+2+3+4/deep+wide/object/ped2/auc"].row
    assert restored is not None
    assert restored.value == 0.998
    assert "taken from Table 2" in restored.notes[0]
    lost = cells["1+2+3+4/shallow+wide/object/ped2/auc"]
    assert lost.row is None
    assert lost.figures == {"none": "micro_auc", "offline": "macro_auc_sentinels"}
    assert cells["1+2+3+4/deep+wide/frame/ped2/distillation"].changes["level"] == "frame"


def test_the_cells_of_ssmtl_table_2_are_its_levels() -> None:
    cells = {
        cell.name: cell for cell in publication().cells("ssmtl-table2") if cell.dataset == "ped2"
    }
    assert set(cells) == {f"{level}/ped2/auc" for level in ("object", "frame", "fused")}
    assert cells["fused/ped2/auc"].changes == {"level": "fused", **DEEP_WIDE}
    assert cells["fused/ped2/auc"].part == "fused"


@pytest.mark.parametrize("dataset", ["avenue", "ped2"])
@pytest.mark.parametrize("level", ["object", "frame"])
def test_a_number_that_is_printed_twice_is_one_system(dataset: str, level: str) -> None:
    names = {"ssmtl-table2": level, "ssmtl-table4": f"1+2+3+4/deep+wide/{level}"}
    if (dataset, level) == ("ped2", "object"):
        names["ssmtl-table3"] = "object"
    found = []
    for table, name in names.items():
        (cell,) = (c for c in publication().cells(table) if c.name == f"{name}/{dataset}/auc")
        assert cell.row is not None
        config = SSMTL.configure("cpu", cell.changes, dataset)
        found.append((cell.row.value, config, cell.part, cell.convention, dict(cell.figures)))
    assert all(one == found[0] for one in found)
    assert "distillation" not in found[0][1].frame_tasks  # type: ignore[attr-defined]


def test_table_3_and_the_readme_have_regions() -> None:
    cells = {cell.name: cell for cell in publication().cells("ssmtl-table3")}
    assert list(cells) == [f"object/ped2/{key}" for key in ("auc", "rbdc", "tbdc")]
    rbdc = cells["object/ped2/rbdc"]
    assert rbdc.row is not None
    assert (rbdc.row.value, rbdc.convention, rbdc.figures) == (
        0.728,
        "regions",
        {"regions": "rbdc"},
    )
    readme = {cell.name: cell for cell in publication().cells("ssmtl-readme")}
    assert len(readme) == 9
    assert readme["object/avenue/auc"].figures[SMOOTHED] == "micro_auc"
    assert readme["object/avenue/auc"].changes == cells["object/ped2/auc"].changes
