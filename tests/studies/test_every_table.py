"""Every table that `awry reproduce` lists runs, and its settings hold at every scale."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.datasets import open_dataset
from awry.methods.registry import method_class
from awry.progress import Silent
from awry.studies.published import cells_of, published_tables, why_not
from awry.studies.table_fit import fits_of
from awry.studies.table_fits import run_fits

RUNNABLE = [table.table for table in published_tables() if not table.why_not]
# Run by test_reproduce.py, and with random weights by tests/methods/sdor.
OWN_TEST = ("sdor-table1", "sdor-fig6", "sdor-table2")


def test_every_table_runs() -> None:
    assert {table.table for table in published_tables()} == set(RUNNABLE)


@pytest.mark.parametrize("table", RUNNABLE)
def test_the_settings_of_every_cell_hold_at_every_scale(table: str) -> None:
    for cell in cells_of(table):
        kind = method_class(cell.method)
        for scale in ("tiny", "cpu", "paper"):
            settings = kind.configure(scale, cell.changes, cell.dataset).model_dump()
            for name, value in cell.changes.items():
                kept = settings[name]
                assert (list(kept) if isinstance(value, list) else kept) == value


@pytest.mark.parametrize("table", [name for name in RUNNABLE if name not in OWN_TEST])
def test_every_table_runs_at_the_scale_tiny(table: str, shared_data: Path, tmp_path: Path) -> None:
    assert not why_not(table)
    # The last cell's settings are the furthest from the plain method's; more abnormal frames than
    # in the first there are not here.
    cells = cells_of(table)
    cell = cells[0] if table == "sdor-fig5" else cells[-1]
    data = open_dataset(shared_data, fps=10)
    fits = fits_of([cell], data, cell.dataset, "tiny", [0], {})
    records, failed = run_fits(fits.values(), tmp_path, Silent())
    assert not failed
    (record,) = records.values()
    assert record["figures"] or record.get("speed")
