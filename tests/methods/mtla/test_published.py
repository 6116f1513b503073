from __future__ import annotations

import pytest

from awry.methods.mtla.published import publication
from awry.methods.published import VALIDATION


def test_mtla_tables_are_measured_on_ped2_and_in_perspective_too() -> None:
    cells = {cell.name: cell for cell in publication().cells("mtla-table2")}
    printed = cells["seg+ofm+pred/shanghaitech/maximum"]
    assert printed.row is not None
    assert printed.row.value == pytest.approx(0.891)
    assert cells["seg+ofm+pred/ped2/sum"].row is None
    assert cells["seg/perspective/appearance"].changes == {"appearance": "current"}
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
