"""What `awry review` prints."""

from __future__ import annotations

import pytest

from awry.cli.review import show_review

RUN = {"notes": ["One video is gone."], "run": "archive", "abnormal": 2, "normal": 1}


def test_marks_that_come_and_go(capsys: pytest.CaptureFixture[str]) -> None:
    show_review({**RUN, "taken": 3, "exported": 4, "to": "marks.jsonl", "contradictions": ["a: 7"]})
    assert capsys.readouterr().out.splitlines() == [
        "One video is gone.",
        "a: 7",
        "3 marks taken in.",
        "4 marks written to marks.jsonl.",
        "archive: 2 marked abnormal, 1 normal.",
    ]


@pytest.mark.parametrize("read_only", [False, True])
def test_the_address_stays_in_one_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, read_only: bool
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    address = "http://127.0.0.1:8765/?token=[abc]"
    show_review({**RUN, "address": address, "read_only": read_only})
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == f"Review it at {address}"
    assert any("read-only" in line for line in lines) == read_only
