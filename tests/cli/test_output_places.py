"""Outputs of every command: never an input, never lost, known before the work."""

from __future__ import annotations

import csv
import hashlib
import shutil
from pathlib import Path

import pytest

from support import write_images


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def film(tmp_path: Path, make_video, clip_images) -> Path:
    return make_video(tmp_path / "in" / "evening.mp4", clip_images(900))


@pytest.mark.parametrize("option", ["--overlay", "--maps"])
def test_score_never_replaces_its_input(awry, bundle: Path, film: Path, option: str) -> None:
    before = digest(film)
    words = ("--out", film.parent / "s.csv", option, film, "--overwrite")
    said = awry("score", bundle, film.parent, *words)
    assert said.code == 2
    assert "which is read: it would be lost" in said.err
    assert "scoring" not in said.err
    assert digest(film) == before
    assert [path.name for path in film.parent.iterdir()] == ["evening.mp4"]


def test_an_overlay_that_is_named_like_another_source(
    awry, bundle: Path, film: Path, tmp_path: Path
) -> None:
    """look.mp4 of the source `evening` would be look-evening.mp4, the second source."""
    second = film.with_name("look-evening.mp4")
    shutil.copy(film, second)
    words = ("--out", tmp_path / "s.csv", "--overlay", film.with_name("look.mp4"))
    said = awry("score", bundle, film, second, *words)
    assert said.code == 2
    assert digest(second) == digest(film)


@pytest.mark.parametrize("options", [("--out", "--events"), ("--regions", "--events")])
def test_two_tables_in_one_place(
    awry, bundle: Path, film: Path, tmp_path: Path, options: tuple[str, str]
) -> None:
    """The first is written, the other left out and said."""
    words = {"--out": tmp_path / "s.csv"} | dict.fromkeys(options, tmp_path / "x.csv")
    said = awry("score", bundle, film, *(word for pair in words.items() for word in pair))
    assert said.code == 1
    assert "the events are not written" in said.err
    with (tmp_path / "x.csv").open() as file:
        columns = next(csv.reader(file))
    assert ("time_s" in columns) == (options[0] == "--out")
    assert ("x_min" in columns) == (options[0] == "--regions")


def test_score_replaces_its_own_and_nobody_elses(
    awry, bundle: Path, film: Path, tmp_path: Path
) -> None:
    words = {
        "--out": tmp_path / "s.csv",
        "--events": tmp_path / "e.jsonl",
        "--overlay": tmp_path / "look.mp4",
        "--maps": tmp_path / "maps",
    }
    spelled = [word for pair in words.items() for word in pair]
    for _ in range(2):
        said = awry("score", bundle, film, *spelled)
        assert said.code == 0, said.err
    for option, path in words.items():
        place = path / "evening.npz" if option == "--maps" else path
        kept = place.read_bytes()
        place.write_text("mine\n")
        said = awry("score", bundle, film, *spelled)
        assert said.code == 2
        assert f"{option} {place} exists and is nothing that awry wrote there" in said.err
        assert place.read_text() == "mine\n"
        place.write_bytes(kept)
    (tmp_path / "s.csv").write_text("mine\n")
    assert awry("score", bundle, film, *spelled, "--overwrite").code == 0
    assert (tmp_path / "s.csv").read_text().startswith("source,frame")


@pytest.mark.parametrize("option", ["--out", "--events", "--regions"])
def test_score_knows_first_what_cannot_be_written(
    awry, bundle: Path, film: Path, tmp_path: Path, option: str
) -> None:
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder.csv", tmp_path / "file" / "s.csv"):
        words = {"--out": tmp_path / "s.csv", option: path}
        said = awry("score", bundle, film, *(word for pair in words.items() for word in pair))
        assert said.code == 2
        assert "scoring" not in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder.csv", "in"]


def test_long_names_are_cut_and_stay_apart(
    awry, bundle: Path, tmp_path: Path, film: Path, clip_images
) -> None:
    for ending in "ab":
        write_images(tmp_path / "all" / ("監" * 80 + ending), clip_images(900)[:20])
    words = ("--maps", tmp_path / "maps", "--overlay", tmp_path / "out" / "look.mp4")
    said = awry("score", bundle, tmp_path / "all", "--out", tmp_path / "s.csv", *words)
    assert said.code == 0, said.err
    assert len(list((tmp_path / "maps").iterdir())) == 2
    assert len(list((tmp_path / "out").iterdir())) == 2


def test_one_video_that_cannot_be_written_costs_nothing_else(
    awry, bundle: Path, film: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy(film, film.with_name("night.mp4"))
    real = Path.mkdir

    def full(self: Path, *args: object, **more: object) -> None:
        if self.name == "looks":
            raise OSError(28, "No space left on device")
        real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Path, "mkdir", full)
    words = ("--overlay", tmp_path / "looks" / "look.mp4", "--events", tmp_path / "e.csv")
    said = awry("score", bundle, film.parent, "--out", tmp_path / "s.csv", *words)
    assert said.code == 1
    assert said.err.count("No space left on device") == 2
    with (tmp_path / "s.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 120
    with (tmp_path / "e.csv").open() as file:
        assert len(list(csv.DictReader(file))) == 2


def words_of(command: str, bundle: Path, data: Path, out: Path) -> tuple[object, ...]:
    """The command with an output at `out`, a folder or the alarms' table."""
    scores, labels = data.parent / "scores.csv", data / "labels.csv"
    return {
        "evaluate": ("evaluate", bundle, "--data", data, "--out", out, "--no-flow"),
        "robustness": ("robustness", bundle, "--data", data, "--out", out),
        "reproduce": ("reproduce", "daml-table5", "--data", data, "--out", out, "--scale", "tiny"),
        "demo": ("demo", "--out", out),
        "export": ("export", bundle, "--out", out),
        "sift": ("sift", data / "test", "--out", out),
        "metrics": ("metrics", "frame", "--scores", scores, "--labels", labels, "--out", out),
        "alarms": ("alarms", scores, "--threshold", "0.5", "--out", out),
    }[command]


@pytest.fixture
def scores(data: Path) -> Path:
    path = data.parent / "scores.csv"
    rows = [f"{clip},{frame},0.1\n" for clip in ("clip0", "clip1") for frame in range(60)]
    path.write_text("clip,frame,score\n" + "".join(rows))
    return path


@pytest.mark.usefixtures("scores")
@pytest.mark.parametrize(
    ("command", "file"),
    [
        ("evaluate", "metrics.json"),
        ("evaluate", "report.html"),
        ("robustness", "robustness.json"),
        ("robustness", "robustness.png"),
        ("robustness", "frames/mine.mp4"),
        ("reproduce", "daml-table5.json"),
        ("reproduce", "frames/mine.png"),
        ("demo", "overlay.mp4"),
        ("demo", "report.html"),
        ("metrics", "report.html"),
        ("alarms", ""),
    ],
)
def test_nobody_elses_file_is_replaced(
    awry, bundle: Path, data: Path, tmp_path: Path, command: str, file: str
) -> None:
    place = tmp_path / "out" / file if file else tmp_path / "alarms.csv"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text("mine\n")
    out = tmp_path / "out" if file else place
    said = awry(*words_of(command, bundle, data, out))
    assert said.code == 2
    assert "nothing that awry wrote there" in said.err
    assert "scor" not in said.err.replace(str(tmp_path), "")
    assert place.read_text() == "mine\n"


@pytest.mark.usefixtures("scores")
@pytest.mark.parametrize(
    "command",
    ["evaluate", "robustness", "reproduce", "demo", "export", "sift", "metrics", "alarms"],
)
def test_every_command_knows_first_what_cannot_be_written(
    awry, bundle: Path, data: Path, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").write_text("mine\n")
    below = tmp_path / "file" / ("a.csv" if command == "alarms" else "out")
    said = awry(*words_of(command, bundle, data, below))
    assert said.code == 2
    assert "Cannot write" in said.err
    assert (tmp_path / "file").read_text() == "mine\n"


def test_alarms_never_replace_the_scores(awry, scores: Path) -> None:
    before = digest(scores)
    said = awry("alarms", scores, "--threshold", "0.5", "--out", scores, "--overwrite")
    assert said.code == 2
    assert digest(scores) == before


def test_export_does_not_replace_a_fitted_bundle(awry, bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(bundle, other)
    said = awry("export", bundle, "--out", other)
    assert said.code == 2
    assert "holds a bundle that was fitted" in said.err
