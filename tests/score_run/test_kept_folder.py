"""What is finished, on disk until the tables are whole."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry
from awry.begun import differences
from awry.devices import Compute
from awry.errors import ConfigError
from awry.score_run.elsewhere import SourceTask
from awry.score_run.kept import Recorder
from awry.score_run.kept_folder import KeptFolder, kept_folder, settings_of
from awry.score_run.options import ScoreOptions
from awry.video.open import list_sources
from conftest import running_square, write_video


def data() -> bytes:
    recorder = Recorder()
    recorder.begin((1, 1), None)
    return recorder.end(None, {"": []}, {"": []}, [])


@pytest.fixture
def task(tmp_path: Path) -> SourceTask:
    (source,) = list_sources(write_video(tmp_path / "clip.mp4", running_square(1)[:3]))
    return SourceTask("gate", source)


def test_what_is_taken_can_be_had(task: SourceTask, tmp_path: Path) -> None:
    kept = KeptFolder(tmp_path / "kept", {"scene": "*"}, resume=False)
    assert kept.get(task) is None
    assert not kept.finished(task, ScoreOptions())
    kept.take(task, data())
    source = kept.get(task)
    assert source is not None
    assert source.data == data()
    again = KeptFolder(tmp_path / "kept", {"scene": "*"}, resume=True)
    assert again.finished(task, ScoreOptions())
    assert not again.finished(task, ScoreOptions(maps=tmp_path))  # which are not there
    Path(task.source.where).unlink()
    assert not again.finished(task, ScoreOptions())
    again.remove()
    assert not (tmp_path / "kept").exists()


def test_another_run_is_refused_once_something_is_there(task: SourceTask, tmp_path: Path) -> None:
    KeptFolder(tmp_path / "kept", {"scene": "gate"}, resume=False)
    KeptFolder(tmp_path / "kept", {"scene": "*"}, resume=False).take(task, data())
    with pytest.raises(ConfigError, match="Go on with --resume, or remove that folder"):
        KeptFolder(tmp_path / "kept", {"scene": "*"}, resume=False)
    with pytest.raises(ConfigError, match=r"begun otherwise: scene \(\* then, yard now\)"):
        KeptFolder(tmp_path / "kept", {"scene": "yard"}, resume=True)


def test_a_folder_of_others_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "letter.txt").touch()
    with pytest.raises(ConfigError, match="holds something else"):
        KeptFolder(tmp_path / "kept", {}, resume=False)
    assert (tmp_path / "kept" / "letter.txt").exists()


def test_in_memory_it_is_had_once(task: SourceTask) -> None:
    kept = KeptFolder(None, {}, resume=False)
    kept.take(task, data())
    assert kept.get(task) is not None
    assert kept.get(task) is None
    with pytest.raises(ConfigError, match="give --out too"):
        KeptFolder(None, {}, resume=True)


def test_where_it_lies_beside_a_folder_without_a_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "run" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "run")
    for place in ("./", "deeper/..", f"{tmp_path}/run/"):
        assert kept_folder(ScoreOptions(folder=place)) == tmp_path / "run.finished"


def test_another_precision_is_another_run(bundle: Path) -> None:
    detector = awry.load(bundle, device="cpu")
    one, other = (
        settings_of({"": detector.on(Compute("cpu", precision))}, ScoreOptions())
        for precision in ("32", "bf16")
    )
    assert differences(one, other) == ["device.first (cpu then, cpu, bf16 now)"]


def test_settings_and_place(bundle: Path) -> None:
    assert kept_folder(ScoreOptions()) is None
    assert kept_folder(ScoreOptions(Path("a/s.csv"))) == Path("a/s.csv.finished")
    one, other = (
        settings_of({"": awry.load(bundle, threshold=level)}, ScoreOptions()) for level in (1, 2)
    )
    assert one["bundles"] != other["bundles"]
