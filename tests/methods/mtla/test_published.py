from __future__ import annotations

import pytest

from awry.evaluation.declaration import FILTER_ORDER, FILTER_WINDOW
from awry.methods.mtla import MTLA, MTLAConfig
from awry.methods.mtla.published import publication
from awry.methods.published import FILTERED, PRIMARY, VALIDATION


def test_mtla_tables_are_measured_on_ped2_and_in_perspective_too() -> None:
    cells = {cell.name: cell for cell in publication().cells("mtla-table2")}
    printed = cells["seg+ofm+pred/shanghaitech/maximum"]
    assert printed.row is not None
    assert printed.row.value == pytest.approx(0.891)
    assert cells["seg+pred/ped2/appearance"].row is None
    assert cells["seg/perspective/appearance"].changes["appearance"] == "current"
    fits = {str(cell.changes) for cell in cells.values()}
    assert len(fits) == 2


def test_mtla_motion_cells_come_with_the_error_on_normal_footage() -> None:
    cells = publication().cells("mtla-table4")
    errors = [cell for cell in cells if cell.convention == VALIDATION]
    assert len(errors) == len(cells) / 2
    assert {cell.part for cell in cells} == {"motion"}
    assert {cell.changes["attention"] for cell in cells} == {
        "none", "encoder", "decoder", "skip", "final",
    }  # fmt: skip
    changes = [
        cell.changes for cell in publication().cells("mtla-table3") if cell.dataset == "ped2"
    ]
    assert [change.get("scse") for change in changes[::2]] == [[], [], None]


@pytest.mark.parametrize(("dataset", "value"), [("ped2", 0.978), ("shanghaitech", 0.891)])
def test_table_1_is_the_last_column_of_table_2_on_both_data_sets(
    dataset: str, value: float
) -> None:
    first, second = (
        {cell.name: cell for cell in publication().cells(f"mtla-table{n}")} for n in (1, 2)
    )
    name = f"seg+ofm+pred/{dataset}/maximum"
    for cell in (first[name], second[name]):
        assert cell.row is not None
        assert cell.row.value == pytest.approx(value)
        assert cell.changes == first[name].changes
    printed = second["seg+ofm+pred/ped2/maximum"].row
    assert printed is not None
    assert printed.printed == "Table 1"


@pytest.mark.parametrize("preset", MTLA.presets)
def test_no_cell_is_smoothed_inside_and_after_the_scorer(preset: str) -> None:
    for table in publication().runnable:
        for cell in publication().cells(table):
            config = MTLA.configure(preset, cell.changes)
            assert isinstance(config, MTLAConfig)
            assert config.smoothing == "none"
            if cell.convention != VALIDATION:
                assert cell.convention == FILTERED
                assert set(cell.figures) == {PRIMARY, FILTERED}


def test_the_filter_of_the_tables_is_that_of_the_preset_paper() -> None:
    paper = MTLA.configure("paper")
    assert isinstance(paper, MTLAConfig)
    assert paper.smoothing == "savgol"
    assert (paper.smoothing_window, paper.smoothing_order) == (FILTER_WINDOW, FILTER_ORDER)
