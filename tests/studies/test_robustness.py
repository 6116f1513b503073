from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import pytest

import awry as library
from awry.datasets.base import Clip
from awry.evaluation import clip_scoring
from awry.studies.corruption_conditions import CorruptionOptions
from awry.studies.corruptions import CORRUPTIONS

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
    one = ("--corruptions", "contrast", "--severities", "1")
    run = awry("robustness", bundle, *some, "--out", out, *one).json
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
    options = CorruptionOptions()
    assert [corruption.name for corruption in options.corruptions] == list(CORRUPTIONS)
    assert options.severities == (1, 3, 5)


def test_a_program_gets_what_the_command_prints(
    awry, bundle: Path, shared_data: Path, out: Path, tmp_path: Path
) -> None:
    some = ("--data", shared_data, "--corruptions", "fog,noise", "--severities", "3", "--json")
    said = awry("robustness", bundle, *some, "--out", out, "--clips", 1).json
    data = library.open_dataset(shared_data)
    detector = library.load(bundle)
    told = Told()
    result = library.robustness(
        detector,
        data=data,
        out=tmp_path / "own",
        corruptions=["fog", "noise"],
        severities=3,
        clips=1,
        reporter=told,
    )
    assert isinstance(result, library.RobustnessResult)
    values = result.to_dict()
    for cell in (values["clean"], said["clean"], *values["cells"], *said["cells"]):
        cell.pop("seconds")
    assert {**values, "plots": []} == {**said, "plots": []}
    assert result.auc("fog", 3) == values["cells"][0]["auc"]["score"]
    with pytest.raises(KeyError):
        result.auc("fog", 4)
    assert [row["corruption"] for row in result.rows()] == ["clean", "fog", "noise"]
    lines = result.plot().get_lines()
    assert [line.get_label() for line in lines] == ["fog", "noise"]
    assert list(lines[0].get_xdata()) == [0, 3]
    assert "lowest" in result._repr_html_()
    assert told.titles == ["conditions", "scoring", "scoring", "scoring"]
    assert told.messages == []


class Told(library.Silent):
    def __init__(self) -> None:
        self.titles: list[str] = []
        self.messages: list[str] = []

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        self.titles.append(title)

    def message(self, sentence: str) -> None:
        self.messages.append(sentence)


def test_a_program_is_refused_as_the_command_is(bundle: Path, shared_data: Path, out: Path) -> None:
    ask = partial(library.robustness, data=shared_data, out=out)
    with pytest.raises(library.ConfigError, match="Give either a BUNDLE"):
        ask()
    with pytest.raises(library.ConfigError, match="did you mean 'severities'"):
        ask(bundle, severity=3)
    with pytest.raises(library.ConfigError, match="1 to 5"):
        ask(bundle, severities=[1, 6])
    with pytest.raises(library.ConfigError, match="Give --budget or --threshold"):
        ask(library.load(bundle), budget="1/day", threshold=3.0)
    assert not out.exists()


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
