from __future__ import annotations

import shutil
from pathlib import Path

from awry.cli.inspect import show_dataset, show_examination
from awry.datasets.tracks import LINKED
from awry.registry import method_names


def test_a_folder_is_described(awry, shared_data: Path) -> None:
    found = awry("datasets", shared_data, "--json").json
    assert found["layout"] == "folder"
    assert found["train_clips"] == ["day0", "day1", "day2"]
    assert (found["labelled"], found["with_masks"], found["fps"]) == (2, 0, None)
    assert (found["with_tracks"], found["tracks_from"]) == (0, {})
    assert "--fps" in found["notes"][0]
    assert awry("datasets", shared_data, "--fps", 12, "--json").json["fps"] == 12


def test_a_wrong_layout_says_what_was_looked_for(awry, tmp_path: Path) -> None:
    said = awry("datasets", tmp_path, "--json")
    assert (said.code, said.out) == (2, "")
    for looked_for in ("Train/TrainNNN", "training_videos", "testing/frames", "labels.json"):
        assert looked_for in said.err
    said = awry("datasets", tmp_path, "--format", "avenu")
    assert said.code == 2
    assert "did you mean 'avenue'?" in said.err


def test_layouts_are_listed_with_whole_addresses(awry) -> None:
    layouts = awry("datasets", "--json").json
    assert {"ucsd", "avenue", "shanghaitech", "umn", "subway", "folder"} <= {
        layout["name"] for layout in layouts
    }
    text = awry("datasets").out
    for layout in layouts:
        assert layout["how_to_get"] in text


def test_data_made_on_the_spot_need_no_folder(awry) -> None:
    found = awry("datasets", "--format", "digits", "--json").json
    assert found["variant"] == "digits"
    assert found["with_tracks"] == len(found["test_clips"])
    assert found["tracks_from"] == {LINKED: len(found["test_clips"])}
    # The table may break its lines.
    assert LINKED in " ".join(awry("datasets", "--format", "digits").out.split())


def test_methods_are_listed_with_presets_and_settings(awry) -> None:
    methods = {method["name"]: method for method in awry("methods", "--json").json}
    assert list(methods) == method_names()
    assert "cpu" in methods["daml"]["presets"]
    assert methods["daml"]["settings"]["height"]["default"] == 128
    assert "daml" in awry("methods").out


def test_doctor_says_what_to_do_in_full(awry, capsys) -> None:
    rows = {row["name"]: row for row in awry("doctor", "--json").json}
    assert rows["torch"]["there"] is True
    assert awry("doctor").code == 0
    cure = "for Parquet: pip install 'awry[parquet]'"
    show_examination([{"name": "pyarrow", "there": False, "about": cure}])
    assert cure in capsys.readouterr().out


def test_names_in_brackets_are_shown_as_they_are(capsys) -> None:
    show_dataset({"train_clips": ["[red]gate"], "notes": []})
    said = capsys.readouterr().out
    assert "[red]gate" in said
    assert "none" in said


def test_what_evaluating_would_refuse_is_a_failure(awry, shared_data: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(shared_data, data)
    assert awry("datasets", data, "--full").code == 0
    labels = next((data / "test").iterdir()).name
    (data / "labels.csv").write_text(f"{labels},50,60\n")
    said = awry("datasets", data, "--json")
    assert said.code == 1
    assert "longer than the clip" in said.json["failed"][0]
    assert "longer than the clip" in said.err


def test_one_method_in_full(awry, monkeypatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    page = awry("methods", "daml", "--json").json
    assert page["package"] == "awry"
    height = next(one for one in page["settings"] if one["name"] == "height")
    assert (height["default"], height["kind"]) == (128, "whole number, at least 16")
    shown = awry("methods", "daml")
    assert shown.code == 0
    for word in ("presets side by side", "paper", "cpu", "input_stride", "frames between two"):
        assert word in shown.out
    refused = awry("methods", "damll")
    assert refused.code == 2
    assert "did you mean 'daml'?" in refused.err
