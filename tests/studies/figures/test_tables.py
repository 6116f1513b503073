from __future__ import annotations

from typing import Any

import pytest

from awry.methods.published import PRIMARY, TableCell
from awry.studies.figures.tables import _line, place_of
from awry.studies.reproduce import CellResult, SeedFigures


def cell(part: str, rate: float | None = None) -> TableCell:
    return TableCell(part, None, "ped2", "sdor", {}, part, PRIMARY, {}, rate=rate)


@pytest.mark.parametrize(
    ("one", "place"),
    [
        (cell("score", 0.15), ("score", 0.15)),
        (cell("after_3"), ("after", 3.0)),
        (cell("score"), ("score", 0.0)),
    ],
)
def test_where_a_cell_stands(one: TableCell, place: tuple[str, float]) -> None:
    assert place_of(one) == place


def test_the_band_is_the_deviation_over_seeds() -> None:
    def result(part: str, values: dict[int, Any]) -> CellResult:
        nothing = dict.fromkeys(values)
        return CellResult(cell(part), "", {PRIMARY: SeedFigures(values, nothing)})

    cells = [result("after_2", {0: 0.8}), result("after_1", {0: 0.5, 1: 0.7}), result("score", {})]
    line = _line("after", "SDOR", cells)
    assert list(line.x) == [1.0, 2.0]
    assert line.y == pytest.approx([0.6, 0.8])
    assert line.low[1] is None
    assert (line.low[0], line.high[0]) == pytest.approx((0.6 - 0.02**0.5, 0.6 + 0.02**0.5))
