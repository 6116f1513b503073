from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from awry.methods.daml import training
from awry.terminal import BarReporter
from support import moving_square, write_images

DAML = ("--preset", "tiny", "--set", "first_epochs=2", "--set", "second_epochs=3", "--seed", "7")


def tensors(bundle: Path) -> dict[str, torch.Tensor]:
    return load_file(bundle / "model.safetensors")


def assert_equal_tensors(one: Path, other: Path) -> None:
    left, right = tensors(one), tensors(other)
    assert left.keys() == right.keys()
    assert [name for name in left if not torch.equal(left[name], right[name])] == []


def test_a_fit_writes_the_bundle_and_nothing_else(
    awry, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = sorted(shared_data.rglob("*"))
    words = ("--preset", "tiny", "--fps", 10, "--json")
    said = awry("fit", "daml", "--data", shared_data, "--out", "models/yard", *words)
    assert said.code == 0
    assert said.json["bundle"] == "models/yard"
    assert {moment["clip"] for moment in said.json["strangest"]} <= {"day0", "day1", "day2"}
    assert said.json["failed"] == []
    assert "reconstruction epoch 1/1" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["models"]
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["yard"]
    assert sorted(path.name for path in (tmp_path / "models" / "yard").iterdir()) == [
        "manifest.json",
        "model.safetensors",
        "strangest.html",
    ]
    assert sorted(shared_data.rglob("*")) == before


def test_a_cache_that_was_asked_for_stays(awry, shared_data: Path, tmp_path: Path) -> None:
    for cache in (tmp_path / "cache", tmp_path / "b.work" / "frames" / "mine"):
        words = ("--preset", "tiny", "--cache", cache)
        assert awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", *words).code == 0
        assert len(list(cache.iterdir())) == 3


def test_the_summary_shows_moments_and_threshold(awry, shared_data: Path, tmp_path: Path) -> None:
    words = ("--preset", "tiny", "--budget", "3/1000frames")
    said = awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", *words)
    assert "strangest moments" in said.out
    assert "strangest.html" in said.out
    assert "Threshold" in said.out
    page = (tmp_path / "b" / "strangest.html").read_text()
    assert "--exclude CLIP:FIRST-LAST" in page.replace("\n", " ")
    assert page.count("data:image/") >= 2


def test_excluded_frames_are_not_trained_on(awry, shared_data: Path, tmp_path: Path) -> None:
    words = ("--preset", "tiny", "--exclude", "day0:10-19")
    assert awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", *words).code == 0
    manifest = json.loads((tmp_path / "b" / "manifest.json").read_text())
    train = manifest["data"]["parts"]["train"]
    assert ["day0", 0, 10] in train
    assert ["day0", 20, 60] in train


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("damll",), "did you mean 'daml'?"),
        (("daml", "--preset", "tinny"), "did you mean 'tiny'?"),
        (("daml", "--set", "chanels=8"), "did you mean 'channels'?"),
        (("daml", "--set", "channels=many"), "channels = 'many'"),
        (("daml", "--set", "channels"), "expected KEY=VALUE"),
        (("daml", "--budget", "two"), "Cannot read the alarm budget 'two'"),
        (("daml", "--ignore", "top"), "Cannot read the ignore region 'top'"),
        (("daml", "--exclude", "day0"), "expected CLIP:FIRST-LAST"),
        (("daml", "--exclude", "day9:0-1"), "names the clip 'day9'"),
        (("daml", "--format", "fodler"), "did you mean 'folder'?"),
        (("daml", "--detector", "foreground"), "daml has no setting 'detector'"),
        (("ssmtl", "--preset", "tiny", "--set", "t=9"), "t = 9"),
    ],
)
def test_what_is_unknown_is_refused_first(
    awry, shared_data: Path, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    said = awry("fit", *words, "--data", shared_data, "--out", tmp_path / "b", "--json")
    assert (said.code, said.out) == (2, "")
    assert sentence in said.err
    assert list(tmp_path.iterdir()) == []


def test_detector_and_classifier_are_settings_of_their_own(
    awry, shared_data: Path, tmp_path: Path
) -> None:
    words = ("--preset", "tiny", "--set", "level=object", "--detector", "foreground")
    taught = ("--classifier", "random:resnet18", "--set", "classifier_side=32")
    out = tmp_path / "b"
    said = awry("fit", "ssmtl", "--data", shared_data, "--out", out, *words, *taught)
    assert said.code == 0, said.err
    config = json.loads((out / "manifest.json").read_text())["configs"]["*"]
    assert (config["detector"], config["classifier"]) == ("foreground", "random:resnet18")
    assert config["detector_fingerprint"]
    wrong = awry(
        "fit", "ssmtl", "--data", shared_data, "--out", out, "--detector", "onnx:none.onnx"
    )
    assert wrong.code == 2
    assert "none.onnx is not there" in wrong.err


def test_a_folder_that_is_no_bundle_is_left_alone(awry, shared_data: Path, tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "aunt.jpg").write_bytes(b"dear")
    said = awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "photos")
    assert said.code == 2
    assert "is not a bundle; it was left alone" in said.err
    assert [path.name for path in tmp_path.rglob("*")] == ["photos", "aunt.jpg"]


def test_no_normal_footage(awry, data: Path, tmp_path: Path) -> None:
    shutil.rmtree(data / "train")
    (data / "train").mkdir()
    said = awry("fit", "flow", "--data", data, "--out", tmp_path / "b")
    assert said.code == 2
    assert "no normal footage" in said.err


def test_bad_footage_among_good_is_listed(awry, data: Path, tmp_path: Path) -> None:
    (data / "train" / "day0" / "011.png").write_bytes(b"")
    (data / "train" / "night.mp4").write_bytes(b"no video")
    words = ("--preset", "tiny", "--json")
    said = awry("fit", "flow", "--data", data, "--out", tmp_path / "b", *words)
    assert said.code == 1
    assert any("011.png" in sentence for sentence in said.json["failed"])
    assert any("night" in sentence for sentence in said.json["failed"])
    assert len(said.json["failed"]) == 2
    assert (tmp_path / "b" / "manifest.json").is_file()


def test_a_full_disk_leaves_no_bundle_but_what_resume_needs(
    awry, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("fit", "daml", "--data", shared_data, "--out", tmp_path / "b", "--preset", "tiny")
    write_bytes = Path.write_bytes

    def full(path: Path, data: bytes) -> int:
        if path.suffix == ".safetensors" and "model" in path.name:  # checkpoints still fit
            raise OSError(28, "No space left on device")
        return write_bytes(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        said = awry(*words)
    assert said.code == 2
    assert "No space left on device" in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["b.work"]
    said = awry(*words, "--resume")
    assert said.code == 0
    assert "epoch" not in said.err  # nothing is trained again
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_nan_in_training_says_where(
    awry, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> dict[str, torch.Tensor]:
        return {"total": torch.tensor(float("nan"), requires_grad=True)}

    monkeypatch.setattr(training, "losses", broken)
    words = ("--preset", "tiny")
    said = awry("fit", "daml", "--data", shared_data, "--out", tmp_path / "b", *words)
    assert said.code == 2
    assert "phase reconstruction, epoch 1, step 1" in said.err
    assert not (tmp_path / "b").exists()


@pytest.fixture(scope="module")
def uninterrupted(awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("whole") / "b"
    assert awry("fit", "daml", "--data", shared_data, "--out", out, *DAML).code == 0
    return out


@pytest.fixture(scope="module")
def stopped(awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundle's place after Ctrl-C in mid-training."""
    out = tmp_path_factory.mktemp("stopped") / "b"
    seen = []

    def press(_: BarReporter, sentence: str) -> None:
        if "epoch 1/" in sentence:
            seen.append(sentence)
            signal.raise_signal(signal.SIGINT)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(BarReporter, "message", press)
        said = awry("fit", "daml", "--data", shared_data, "--out", out, *DAML, "--json")
    (line,) = seen
    assert "reconstruction" in line
    assert (said.code, said.out) == (130, "")
    assert "--resume goes on from there" in said.err
    return out


@pytest.fixture
def left(stopped: Path, tmp_path: Path) -> Path:
    """A copy of it that a test may use up."""
    shutil.copytree(stopped.with_name("b.work"), tmp_path / "b.work")
    return tmp_path / "b"


def test_resume_reaches_what_an_uninterrupted_fit_does(
    awry, shared_data: Path, uninterrupted: Path, stopped: Path, left: Path
) -> None:
    assert not stopped.exists()
    said = awry("fit", "daml", "--data", shared_data, "--out", left, *DAML, "--resume")
    assert said.code == 0
    assert "reconstruction epoch 1/" not in said.err
    assert "prediction epoch 3/3" in said.err
    assert_equal_tensors(left, uninterrupted)
    histories = [
        [
            entry["prediction"]
            for entry in json.loads((b / "manifest.json").read_text())["history"]["*"]
        ]
        for b in (left, uninterrupted)
    ]
    assert histories[0] == histories[1]
    assert len(histories[0]) == 5
    assert not left.with_name("b.work").exists()


def test_ctrl_c_at_the_end_of_a_phase_keeps_the_phase(
    awry, shared_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def press(_: BarReporter, sentence: str) -> None:
        if sentence.startswith("reconstruction epoch 2/2"):
            signal.raise_signal(signal.SIGINT)

    words = ("fit", "daml", "--data", shared_data, "--out", tmp_path / "b", *DAML)
    with monkeypatch.context() as patch:
        patch.setattr(BarReporter, "message", press)
        said = awry(*words)
    assert said.code == 130
    assert "stopped at the end of reconstruction" in said.err
    said = awry(*words, "--resume")
    assert "reconstruction epoch" not in said.err
    assert "prediction epoch 1/3" in said.err


def test_a_checkpoint_is_thrown_away_only_where_it_is_said(
    awry, shared_data: Path, uninterrupted: Path, left: Path
) -> None:
    words = ("fit", "daml", "--data", shared_data, "--out", left, *DAML)
    refused = awry(*words)
    assert refused.code == 2
    assert "--resume goes on from there, --overwrite throws it away" in refused.err
    said = awry(*words, "--overwrite")
    assert "reconstruction epoch 1/2" in said.err
    assert_equal_tensors(left, uninterrupted)


def test_starting_afresh_forgets_the_older_checkpoint(
    awry, shared_data: Path, left: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a fit stopped before its first checkpoint would go on from another seed's."""
    other = [*DAML[:-1], "8"]

    def at_once(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    words = ("fit", "daml", "--data", shared_data, "--out", left, *other)
    with monkeypatch.context() as patch:
        patch.setattr("awry.methods.daml.train", at_once)
        assert awry(*words, "--overwrite").code == 130
    assert "reconstruction epoch 1/2" in awry(*words, "--resume").err


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        (("--seed", "8"), "seed (7 then, 8 now)"),
        (("--set", "channels=5"), "config.channels ("),
        (("--every", "2"), "every (1 then, 2 now)"),
        (("--ignore", "rows:0-3"), "ignore (none then, rows:0-3 now)"),
        (("--max-frames", "50"), "max_frames (none then, 50 now)"),
        (("--exclude", "day0:0-9"), "exclude (none then, day0:0-9 now)"),
        (("--per-scene",), "per_scene (False then, True now)"),
    ],
)
def test_resume_with_other_settings_is_refused(
    awry, shared_data: Path, left: Path, changed: tuple[str, ...], named: str
) -> None:
    words = (*DAML, *changed, "--resume")
    said = awry("fit", "daml", "--data", shared_data, "--out", left, *words)
    assert said.code == 2
    assert f"was started otherwise: {named}" in said.err
    assert said.err.count(" now)") == 1
    assert (left.with_name("b.work") / "fit").is_dir()


def test_resume_with_nothing_left_says_so(awry, shared_data: Path, tmp_path: Path) -> None:
    words = ("--preset", "tiny", "--resume")
    said = awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", *words)
    assert said.code == 0
    assert "nothing to go on from" in said.err


def test_somebody_elses_files_beside_the_bundle_stay(
    awry, shared_data: Path, tmp_path: Path
) -> None:
    write_images(tmp_path / "b.work" / "pictures", moving_square(1, 0))
    words = ("--preset", "tiny")
    assert awry("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", *words).code == 0
    assert [path.name for path in (tmp_path / "b.work").iterdir()] == ["pictures"]


def test_frames_of_another_size_are_left_out_before_training(awry, tmp_path: Path) -> None:
    train = tmp_path / "yard" / "train"
    write_images(train / "monday", moving_square(60, 0))
    write_images(train / "tuesday", moving_square(60, 1))
    write_images(train / "tuesday", moving_square(30, 2, (96, 144)), first=61)
    write_images(train / "wednesday", moving_square(60, 3, (48, 48)))
    words = ("--preset", "tiny", "--fps", 10, "--json")
    said = awry("fit", "daml", "--data", tmp_path / "yard", "--out", tmp_path / "b", *words)
    assert said.code == 1
    failed = " ".join(said.json["failed"])
    assert "tuesday: Frames of another size than the first" in failed
    assert "wednesday was left out: its frames are 48x48" in failed
    assert "monday" not in failed


@pytest.mark.parametrize("content", ["", "{", "[1]", '{"seed": 8'])
def test_damaged_settings_are_one_sentence(
    awry, shared_data: Path, left: Path, content: str
) -> None:
    (left.with_name("b.work") / "fit.json").write_text(content)
    said = awry("fit", "daml", "--data", shared_data, "--out", left, *DAML, "--resume")
    assert said.code == 2
    assert "fit.json" in said.err
    assert "--overwrite" in said.err
    assert said.err.count("\n") < 5


def test_another_methods_bundle_is_replaced_only_where_it_is_said(
    awry, shared_data: Path, bundle: Path, tmp_path: Path
) -> None:
    out = tmp_path / "b"
    shutil.copytree(bundle, out)
    words = ("fit", "knn", "--data", shared_data, "--out", out, "--preset", "tiny")
    refused = awry(*words)
    assert refused.code == 2
    assert "holds a bundle of flow" in refused.err
    again = awry("fit", "flow", "--data", shared_data, "--out", out, "--preset", "tiny")
    assert again.code == 0, again.err


def test_fit_never_replaces_its_footage(awry, data: Path) -> None:
    for out in (data, data / "train", data / "train" / "day0", data.parent):
        said = awry("fit", "flow", "--data", data, "--out", out, "--preset", "tiny")
        assert said.code == 2
    assert len(list(data.rglob("*.png"))) == 300
    video = data / "train" / "day0" / "model"
    said = awry("fit", "flow", "--data", data, "--out", video, "--preset", "tiny")
    assert said.code == 2
    assert "lies among the footage" in said.err
    work = data.with_name("b.work") / "frames"
    work.mkdir(parents=True)
    (work / "mine.mp4").touch()
    said = awry("fit", "flow", "--data", data, "--out", data.with_name("b"), "--preset", "tiny")
    assert said.code == 2
    assert (work / "mine.mp4").exists()


def test_other_normal_footage_sets_the_threshold(awry, shared_data: Path, tmp_path: Path) -> None:
    write_images(tmp_path / "night" / "a", moving_square(60, 77))
    words = ("fit", "flow", "--data", shared_data, "--out", tmp_path / "b", "--fps", 10, "--json")
    said = awry(*words, "--validation", 0, "--calibration", tmp_path / "night")
    assert said.code == 0, said.err
    assert said.json["threshold"] > 0
    data = json.loads((tmp_path / "b" / "manifest.json").read_text())["data"]
    assert data["parts"]["train"] == [["day0", 0, 60], ["day1", 0, 60], ["day2", 0, 60]]
    assert data["parts"]["calibration"] == [["a", 0, 60]]
    assert data["calibrated_on"]["layout"] == "folder"
    assert "Nothing is held back for an alarm threshold" not in said.err
    refused = awry(*words, "--calibration", 0.7, "--overwrite")
    assert refused.code == 2
    assert "--calibration 0.7 is no share of the footage" in refused.err
