from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.errors import InputError, WriteError
from awry.sifting.review.log import FeedbackLog


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feedback.jsonl"


def labels(log: FeedbackLog) -> dict[tuple[str, int], str]:
    return {key: mark.label for key, mark in log.marks.items()}


def test_marks_survive_a_restart(path: Path) -> None:
    log = FeedbackLog(path)
    assert (log.marks, log.undo(), log.interactions) == ({}, None, 0)
    assert log.mark("gate", 12, "abnormal") is None
    assert log.mark("yard", 3, "normal") is None
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [set(line) for line in lines] == [{"source", "frame", "label", "time"}] * 2
    assert lines[0]["time"].endswith("+00:00")
    again = FeedbackLog(path)
    assert again.marks == log.marks
    assert labels(again) == {("gate", 12): "abnormal", ("yard", 3): "normal"}
    assert again.notes == []


def test_the_last_mark_of_a_frame_counts_and_a_contradiction_is_said(path: Path) -> None:
    log = FeedbackLog(path)
    log.mark("gate", 12, "abnormal")
    said = log.mark("gate", 12, "normal")
    assert said == "Frame 12 of gate was marked abnormal before; now it is normal."
    assert labels(FeedbackLog(path)) == {("gate", 12): "normal"}
    assert log.mark("gate", 12, "normal") is None
    assert len(path.read_text().splitlines()) == 2


def test_undo_takes_the_newest_back_and_brings_the_one_before_back(path: Path) -> None:
    log = FeedbackLog(path)
    log.mark("gate", 12, "abnormal")
    log.mark("gate", 12, "normal")
    log.mark("gate", 13, "normal")
    gone = log.undo()
    assert gone is not None
    assert gone.key == ("gate", 13)
    log.undo()
    assert labels(log) == labels(FeedbackLog(path)) == {("gate", 12): "abnormal"}
    log.undo()
    assert log.marks == FeedbackLog(path).marks == {}
    assert log.undo() is None
    assert len(path.read_text().splitlines()) == 6


def test_it_is_known_what_was_learned_from(path: Path) -> None:
    log = FeedbackLog(path)
    log.mark("gate", 1, "abnormal")
    log.mark("gate", 2, "normal")
    log.learned(1)
    assert log.fresh == {}
    log.mark("gate", 3, "normal")
    log.mark("gate", 2, "abnormal")
    for one in (log, FeedbackLog(path)):
        assert list(one.fresh) == [("gate", 3), ("gate", 2)]
        assert (len(one.marks), one.interactions) == (3, 1)


def test_a_half_written_line_is_skipped_and_stays_alone(path: Path) -> None:
    FeedbackLog(path).mark("gate", 1, "abnormal")
    with path.open("a") as file:
        file.write('{"source": "gate", "fra')
    log = FeedbackLog(path)
    assert labels(log) == {("gate", 1): "abnormal"}
    assert log.notes == [f"Line 2 of {path} cannot be read; it was skipped."]
    log.mark("gate", 5, "normal")
    assert labels(FeedbackLog(path)) == {("gate", 1): "abnormal", ("gate", 5): "normal"}


def test_a_whole_last_line_without_its_end_counts(path: Path) -> None:
    path.write_text('{"source": "gate", "frame": 1, "label": "normal"}')
    log = FeedbackLog(path)
    log.mark("gate", 2, "normal")
    assert list(FeedbackLog(path).marks) == [("gate", 1), ("gate", 2)]
    assert FeedbackLog(path).notes == []


@pytest.mark.parametrize(
    "line",
    [
        "[]",
        "7",
        '{"source": 3, "frame": 1, "label": "normal"}',
        '{"source": "gate", "frame": "1", "label": "normal"}',
        '{"source": "gate", "frame": true, "label": "normal"}',
        '{"source": "gate", "frame": 1, "label": "odd"}',
        '{"source": "gate", "frame": 1, "label": ["normal"]}',
        '{"source": "gate", "frame": 1}',
        '{"learned": "twice"}',
        '{"undo": true, "source": "gate", "frame": 9}',
        "\x00\xff",
    ],
)
def test_lines_of_another_shape_are_skipped(path: Path, line: str) -> None:
    good = '{"source": "gate", "frame": 4, "label": "normal", "time": ""}'
    path.write_text(f"{line}\n{good}\n", encoding="latin-1")
    log = FeedbackLog(path)
    assert labels(log) == {("gate", 4): "normal"}
    assert log.notes == [f"Line 1 of {path} cannot be read; it was skipped."]


def refusal(source: str, frame: int) -> str | None:
    return None if source == "gate" and frame < 50 else f"No frame {frame} of {source}."


def test_marks_go_out_and_come_in_again(path: Path, tmp_path: Path) -> None:
    log = FeedbackLog(path)
    for frame, label in ((1, "abnormal"), (2, "normal"), (60, "normal"), (3, "normal")):
        log.mark("gate", frame, label)
    log.mark("attic", 1, "normal")
    log.mark("gate", 2, "abnormal")
    log.undo()
    assert log.export(tmp_path / "out" / "marks.jsonl") == 5
    other = FeedbackLog(tmp_path / "other.jsonl")
    other.mark("gate", 2, "abnormal")
    came = other.take_in(tmp_path / "out" / "marks.jsonl", refusal)
    assert came.taken == 3
    assert came.refused == ("No frame 60 of gate.", "No frame 1 of attic.")
    assert came.contradictions == ("Frame 2 of gate was marked abnormal before; now it is normal.",)
    assert labels(other) == {("gate", 1): "abnormal", ("gate", 2): "normal", ("gate", 3): "normal"}
    assert FeedbackLog(tmp_path / "new.jsonl").take_in(path, refusal).taken == 3


def test_a_file_that_is_not_there_or_not_to_be_written_is_said(path: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        FeedbackLog(path).take_in(tmp_path / "nowhere", refusal)
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match="Cannot read"):
        FeedbackLog(tmp_path / "folder")
    log = FeedbackLog(tmp_path / "gone" / "feedback.jsonl")
    with pytest.raises(WriteError, match="The mark was not taken"):
        log.mark("gate", 1, "normal")
    assert log.marks == {}


def test_a_mark_of_an_event_has_its_first_and_last_frame(path: Path) -> None:
    log = FeedbackLog(path)
    log.mark("gate", 12, "abnormal", (10, 15))
    assert json.loads(path.read_text()) | {"time": ""} == {
        "source": "gate", "frame": 12, "label": "abnormal", "time": "", "first": 10, "last": 15,
    }  # fmt: skip
    assert FeedbackLog(path).marks == log.marks
    assert log.mark("gate", 12, "abnormal", (10, 15)) is None
    assert log.mark("gate", 12, "abnormal", (10, 16)) is None
    assert [(m.first, m.last) for m in log.marks.values()] == [(10, 16)]
    assert len(path.read_text().splitlines()) == 2
    with path.open("a") as file:
        for first, last in ((13, 20), (0, 11), (-(10**30), 20)):
            line = {"source": "gate", "frame": 12, "label": "normal", "first": first, "last": last}
            file.write(json.dumps(line) + "\n")
    again = FeedbackLog(path)
    assert labels(again) == {("gate", 12): "abnormal"}
    assert len(again.notes) == 3
