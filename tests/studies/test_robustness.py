from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.datasets.base import Clip
from awry.evaluation import clip_scoring
from awry.studies.corruptions import CORRUPTIONS
from awry.studies.robustness import RobustnessOptions

FEW = ("--corruptions", "noise,dropped", "--severities", "1,5", "--fps", 10)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "run"


def cell_files(out: Path) -> list[str]:
    return sorted(path.name for path in (out / "cells").iterdir())


def test_a_bundle_on_spoiled_frames(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    said = awry("robustness", bundle, "--data", shared_data, "--out", out, *FEW, "--json")
    assert said.code == 0, said.err
    result = said.json
    assert result == json.loads((out / "robustness.json").read_text())
    assert cell_files(out) == [
        *("clean.json", "dropped-1.json", "dropped-5.json", "noise-1.json", "noise-5.json")
    ]
    clean, spoiled = result["clean"], {c["says"]: c for c in result["cells"]}
    assert list(spoiled) == [
        *("sigma 4", "sigma 32"),
        *("2 % lost", "40 % lost"),
    ]
    # Every cell counts the same frames, those that never arrived included.
    for cell in (clean, *result["cells"]):
        assert (cell["n_frames"], cell["n_abnormal"], cell["n_normal_frames"]) == (120, 30, 90)
    assert clean["n_scored"] == 118
    assert spoiled["40 % lost"]["n_scored"] < 105
    assert clean["auc"]["score"] > 0.95
    assert clean["false_alarms"] == 0
    noisy = spoiled["sigma 32"]
    assert noisy["auc"]["score"] < clean["auc"]["score"]
    assert noisy["normal_share_over"] > 0.5
    low, high = noisy["interval"]["score"]
    assert low <= noisy["auc"]["score"] <= high
    for path in result["plots"]:
        assert Path(path).stat().st_size > 5000
    assert [Path(path).name for path in result["plots"]] == [
        f"robustness{what}.{ending}"
        for what in ("", "-false-alarms", "-threshold")
        for ending in ("png", "svg")
    ]


def test_the_clean_cell_says_what_evaluate_says(
    awry, bundle: Path, shared_data: Path, out: Path, tmp_path: Path
) -> None:
    some = ("--data", shared_data, "--fps", 10, "--json")
    run = awry("robustness", bundle, *some, "--out", out, "--corruptions", "contrast").json
    metrics = awry("evaluate", bundle, *some, "--out", tmp_path / "report", "--no-flow").json
    assert run["clean"]["auc"]["score"] == metrics["frame"]["micro_auc"]
    assert run["clean"]["interval"]["score"] == metrics["intervals"]["frame"]


def test_finished_cells_are_not_measured_again(
    awry, bundle: Path, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("robustness", bundle, "--data", shared_data, "--out", out, "--fps", 10, "--json")
    first = awry(*words, "--corruptions", "brightness", "--severities", "2").json
    scored = []
    score_clip = clip_scoring.score_clip

    def watched(detector, clip: Clip, options):
        scored.append(clip.name)
        return score_clip(detector, clip, options)

    monkeypatch.setattr(clip_scoring, "score_clip", watched)
    again = awry(*words, "--corruptions", "brightness", "--severities", "2").json
    assert (again, scored) == (first, [])
    more = awry(*words, "--corruptions", "brightness", "--severities", "2,4").json
    assert (more["cells"][0], len(more["cells"])) == (first["cells"][0], 2)
    assert len(scored) == 2


def test_cells_of_other_settings_are_refused(
    awry, bundle: Path, shared_data: Path, out: Path
) -> None:
    words = ("robustness", bundle, "--data", shared_data, "--out", out, "--fps", 10)
    words = (*words, "--corruptions", "contrast", "--severities", "1")
    assert awry(*words).code == 0
    said = awry(*words, "--seed", 1, "--clips", 1)
    assert (said.code, said.out) == (2, "")
    assert "clips (clip0, clip1 then, clip0 now); labels (" in said.err
    assert "seed (0 then, 1 now). Give the same settings again" in said.err
    cell = out / "cells" / "contrast-1.json"
    cell.write_text(cell.read_text().replace('"settings": "', '"settings": "0'))
    said = awry(*words)
    assert said.code == 2
    assert "contrast-1.json is of other settings" in said.err
    cell.write_text("{")
    said = awry(*words)
    assert said.code == 2
    assert f"Cannot read {cell}" in said.err


def test_the_table_for_people_and_chosen_clips(
    awry, bundle: Path, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")
    some = ("--data", shared_data, "--out", out, "--corruptions", "fog", "--severities", "3")
    said = awry("robustness", bundle, *some, "--clips", "*1")
    assert said.code == 0
    assert "depth 1" in said.out
    assert "micro AUC of each kind of score" in said.out
    # Without frames per second.
    assert "per 1000 frames" in said.out
    assert "robustness.png" in said.out
    settings = json.loads((out / "settings.json").read_text())
    assert settings["clips"] == ["clip1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("BUNDLE", "--refit", "flow"), "not both"),
        ((), "Give either a BUNDLE"),
        (("BUNDLE", "--subsample", "2"), "--subsample goes with --refit"),
        (("BUNDLE", "--preset", "tiny"), "--preset goes with --refit"),
        (("--refit", "flow", "--subsample", "2", "--corruptions", "fog"), "goes with a BUNDLE"),
        (("--refit", "flow"), "needs one of --subsample and --contaminate"),
        (("--refit", "flow", "--subsample", "2", "--contaminate", "3"), "not both"),
        (("--refit", "flow", "--subsample", "0"), "1 or more"),
        (("--refit", "flow", "--contaminate", "a,2"), "whole numbers"),
        (("--refit", "flow", "--contaminate", "0,31"), "have 30 abnormal frames"),
        (("--refit", "flow", "--subsample", "2", "--preset", "huge"), "no preset 'huge'"),
        (("--refit", "flo", "--subsample", "2"), "flow"),
        (("BUNDLE", "--corruptions", "fogg"), "did you mean 'fog'"),
        (("BUNDLE", "--severities", "0,6"), "1 to 5"),
        (("BUNDLE", "--parts", "latent"), "no extra part 'latent'"),
        (("BUNDLE", "--clips", "night*"), "match --clips night*"),
    ],
)
def test_what_cannot_be_is_refused(
    awry, bundle: Path, shared_data: Path, out: Path, words: tuple[str, ...], said: str
) -> None:
    given = [bundle if word == "BUNDLE" else word for word in words]
    found = awry("robustness", *given, "--data", shared_data, "--out", out)
    assert (found.code, found.out) == (2, "")
    assert said in found.err
    assert not out.exists()


def test_what_is_measured_if_nothing_is_said() -> None:
    options = RobustnessOptions.parse(None, None, ("all",), None, 0)
    assert [one.name for one in options.corruptions] == list(CORRUPTIONS)
    assert options.severities == (1, 3, 5)


def test_unlabelled_clips_are_refused(awry, bundle: Path, data: Path, out: Path) -> None:
    (data / "labels.csv").unlink()
    found = awry("robustness", bundle, "--data", data, "--out", out)
    assert found.code == 2
    assert "have labels" in found.err


def test_a_clip_that_cannot_be_read_is_listed(awry, bundle: Path, data: Path, out: Path) -> None:
    for picture in (data / "test" / "clip1").iterdir():
        picture.write_bytes(b"no picture")
    some = ("--data", data, "--out", out, "--corruptions", "fog", "--severities", "1")
    found = awry("robustness", bundle, *some, "--json")
    assert found.code == 1
    assert found.json["clean"]["n_frames"] == 60
    assert len(found.json["failed"]) == 1
    assert "clip1" in found.err


def test_subsampling(awry, shared_data: Path, out: Path) -> None:
    words = ("robustness", "--refit", "flow", "--data", shared_data, "--out", out)
    words = (*words, "--subsample", "1,3", "--fps", 10, "--json")
    said = awry(*words)
    assert said.code == 0, said.err
    result = said.json
    assert [cell["subsample"] for cell in result["cells"]] == [1, 3]
    assert cell_files(out) == ["subsample-1.json", "subsample-3.json"]
    every, third = result["cells"]
    assert every["auc"] == every["recount"]["auc"]
    assert (third["n_frames"], third["recount"]["n_frames"]) == (120, 40)
    assert third["n_scored"] == third["recount"]["n_scored"] == 38
    manifest = json.loads((out / "fits" / "subsample-3" / "manifest.json").read_text())
    assert (manifest["data"]["every"], manifest["preset"]) == (3, "tiny")
    assert third["training"]["frames"] < every["training"]["frames"] / 2
    assert not (out / "frames").exists()
    # A fit whose cell was lost is not fitted again.
    (out / "cells" / "subsample-3.json").unlink()
    again = awry(*words).json["cells"][1]
    assert again["training"] == third["training"]
    assert again["auc"] == third["auc"]


def test_a_fit_that_cannot_be_does_not_stop_the_others(awry, shared_data: Path, out: Path) -> None:
    words = ("robustness", "--refit", "flow", "--data", shared_data, "--out", out)
    said = awry(*words, "--subsample", "2,60", "--json")
    assert said.code == 1
    assert [cell["subsample"] for cell in said.json["cells"]] == [2]
    assert "subsample-60" in said.err


def test_contamination(awry, shared_data: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ("robustness", "--refit", "daml", "--data", shared_data, "--out", out)
    words = (*words, "--contaminate", "0,20", "--fps", 10)
    said = awry(*words, "--json")
    assert said.code == 0, said.err
    clean, mixed = said.json["cells"]
    assert set(mixed["auc"]) == {"score", "latent", "prediction", "reconstruction"}
    assert clean["recount"]["n_frames"] == clean["n_frames"] == mixed["n_frames"] == 120
    assert (mixed["recount"]["n_frames"], mixed["recount"]["n_abnormal"]) == (100, 10)
    training = mixed["training"]
    assert (clean["training"]["abnormal_frames"], training["abnormal_frames"]) == (0, 20)
    assert sum(last - first + 1 for _, first, last in training["pieces"]) == 20
    assert training["abnormal_share"] == 20 / training["frames"]
    assert clean["auc"] != mixed["auc"]
    monkeypatch.setenv("COLUMNS", "200")
    shown = awry(*words)
    assert "done before" in shown.err
    assert "recounted: without the test frames that were trained on" in shown.out
    assert "still in the test set" in (out / "robustness.svg").read_text()
