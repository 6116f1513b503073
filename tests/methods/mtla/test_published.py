from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.signal import savgol_filter
from sklearn.metrics import roc_auc_score

import awry
from awry.detector import Detector
from awry.evaluation.declaration import FILTER_ORDER, FILTER_WINDOW
from awry.methods.mtla import MTLA, MTLAConfig
from awry.methods.mtla.published import publication
from awry.methods.published import FILTERED, PRIMARY, VALIDATION
from awry.scoring.fill import fill_nearest
from support import moving_square_data


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


@pytest.mark.parametrize("smoothing", ["none", "savgol"])  # as of cpu, as of paper
def test_the_figure_is_that_of_scores_that_were_filtered_once(
    smoothing: str, tmp_path: Path
) -> None:
    data = moving_square_data(clips=2, length=40)
    result = awry.reproduce(
        *("mtla-table1",),
        **{"data": data, "out": tmp_path, "scale": "tiny", "seeds": 0, "dataset": "ped2"},
        changes={"smoothing": smoothing},
    )
    (bundle,) = (path.parent for path in tmp_path.glob("*/manifest.json"))
    scored = [Detector.load(bundle).score(one.open(), clip=one.name) for one in data.test]
    labels = np.concatenate([one.labels() for one in data.test if one.labels is not None])
    once = [
        [savgol_filter(fill_nearest(one.parts[name], one.scored), 31, 3, mode="nearest")
         for name in ("appearance", "motion")]
        for one in scored
    ]  # fmt: skip
    expected = {"maximum": np.concatenate([np.maximum(*both) for both in once])}
    expected["sum"] = np.concatenate([np.add(*both) for both in once])
    cells = {cell.cell.part: cell for cell in result.measured}
    assert cells.keys() == expected.keys()
    for part, series in expected.items():
        figures = cells[part].like_the_paper
        assert figures is not None
        assert figures.mean == pytest.approx(roc_auc_score(labels, series), abs=1e-6)
        assert cells[part].published == pytest.approx(0.978)


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
