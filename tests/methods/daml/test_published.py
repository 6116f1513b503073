from __future__ import annotations

import pytest

from awry.methods.daml.published import publication


def test_the_cells_of_table_5_are_the_printed_ones() -> None:
    cells = {cell.name: cell for cell in publication().cells("daml-table5")}
    assert len(cells) == 26
    cell = cells["convlstm/ped2/latent"]
    assert cell.row is not None
    assert (cell.row.value, cell.part) == (0.941, "latent")
    assert cell.figures == {"none": "micro_auc", "clip_unscored_dropped": "micro_auc"}
    assert cell.changes == {"motion": "convlstm", "reconstruction_losses": ["mse"]}
    assert "autoregressive/ped2/prediction" not in cells
    density = cells["autoregressive/ped2/latent"].changes
    assert (density["bins"], density["code_tanh"]) == (100, True)


@pytest.mark.parametrize(
    ("cell", "convention"),
    [
        ("conv3d/ped1/latent", "clip_unscored_dropped"),
        ("conv3d/avenue/latent", "unscored_dropped"),
        ("conv3d/shanghaitech/prediction", "window_ahead_unscored_dropped"),
        ("conv3d/shanghaitech/reconstruction", "unscored_dropped"),
    ],
)
def test_scores_are_normalised_as_the_data_set_asks(cell: str, convention: str) -> None:
    cells = {one.name: one for one in publication().cells("daml-table5")}
    assert cells[cell].convention == convention
    assert set(cells[cell].figures) == {"none", convention}


def test_the_cells_of_table_4_differ_in_losses() -> None:
    cells = {cell.name: cell for cell in publication().cells("daml-table4")}
    cell = cells["mse+gdl+ssim/avenue/reconstruction"]
    assert cell.changes == {"motion": "conv3d", "reconstruction_losses": ["mse", "gdl", "ssim"]}
    assert cell.row is not None
    assert cell.row.value == 0.855


def test_the_systems_of_table_2_that_are_here() -> None:
    cells = {cell.name: cell for cell in publication().cells("daml-table2")}
    ped2 = {name: cell for name, cell in cells.items() if cell.dataset == "ped2"}
    assert {name: cell.row.value for name, cell in ped2.items() if cell.row is not None} == {
        "convae/ped2/reconstruction": 0.9,
        "ffp/ped2/prediction": 0.954,
        "memae/ped2/reconstruction": 0.941,
        "conv3d/ped2/latent": 0.951,
    }
    assert [cell.method for cell in ped2.values()] == ["convae", "ffp", "memae", "daml"]
    assert "convae/shanghaitech/reconstruction" not in cells
    assert cells["ffp/avenue/prediction"].convention == "clip_unscored_dropped"


def test_table_3_asks_for_frames_a_second() -> None:
    cells = {cell.name: cell for cell in publication().cells("daml-table3")}
    assert {cell.method for cell in cells.values()} == {"convae", "ffp", "daml"}
    cell = cells["daml/ped2/speed"]
    assert cell.row is not None
    assert (cell.row.value, cell.figures) == (90, {"speed": "frames_per_second"})
