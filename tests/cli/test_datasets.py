from __future__ import annotations

import shutil
from pathlib import Path

from awry.cli.datasets import show_dataset
from awry.datasets.tracks import LINKED


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
