"""Sources that workers score: the same rows, maps, videos and sentences as without them."""

from __future__ import annotations

import csv
import os
import signal
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet

import awry
from awry.cluster import Pool
from awry.errors import ConfigError
from awry.methods.base import MethodConfig
from awry.methods.flow import Flow
from awry.progress import NO_FIGURES, Silent
from awry.score_run.result import ScoreResult
from conftest import running_square, write_film, write_video


@pytest.fixture(scope="module")
def ray_here() -> Iterator[Pool]:
    """A Ray with room for two workers, which `on="ray"` finds."""
    with Pool(2) as pool:
        yield pool


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    for number in range(3):
        write_video(folder / f"clip{number}.mp4", running_square(number))
    write_video(folder / "short.mp4", running_square(7)[:1])
    (folder / "broken.mp4").write_bytes(b"\0" * 99)
    return folder


def scored(bundle: Path, sources: Any, out: Path, **options: Any) -> ScoreResult:
    return awry.score(
        bundle,
        sources,
        out=out / "scores.csv",
        regions=out / "regions.jsonl",
        events=out / "events.csv",
        parts=["all"],
        budget="1/minute",
        **options,
    )


def files_of(folder: Path) -> Mapping[str, bytes]:
    return {
        file.relative_to(folder).as_posix(): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_everything_is_as_in_a_single_process(
    bundle: Path, footage: Path, tmp_path: Path, ray_here: Pool
) -> None:
    other = tmp_path / "other"
    awry.load(bundle).save(other)
    sources = [footage, running_square(9)[:20], footage / "nowhere.mp4"]
    results = []
    for name, workers in (("one", None), ("two", 2)):
        out = tmp_path / name
        results.append(
            scored(
                bundle,
                sources,
                out,
                workers=workers,
                maps=out / "maps",
                overlay=out / "look.mp4",
                also=[other],
            )
        )
    one, two = (files_of(tmp_path / name) for name in ("one", "two"))
    assert "scores.csv" in one
    assert "scores-other.csv" in one
    assert "maps/clip2.npz" in one
    assert one == two
    first, second = ({**result.to_dict(), "out": "", "also": ""} for result in results)
    assert first == second
    assert "nowhere.mp4" in first["failed"][0]
    assert any(sentence.startswith("broken: ") for sentence in first["failed"])
    assert results[0].also["other"].alarms == results[1].also["other"].alarms


def test_a_folder_has_a_file_for_each_source(
    bundle: Path, footage: Path, tmp_path: Path, ray_here: Pool
) -> None:
    sources = [footage / f"clip{number}.mp4" for number in range(2)]
    scored(bundle, sources, tmp_path)
    for on in (None, "ray"):
        place = f"{tmp_path}/{on}/"
        result = awry.score(
            bundle, sources, out=place, parts=["all"], budget="1/minute", on=on, also=[bundle]
        )
        assert result.out == place
        assert sorted(files_of(Path(place))) == [
            f"{kind}/clip{number}.parquet"
            for kind in ("events", "regions", "scores")
            for number in range(2)
        ]
        assert (tmp_path / f"{on}-flow" / "scores" / "clip1.parquet").is_file()
        table = parquet.read_table(f"{place}scores").to_pylist()
        with (tmp_path / "scores.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [row["score"] for row in table] == [float(row["score"]) for row in rows]
        assert [row["source"] for row in table] == [row["source"] for row in rows]
        events = parquet.read_table(f"{place}events").to_pylist()
        assert [event["peak"] for event in events] == [alarm.peak for alarm in result.alarms]


def test_the_files_of_a_folder_are_read_together(
    bundle: Path, footage: Path, tmp_path: Path
) -> None:
    sources = [footage / "short.mp4", footage / "clip0.mp4"]  # the first gives no region
    awry.score(bundle, sources, out=f"{tmp_path}/all/", parts=["all"])
    for kind in ("scores", "regions", "events"):
        one, other = (
            parquet.read_schema(tmp_path / "all" / kind / f"{name}.parquet")
            for name in ("short", "clip0")
        )
        assert one == other


def test_scores_in_memory_too(bundle: Path, footage: Path, ray_here: Pool) -> None:
    clips = [footage / "clip0.mp4", footage / "clip1.mp4"]
    one, two = (awry.score(bundle, clips, on=on).clips for on in (None, "ray"))
    assert list(one) == list(two) == ["clip0", "clip1"]
    for name in one:
        assert np.array_equal(one[name].scores, two[name].scores, equal_nan=True)
        assert np.array_equal(one[name].boxes, two[name].boxes)
        assert one[name].alarms == two[name].alarms


class Counts(Silent):
    """How far it was when it began, and how often it went on."""

    def __init__(self) -> None:
        self.began: list[tuple[int | None, int]] = []
        self.steps = 0

    def start(self, title: str, total: int | None = None, done: int = 0) -> None:
        self.began.append((total, done))

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        self.steps += 1


def workers_of(parent: int) -> list[int]:
    """Processes of Ray's actors below one process."""
    above, actors = {}, []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            process = int(folder.name)
            above[process] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
            if (folder / "cmdline").read_bytes().startswith(b"ray::Actor"):
                actors.append(process)

    def below(process: int) -> bool:
        return process == parent or (process in above and below(above[process]))

    return [process for process in actors if below(process)]


class Kills(Counts):
    """Kills a worker once a source is done, when others are under way."""

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        super().advance(figures, title)
        if self.steps == 1:
            os.kill(workers_of(os.getpid())[-1], signal.SIGKILL)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds workers in /proc")
def test_a_killed_worker_costs_no_row(
    bundle: Path, footage: Path, tmp_path: Path, ray_here: Pool
) -> None:
    sources = [footage / f"clip{number}.mp4" for number in range(3)]
    counts = Kills()
    result = scored(bundle, sources, tmp_path / "two", workers=2, reporter=counts)
    assert counts.steps == 3
    assert not result.failed
    scored(bundle, sources, tmp_path / "one")
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


class Interrupts(Counts):
    """Asks for the end once so many sources are done."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.after = after

    def advance(self, figures: Mapping[str, float] = NO_FIGURES, title: str = "") -> None:
        super().advance(figures, title)
        if self.steps == self.after:
            os.kill(os.getpid(), signal.SIGINT)


def test_after_ctrl_c_the_rest_is_scored(bundle: Path, footage: Path, tmp_path: Path) -> None:
    sources = [footage / f"clip{number}.mp4" for number in range(3)]
    scored(bundle, sources, tmp_path / "one")
    out = tmp_path / "two"
    result = scored(bundle, sources, out, resume=True, reporter=Interrupts(2))
    assert result.interrupted
    assert [source.source for source in result.sources] == ["clip0", "clip1"]
    assert "clip2: not scored, stopped by Ctrl-C" in result.notes
    kept = out / "scores.csv.finished"
    assert f"What is finished is kept in {kept}" in result.notes[-1]
    with pytest.raises(ConfigError, match="Go on with --resume, or remove that folder"):
        scored(bundle, sources, out, workers=2)
    with pytest.raises(ConfigError, match=r"begun otherwise: .*parts \(all then, none now\)"):
        awry.score(bundle, sources, out=out / "scores.csv", resume=True)
    counts = Counts()
    whole = scored(bundle, sources, out, resume=True, reporter=counts)
    assert (counts.began[0], counts.steps) == ((3, 2), 1)
    assert not whole.interrupted
    assert files_of(out) == files_of(tmp_path / "one")


def test_what_workers_were_writing_goes_with_them(
    bundle: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    maps = tmp_path / "maps"
    maps.mkdir()
    theirs = maps / "clip1.npz.partial.npy"  # of a process that died
    theirs.touch()
    growing = maps / "clip0.npz.partial.npy", tmp_path / "look-clip0.partial.mp4"

    class Ended(Pool):
        def __init__(self, *_: Any) -> None:
            super().__init__(1, "processes")

        def run(self, *_: Any) -> Any:
            for file in growing:
                file.touch()
            raise KeyboardInterrupt

    monkeypatch.setattr("awry.score_run.fleet.Pool", Ended)
    sources = [footage / f"clip{number}.mp4" for number in range(2)]
    with pytest.raises(KeyboardInterrupt):
        scored(bundle, sources, tmp_path, workers=1, maps=maps, overlay=tmp_path / "look.mp4")
    assert theirs.exists()
    assert not any(file.exists() for file in growing)


def test_a_source_that_changed_or_was_damaged_is_scored_again(
    bundle: Path, footage: Path, tmp_path: Path
) -> None:
    clips = [write_video(tmp_path / f"{name}.mp4", running_square(1)) for name in "abc"]
    every = [*clips, footage / "clip2.mp4", footage / "broken.mp4"]
    out = tmp_path / "out"
    result = scored(bundle, every, out, resume=True, reporter=Interrupts(3))
    assert [source.source for source in result.sources] == ["a", "b", "c"]
    write_video(clips[0], running_square(2))
    (damaged,) = (out / "scores.csv.finished").glob("b-*.gz")
    damaged.write_bytes(damaged.read_bytes()[:-20])
    counts = Counts()
    scored(bundle, every, out, resume=True, reporter=counts)
    assert counts.began[0] == (5, 1)
    scored(bundle, every, tmp_path / "again")
    assert files_of(out) == files_of(tmp_path / "again")


def test_a_long_file_is_scored_in_pieces(bundle: Path, tmp_path: Path) -> None:
    film = write_film(tmp_path / "film.mp4", np.concatenate([running_square(1)] * 3))
    whole = scored(bundle, film, tmp_path / "one")
    counts = Counts()
    cut = scored(bundle, film, tmp_path / "two", resume=True, piece_minutes=0.05, reporter=counts)
    assert counts.began[0] == (5, 0)
    assert counts.steps == 5
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")
    assert whole.to_dict()["alarms"] == cut.to_dict()["alarms"]
    assert any(alarm.first < 37 <= alarm.last for alarm in cut.alarms)  # across a cut


def test_a_file_whose_pieces_cannot_be_read_is_scored_as_a_whole(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = write_film(tmp_path / "film.mp4", np.concatenate([running_square(1)] * 2))
    scored(bundle, film, tmp_path / "one")
    monkeypatch.setattr("awry.video.stretch.frames_at", lambda source, times: iter(()))
    counts = Counts()
    scored(bundle, film, tmp_path / "two", resume=True, piece_minutes=0.05, reporter=counts)
    assert counts.began[0] == (3, 0)
    assert files_of(tmp_path / "one") == files_of(tmp_path / "two")


class Unsendable(Flow):
    """A method of others, which holds what cannot leave its process."""

    def __init__(self, config: MethodConfig) -> None:
        super().__init__(config)
        self.lock = threading.Lock()


def test_a_detector_that_cannot_be_sent_is_refused(
    bundle: Path, footage: Path, ray_here: Pool
) -> None:
    detector = awry.load(bundle)
    models = {scene: Unsendable(model.config) for scene, model in detector.models.items()}
    with pytest.raises(ConfigError, match="cannot be sent to another process"):
        awry.score(replace(detector, models=models), footage / "clip0.mp4", on="ray")


def test_workers_need_ray_and_a_place(
    awry: Any, bundle: Path, footage: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("score", bundle, footage / "clip0.mp4", "--out", tmp_path / "s.csv")
    said = awry(*words, "--on", "http://cluster:80")
    assert (said.code, "expected ray, auto, ray://HOST:PORT" in said.err) == (2, True)
    said = awry(*words, "--on", "ray://127.0.0.1:1")
    assert (said.code, "No Ray answers at ray://127.0.0.1:1" in said.err) == (2, True)
    monkeypatch.setitem(sys.modules, "ray", None)
    said = awry(*words, "--workers", 2)
    assert (said.code, "pip install 'awry[cluster]'" in said.err) == (2, True)
    assert list(tmp_path.iterdir()) == []


def test_without_an_output_nothing_can_be_resumed(bundle: Path, footage: Path) -> None:
    with pytest.raises(ConfigError, match="give --out too"):
        awry.score(bundle, footage / "clip0.mp4", resume=True)
