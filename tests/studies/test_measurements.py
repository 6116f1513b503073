from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from awry.devices import Compute, using
from awry.errors import ConfigError, DatasetError
from awry.fitting import FitOptions
from awry.progress import Silent
from awry.studies.measurements import (
    Measurements,
    data_key,
    fitted,
    labelled_clips,
    measured_on,
)
from support import moving_square_data


def test_what_is_finished_is_not_measured_again(tmp_path: Path) -> None:
    measured = []

    def measure() -> dict[str, object]:
        measured.append(1)
        return {"auc": 0.5, "failed": ["clip1: no picture"] if len(measured) == 1 else []}

    study = Measurements(tmp_path, {"seed": 0})
    assert study.get("fog-3", measure)["failed"] == ["clip1: no picture"]
    assert not study.has("fog-3")  # what lacks clips is owed again
    assert study.get("fog-3", measure) == {"auc": 0.5, "failed": []}
    assert Measurements(tmp_path, {"seed": 0}).get("fog-3", measure)["auc"] == 0.5
    assert len(measured) == 2


def test_other_settings_are_refused_once_something_is_kept(tmp_path: Path) -> None:
    Measurements(tmp_path, {"seed": 0})
    study = Measurements(tmp_path, {"seed": 1})
    study.get("clean", lambda: {"failed": []})
    with pytest.raises(ConfigError, match=r"seed \(1 then, 2 now\)"):
        Measurements(tmp_path, {"seed": 2})


def test_clips_by_number_and_by_pattern() -> None:
    data = moving_square_data()
    names = [clip.name for clip in labelled_clips(data, None)]
    assert [clip.name for clip in labelled_clips(data, "1")] == names[:1]
    assert [clip.name for clip in labelled_clips(data, names[1][:-1] + "?")] == names
    with pytest.raises(DatasetError, match="match --clips night"):
        labelled_clips(data, "night*")
    bare = replace(data, test=tuple(replace(clip, labels=None) for clip in data.test))
    with pytest.raises(DatasetError, match="have labels"):
        labelled_clips(bare, None)


def test_the_key_of_data_is_of_names_and_labels() -> None:
    clips = moving_square_data().test
    assert data_key(clips) == data_key(moving_square_data().test)
    assert data_key(clips) != data_key(clips[::-1])
    renamed = replace(clips[0], name="another")
    assert data_key([renamed]) != data_key(clips[:1])


def test_figures_of_two_precisions_do_not_mix(tmp_path: Path) -> None:
    study = Measurements(tmp_path, {"seed": 0})
    study.get("clean", lambda: {"failed": []})
    with using(Compute("cpu", "bf16")), pytest.raises(ConfigError, match="precision"):
        Measurements(tmp_path, {"seed": 0})


def test_a_measurement_says_where_it_was_made() -> None:
    made = measured_on(Compute("cpu", "bf16"))
    assert (made["device"], made["precision"]) == ("cpu", "bf16")
    assert "cores" in made["hardware"]


def test_a_study_scores_as_it_fits_also_the_next_time(tmp_path: Path) -> None:
    compute = Compute("cpu", "bf16")
    where = tmp_path / "bundle", tmp_path / "frames"
    for _ in range(2):
        options = FitOptions(preset="tiny", compute=compute)
        detector = fitted("flow", moving_square_data(), *where, options, Silent())
        assert detector.compute == compute
