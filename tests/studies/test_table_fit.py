from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.methods.daml.published import publication
from awry.progress import Silent
from awry.studies.table_fit import TableFit, announce, fits_of
from support import moving_square_data


def test_cells_of_one_printed_row_share_a_fit_and_seeds_do_not() -> None:
    cells = [cell for cell in publication().cells("daml-table5") if cell.dataset == "ped2"]
    fits = fits_of(cells, moving_square_data(), "ped2", "tiny", (0, 1), {})
    keys = {(cell.split("/")[0], seed): fit.key for (cell, seed), fit in fits.items()}
    assert len(set(keys.values())) == len(keys) == 6
    assert len(fits) == 2 * len(cells)
    assert [seed for _, seed in fits] == sorted(seed for _, seed in fits)


def test_a_key_names_what_differs_and_holds_what_the_figures_depend_on() -> None:
    cell = next(cell for cell in publication().cells("daml-table5") if cell.dataset == "ped2")
    data = moving_square_data()
    other = replace(cell, changes={**cell.changes, "motion": "convlstm"})

    def key(cell=cell, data=data, dataset="ped2", changes=None) -> str:
        fits = fits_of([cell], data, dataset, "tiny", [3], changes or {})
        return fits[cell.name, 3].key

    assert key().startswith("daml-tiny-ped2-")
    assert "-convlstm-seed3-" in key(other)
    assert key() == key(data=moving_square_data())
    assert key() != key(changes={"channels": 8})
    assert key() != key(data=replace(data, train=data.train[1:]))
    assert key() != key(cell=replace(cell, rate=0.1))


def test_a_cells_own_settings_go_before_those_of_every_fit() -> None:
    cell = next(cell for cell in publication().cells("daml-table5") if cell.dataset == "ped2")
    given = {"motion": "convlstm", "channels": 8}
    (fit,) = fits_of([cell], moving_square_data(), "ped2", "tiny", [0], given).values()
    assert fit.changes["motion"] == cell.changes["motion"]
    assert fit.changes["channels"] == 8


class _Heard(Silent):
    """Keeps what is said."""

    def __init__(self) -> None:
        self.said: list[str] = []

    def message(self, text: str) -> None:
        self.said.append(text)


def test_what_fits_take_is_said_once_and_not_of_finished_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("AWRY_WEIGHTS", raising=False)
    small = TableFit("flow-0", "flow", {}, "tiny", "ped2", 0, moving_square_data())
    wanting = replace(small, method="ssmtl", scale="paper", changes={"tasks": ["middle_box"]})
    fits = [small, *(replace(wanting, key=f"ssmtl-{seed}", seed=seed) for seed in (0, 1, 1))]
    heard = _Heard()
    announce(fits, tmp_path, heard)
    assert heard.said[0].startswith("1 fit of flow with the preset tiny. Time of one: nobody")
    assert heard.said[1].startswith("2 fits of ssmtl with the preset paper. Time of one: not")
    said = heard.said[2]
    assert said.startswith("Not here: onnx:yolov3.onnx (https://pjreddie.com")
    assert "awry weights yolov3" in said
    for seed, expected in ((0, 3), (1, 1)):
        (tmp_path / f"ssmtl-{seed}.json").write_text("{}")
        heard = _Heard()
        announce(fits, tmp_path, heard)
        assert len(heard.said) == expected


def test_each_system_of_a_table_takes_the_settings_that_it_has() -> None:
    cells = [cell for cell in publication().cells("daml-table2") if cell.dataset == "ped2"]
    given = {"height": 64, "channels": 8, "first_epochs": 1}
    data = moving_square_data()
    fits = fits_of(cells, data, "ped2", "tiny", [0], given)
    changes = {fit.method: fit.changes for fit in fits.values()}
    assert changes["ffp"] == {"height": 64, "channels": 8}
    assert changes["memae"] == {"height": 64}
    assert changes["daml"]["first_epochs"] == 1
    with pytest.raises(ConfigError, match="did you mean 'first_epochs'"):
        fits_of(cells, data, "ped2", "tiny", [0], {"first_epoch": 1})


def test_what_is_timed_is_no_part_of_the_key() -> None:
    cells = [
        next(cell for cell in publication().cells(table) if cell.name == name)
        for table, name in (
            ("daml-table2", "ffp/avenue/prediction"),
            ("daml-table3", "ffp/avenue/speed"),
        )
    ]
    data = moving_square_data()
    plain, timed = fits_of(cells, data, "avenue", "tiny", [0], {}).values()
    assert (timed.key, timed.speed, plain.speed) == (plain.key, True, False)
