"""The fits of a published table, each kept with its figures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.datasets.tracks import Tracks
from awry.detector import Detector
from awry.devices import Compute, using
from awry.errors import ConfigError
from awry.evaluation.clip_scoring import score_clips
from awry.evaluation.levels import Level, evaluate_levels
from awry.methods.published import REGIONS
from awry.progress import Silent
from awry.storage import write_json
from awry.studies import table_fits
from awry.studies.table_fit import FORMAT, TableFit
from awry.studies.table_fits import run_fits
from support import moving_square_data


@pytest.fixture
def fit() -> TableFit:
    return TableFit("flow-0", "flow", {}, "tiny", "ped2", 0, moving_square_data())


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


def boxed(clip: Clip) -> Clip:
    """With the square's true box in each abnormal frame."""

    def tracks() -> Tracks:
        assert clip.labels is not None
        marked = np.flatnonzero(clip.labels())
        boxes = []
        for frame in clip.open():
            ys, xs = np.nonzero(frame.image[..., 0] > 190)
            if frame.index in marked:
                boxes.append((xs.min(), ys.min(), xs.max(), ys.max()))
        return Tracks(np.zeros(len(marked), np.int64), marked, np.array(boxes, float), "drawn")

    return replace(clip, tracks=tracks)


def test_regions_are_measured_where_they_are_wanted(fit: TableFit, tmp_path: Path) -> None:
    data = replace(fit.data, test=tuple(boxed(clip) for clip in fit.data.test))
    fit = replace(fit, data=data)
    plain = run_fits([fit], tmp_path, Silent())[0][fit.key]
    assert REGIONS not in plain
    bundle = (tmp_path / fit.key / "manifest.json").stat().st_mtime_ns
    wanted = replace(fit, regions=True)
    records, failed = run_fits([fit, wanted, fit], tmp_path, Silent())
    record = records[fit.key]
    assert not failed
    assert (tmp_path / fit.key / "manifest.json").stat().st_mtime_ns == bundle  # not fitted again
    assert record["figures"] == plain["figures"]
    scored = score_clips(Detector.load(tmp_path / fit.key), data.test)
    level = evaluate_levels(scored.clips, {})["region"]
    assert isinstance(level, Level)
    for name in ("rbdc", "tbdc"):
        assert record[REGIONS][name] == level.figures[name]
        low, high = record[REGIONS]["intervals"][name]
        assert low <= record[REGIONS][name] <= high
    assert record[REGIONS]["rbdc"] > 0
    # Whoever wants no regions takes what is there.
    assert run_fits([fit], tmp_path, Silent())[0][fit.key] == record


def test_why_there_are_no_regions_is_said(fit: TableFit, tmp_path: Path) -> None:
    records, _ = run_fits([replace(fit, regions=True)], tmp_path, Silent())
    record = records[fit.key]
    assert "2 of 2 clips have no true tracks" in record[REGIONS]["why_not"]
    assert record["notes"][-1].startswith("RBDC and TBDC: 2 of 2 clips")


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


def test_fits_beside_one_another_leave_what_one_after_another_leaves(
    shared_data: Path, fit: TableFit, tmp_path: Path
) -> None:
    data = open_dataset(shared_data, fps=10)
    fits = [replace(fit, data=data), replace(fit, data=data, key="flow-1", seed=1)]
    one, _ = run_fits(fits, tmp_path / "one", Silent())
    with using(Compute("cpu", "bf16")):
        two, failed = run_fits(fits, tmp_path / "two", Silent(), jobs=2)
    assert not failed
    assert {record["precision"] for record in two.values()} == {"bf16"}
    assert {record["device"] for record in (*one.values(), *two.values())} == {"cpu"}
    assert two.keys() == one.keys()
    for key in one:
        assert two[key]["figures"] == one[key]["figures"]
        assert (tmp_path / "two" / f"{key}.json").is_file()
    again, _ = run_fits(fits, tmp_path / "two", Silent(), jobs=2)
    assert again == two


def test_data_made_on_the_spot_stays_in_this_process(fit: TableFit, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="read its data from files, or do one thing at a time"):
        run_fits([fit], tmp_path, Silent(), jobs=2)


def test_a_finished_fit_is_timed_once(
    fit: TableFit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "flow-0.json", {"format": FORMAT, "failed": [], "figures": {"flow": {}}})
    timed: list[int] = []

    def speed(*_: object) -> dict[str, float]:
        timed.append(1)
        return {"frames_per_second": 50.0}

    monkeypatch.setattr(table_fits, "fitted", lambda *_: None)
    monkeypatch.setattr(table_fits, "speed_alone", speed)
    for _ in range(2):
        records, _failed = run_fits([replace(fit, speed=True)], tmp_path, Silent())
        assert records["flow-0"]["speed"] == {"frames_per_second": 50.0}
    assert timed == [1]
