"""docs/tables.md says what `awry reproduce` lists and what that needs."""

from __future__ import annotations

from types import ModuleType

import pytest

from awry.studies.published import cells_of, published_tables
from support import docs_script


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return docs_script("make_tables")


def test_the_page_is_what_the_command_writes(maker: ModuleType) -> None:
    assert maker.PAGE.read_text("utf-8") == maker.page(), "run: make tables"


def test_every_table_has_one_row_with_its_command(maker: ModuleType) -> None:
    rows = [line for line in maker.page().splitlines() if line.startswith("| ")]
    for table in published_tables():
        (row,) = (line for line in rows if f"`awry reproduce {table.table}" in line)
        assert table.title in row
        assert ("--data DIR" in row and "--out OUT" in row) == (table.why_not is None)


def test_weights_and_fits_are_those_of_the_cells(maker: ModuleType) -> None:
    cells = cells_of("sdor-table2")
    assert {len(fits) for fits in maker._fits(cells).values()} == {3}
    assert "`torchvision:vgg16`" in maker._weights(cells, "cpu")
    assert maker._weights(cells_of("sdor-table1"), "tiny") == "none"
