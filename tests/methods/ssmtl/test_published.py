from __future__ import annotations

from awry.methods.ssmtl.published import publication


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
    lost = cells["1+2+3+4/deep+wide/object/ped2/auc"]
    assert lost.row is None
    assert lost.figures == {"none": "micro_auc", "offline": "macro_auc_sentinels"}
    assert cells["1+2+3+4/deep+wide/frame/ped2/distillation"].changes["level"] == "frame"


def test_the_cells_of_ssmtl_table_2_are_its_levels() -> None:
    cells = {
        cell.name: cell for cell in publication().cells("ssmtl-table2") if cell.dataset == "ped2"
    }
    assert set(cells) == {f"{level}/ped2/auc" for level in ("object", "frame", "fused")}
    assert cells["fused/ped2/auc"].changes == {"level": "fused"}
    assert cells["fused/ped2/auc"].part == "fused"
