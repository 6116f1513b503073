from __future__ import annotations

import csv
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.errors import BundleError, ConfigError, FootageError, TrainingError
from awry.progress import Silent
from awry.sifting import run_folder as run_on_disk
from awry.sifting.review import session as sessions
from awry.sifting.review.descriptions import change_of, describe, learned
from awry.sifting.review.learning import Learning
from awry.sifting.review.log import FeedbackLog
from awry.sifting.review.moments import ReviewMoment, unsettled
from awry.sifting.review.positions import placed_marks, places_of
from awry.sifting.review.session import ReviewSession
from awry.sifting.run import RankedClip
from awry.sifting.run_folder import load_run


def mark(session: ReviewSession, number: int, label: str) -> str | None:
    return session.mark(session.moments[number], label)


def spans(session: ReviewSession) -> list[tuple[int, int, int]]:
    return [(m.clip, m.first, m.last) for m in session.moments]


def labels(session: ReviewSession) -> list[str | None]:
    return [moment.label for moment in session.moments]


def test_moments_are_the_runs_events(session: ReviewSession) -> None:
    events = load_run(session.folder).events
    assert len(events) > 3
    assert spans(session) == [(e.clip, e.first, e.last) for e in events]
    assert [m.rank for m in session.moments] == list(range(1, len(events) + 1))
    assert set(labels(session)) == {None}
    assert (session.counts, session.to_learn, session.notes) == ((0, 0), 0, [])
    clip = session.run.clips[events[0].clip]
    first, last = clip.indices[events[0].first], clip.indices[events[0].last]
    assert describe(session, session.moments[0]).startswith(f"frames {first}\u2013{last}, 0:0")


def test_marks_count_and_survive_a_restart(session: ReviewSession, run_folder: Path) -> None:
    assert mark(session, 0, "normal") is None
    assert mark(session, 1, "abnormal") is None
    said = mark(session, 0, "abnormal")
    assert said is not None
    assert said.endswith("was marked normal before; now it is abnormal.")
    assert (session.counts, session.to_learn) == ((2, 0), 2)
    mark(session, 0, "normal")
    assert labels(session)[:3] == ["normal", "abnormal", None]
    session.close()
    again = ReviewSession(run_folder)
    assert not again.read_only
    assert labels(again) == labels(session)
    moment = again.moments[0]
    assert again.undo() == (moment.clip, moment.place)
    assert labels(again)[:3] == ["abnormal", "abnormal", None]
    assert [again.undo() is None for _ in range(4)] == [False, False, False, True]
    assert again.counts == (0, 0)
    again.close()


def test_learning_ranks_anew_and_writes_the_run(session: ReviewSession, run_folder: Path) -> None:
    before = load_run(run_folder)
    mark(session, 0, "normal")
    mark(session, len(session.moments) - 1, "abnormal")
    version = session.version
    changes = session.retrain(Silent())
    assert session.version > version
    assert changes.marks == 2
    assert changes.rose + changes.fell + changes.stayed + changes.new == sum(
        moment.rank is not None for moment in session.moments
    )
    assert learned(changes).startswith("Learned from 2 marks. Moments: ")
    after = load_run(run_folder)
    assert "feedback" in after.clips[0].parts
    old, new = (np.concatenate([clip.scores for clip in run.clips]) for run in (before, after))
    assert not np.array_equal(old, new)
    with (run_folder / "events.csv").open() as file:
        rows = list(csv.DictReader(file))
    # What was called normal may still be among the top-ranked frames; nothing lists it any more.
    events = unsettled(after.events, list(placed_marks(after.clips, session._log.marks.values())))
    assert [float(row["score"]) for row in rows] == [event.score for event in events]
    assert [m.score for m in session.moments if m.rank] == [event.score for event in events]
    assert all(m.before is not None or m.rank for m in session.moments)
    assert sorted(filter(None, labels(session))) == ["abnormal", "normal"]
    page = (run_folder / "report.html").read_text()
    assert f"score&nbsp;{events[0].score:.4g}" in page
    assert {change_of(session, moment) for moment in session.moments} != {""}
    assert session.interactions == 1
    lines = [json.loads(line) for line in (run_folder / "feedback.jsonl").read_text().splitlines()]
    assert lines[-1] == lines[-1] | {"learned": 1, "marks": 2}
    session.retrain(Silent())
    assert session.interactions == 2


def test_a_mark_speaks_of_all_frames_of_its_event(session: ReviewSession) -> None:
    first, second = session.moments[:2]
    assert first.last > first.first
    mark(session, 0, "normal")
    mark(session, 1, "abnormal")
    begins = np.cumsum([0, *(len(clip.indices) for clip in session.run.clips)])
    expected = {
        int(begins[moment.clip]) + place: label
        for moment, label in ((first, False), (second, True))
        for place in range(moment.first, moment.last + 1)
    }
    assert places_of(session.run, session._log.marks) == expected


def test_what_was_called_normal_and_learned_is_not_first_any_more(
    session: ReviewSession, run_folder: Path
) -> None:
    mark(session, 0, "normal")
    settled = session.moments[0]
    assert (settled.label, settled.rank) == ("normal", 1)  # cards stay where they are
    session.retrain(Silent())
    again = [m for m in session.moments if m.clip == settled.clip and _overlap(m, settled)]
    assert {m.label for m in again} == {"normal"}
    assert {m.rank for m in again} == {None}
    first = next(m for m in session.moments if m.rank == 1)
    assert first.label is None
    with (run_folder / "events.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == sum(moment.rank is not None for moment in session.moments)
    name = session.run.clips[settled.clip].name
    spans = [(int(row["first"]), int(row["last"])) for row in rows if row["source"] == name]
    peak = int(session.run.clips[settled.clip].indices[settled.place])
    assert not any(first <= peak <= last for first, last in spans)


def _overlap(one: ReviewMoment, other: ReviewMoment) -> bool:
    return one.first <= other.last and other.first <= one.last


def test_below_the_top_share_there_is_more(session: ReviewSession) -> None:
    scores = np.linspace(0, 0.1, 400)
    scores[50:130] = 1.0  # a fifth of the frames stands out
    scores[300:310] = 0.5
    clip = RankedClip("gate", "scene", 10, np.arange(400), np.arange(400) / 10, scores, {})
    session.run = replace(session.run, clips=(clip,))
    session._changed()
    top = session.moments
    assert [(m.first, m.last, m.rank) for m in top] == [(50, 129, 1)]
    below = session.moments_below(0.225)
    assert [(m.first, m.last, m.rank, m.score) for m in below] == [(300, 309, 2, 0.5)]
    assert [(m.first, m.rank) for m in session.moments_below(0.4)] == [(300, 2), (330, 3)]
    session.mark(below[0], "abnormal")
    assert session.moments_below(0.225)[0].label == "abnormal"
    assert session.counts == (1, 0)


@pytest.mark.parametrize("dies", ["before run.json", "before the log", "before publishing"])
def test_a_death_while_writing_leaves_one_generation_or_the_next(
    session: ReviewSession, run_folder: Path, monkeypatch: pytest.MonkeyPatch, dies: str
) -> None:
    before = load_run(run_folder)
    mark(session, 0, "normal")

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        if dies == "before run.json":
            patch.setattr(run_on_disk, "write_json", die)
        elif dies == "before publishing":
            patch.setattr(run_on_disk, "publish", die)
        else:
            patch.setattr(FeedbackLog, "learned", die)
        with pytest.raises(KeyboardInterrupt):
            session.retrain(Silent())
    session.close()
    again = ReviewSession(run_folder)
    new = "feedback" in again.run.clips[0].parts
    assert new is (dies != "before run.json")
    assert again.interactions == int(new)
    # Model, scores and tables belong together, and no mark is learned twice.
    with (run_folder / "scores.csv").open() as file:
        shown = [float(row["score"]) for row in csv.DictReader(file)]
    assert shown == again.run.scores.tolist()
    assert (shown == before.scores.tolist()) is not new
    assert again._log.fresh == ({} if new else again._log.marks)
    assert [entry.name for entry in (run_folder / "generations").iterdir()] == [again.run.home.name]
    assert again.heat(0, 0) is not None
    again.close()


def test_learning_goes_on_where_it_was_after_a_restart(
    session: ReviewSession, run_folder: Path, tmp_path: Path
) -> None:
    mark(session, 0, "normal")
    session.retrain(Silent())
    session.close()
    copy = Path(shutil.copytree(run_folder, tmp_path / "copy"))
    scores = []
    for folder in (run_folder, copy):
        again = ReviewSession(folder)
        mark(again, 1, "abnormal")
        again.retrain(Silent())
        scores.append([clip.scores for clip in again.run.clips])
        again.close()
    np.testing.assert_array_equal(scores[0], scores[1])


def test_without_earlier_feedback_only_fresh_marks_are_learned_from(run_folder: Path) -> None:
    facts = json.loads((run_folder / "run.json").read_text())
    facts["config"]["feedback_kept"] = False
    (run_folder / "run.json").write_text(json.dumps(facts))
    session = ReviewSession(run_folder)
    mark(session, 0, "normal")
    assert session.retrain(Silent()).marks == 1
    assert session.to_learn == 0
    with pytest.raises(ConfigError, match="mark a moment first"):
        session.retrain(Silent())
    mark(session, 1, "abnormal")
    assert (session.to_learn, session.counts) == (1, (1, 1))
    session.close()


def test_a_second_session_is_read_only(session: ReviewSession, run_folder: Path) -> None:
    second = ReviewSession(run_folder)
    assert (session.read_only, second.read_only) == (False, True)
    for change in (
        lambda: mark(second, 0, "normal"),
        second.undo,
        lambda: second.retrain(Silent()),
        lambda: second.take_in(run_folder / "run.json"),
    ):
        with pytest.raises(ConfigError, match="read-only"):
            change()
    mark(session, 0, "normal")
    assert second.counts == (0, 0)
    second.reread()
    assert second.counts == (0, 1)
    session.retrain(Silent())
    second.reread()
    assert [m.score for m in second.moments] == [m.score for m in session.moments]
    session.close()
    third = ReviewSession(run_folder)
    assert not third.read_only
    third.close()


def test_marks_of_frames_that_are_not_there_are_said_and_left_out(
    session: ReviewSession, run_folder: Path, tmp_path: Path
) -> None:
    mark(session, 0, "normal")
    name = session.run.clips[session.moments[0].clip].name
    other = tmp_path / "marks.jsonl"
    lines = [("nobody", 3), (name, 9999), (session.run.clips[0].name, 0)]
    other.write_text(
        "".join(
            json.dumps({"source": source, "frame": frame, "label": "abnormal", "time": ""}) + "\n"
            for source, frame in lines
        )
    )
    came = session.take_in(other)
    assert came.taken == 1
    assert came.refused == (
        "The run has no clip nobody; what was said of its frame 3 is left out.",
        f"Frame 9999 of {name} is not among the 40 frames that were sifted; "
        "what was said of it is left out.",
    )
    assert session.counts == (1, 1)
    # A mark beside all events is shown after them.
    assert session.moments[-1].rank is None
    assert describe(session, session.moments[-1]) == "frame 0, 0:00.0"
    session.close()
    with (run_folder / "feedback.jsonl").open("a") as file:
        file.write(other.read_text())
    again = ReviewSession(run_folder)
    assert again.counts == (1, 1)
    assert list(came.refused) == again.notes
    again.close()


def test_failing_leaves_the_run_as_it_was(
    session: ReviewSession, run_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mark(session, 0, "normal")
    ready = (run_folder / "scores.csv").read_bytes()

    def fail(*_: object) -> None:
        raise TrainingError("The loss is NaN.")

    with monkeypatch.context() as patch:
        patch.setattr(sessions, "learn_from", fail)
        learning = Learning(session)
        learning.begin()
        learning.wait()
    assert (learning.changes, learning.problem) == (None, "The loss is NaN.")
    assert (run_folder / "scores.csv").read_bytes() == ready
    assert (session.interactions, session.learning) == (0, False)
    learning.begin()
    learning.wait()
    assert (learning.problem, learning.changes and learning.changes.marks) == ("", 1)
    assert (learning.running, learning.ended, session.interactions) == (False, 2, 1)
    assert learning.share == 1


def test_other_videos_are_refused(session: ReviewSession, run_folder: Path, monkeypatch) -> None:
    clips = dict(list(session.clips.items())[1:])
    monkeypatch.setattr(session, "_clips", clips)
    mark(session, 0, "normal")
    with pytest.raises(FootageError, match="are not those that"):
        session.retrain(Silent())


def test_what_is_no_run_is_said(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="is no sifted archive"):
        ReviewSession(tmp_path)


def test_while_it_learns_nothing_is_marked(session: ReviewSession, monkeypatch) -> None:
    mark(session, 0, "normal")
    said = []
    real = sessions.learn_from

    def learn(*words: Any) -> Any:
        with pytest.raises(ConfigError, match="Learning is under way"):
            mark(session, 1, "normal")
        said.append(session.heat(0, 0))
        return real(*words)

    monkeypatch.setattr(sessions, "learn_from", learn)
    monkeypatch.setattr(sessions, "PATIENCE", 0)
    session.retrain(Silent())
    assert said == [None]
    assert mark(session, 1, "normal") is None
