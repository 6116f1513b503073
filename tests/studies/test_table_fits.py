"""The fits of a published table, each kept with its figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.progress import Silent
from awry.storage import write_json
from awry.studies import table_fits
from awry.studies.table_fit import FORMAT, TableFit
from awry.studies.table_fits import best_validation, run_fits
from support import moving_square_data


@pytest.fixture
def fit() -> TableFit:
    return TableFit("flow-0", "flow", {}, "tiny", "ped2", 0, moving_square_data())


def test_validation_figures_of_the_epoch_that_was_kept() -> None:
    epochs = [
        {"phase": "first", "validation_total": 3.0, "validation_flow": 1.0, "total": 9.0},
        {"phase": "first", "validation_total": 2.0, "validation_flow": 1.5, "total": 8.0},
        {"phase": "first", "validation_total": 2.5, "validation_flow": 0.5, "total": 7.0},
        {"phase": "second", "total": 1.0},
    ]
    assert best_validation({"*": epochs}) == {"first": {"total": 2.0, "flow": 1.5}}


def test_finished_fits_are_not_run_again_and_unfinished_ones_are(
    fit: TableFit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = {"format": FORMAT, "failed": [], "figures": {"flow": {"none": {}}}}
    write_json(tmp_path / "flow-0.json", record)
    write_json(tmp_path / "flow-1.json", {**record, "failed": ["a clip is owed"]})
    run: list[str] = []

    def refused(fit: TableFit, *_: object) -> None:
        run.append(fit.key)
        raise ConfigError("No footage.")

    monkeypatch.setattr(table_fits, "_run", refused)
    fits = [fit, replace(fit, key="flow-1"), fit, replace(fit, key="flow-2")]
    records, failed = run_fits(fits, tmp_path, Silent())
    assert (records, run) == ({"flow-0": record}, ["flow-1", "flow-2"])
    assert failed == ["flow-1: No footage.", "flow-2: No footage."]


def test_a_record_that_lacks_a_protocol_is_measured_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = {"none": {}, "clip_unscored_dropped": {}, "offline": {}}
    for number, figures in enumerate((known, {**known, "savgol": {}})):
        record = {"format": FORMAT, "failed": [], "figures": {"motion": figures}}
        write_json(tmp_path / f"mtla-{number}.json", record)
    run: list[str] = []

    def refused(fit: TableFit, *_: object) -> None:
        run.append(fit.key)
        raise ConfigError("No footage.")

    monkeypatch.setattr(table_fits, "_run", refused)
    data = moving_square_data()
    fits = [TableFit(f"mtla-{n}", "mtla", {}, "tiny", "ped2", 0, data) for n in (0, 1)]
    run_fits(fits, tmp_path, Silent())
    assert run == ["mtla-0"]


def test_whoever_stops_it_is_told_how_to_go_on(fit: TableFit, tmp_path: Path, monkeypatch) -> None:
    def stop(*_: object) -> None:
        raise KeyboardInterrupt("stopped in epoch 3")

    monkeypatch.setattr(table_fits, "_run", stop)
    with pytest.raises(KeyboardInterrupt, match="stopped in epoch 3; the same command goes on"):
        run_fits([fit], tmp_path, Silent())
