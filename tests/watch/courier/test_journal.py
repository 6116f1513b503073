from __future__ import annotations

from pathlib import Path

import pytest

from awry.watch.courier import journal
from awry.watch.courier.journal import Journal


def test_what_was_noted_is_known_to_the_next_process(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    first = Journal(path)
    first.note(["a/1", "b/2"])
    first.forget(["b/2"])
    assert "a/1" in first
    assert "b/2" not in first
    assert set(Journal(path).keys) == {"a/1", "b/2"}, "forgetting waits for the next cleaning"


def test_a_torn_line_counts_for_nothing_and_spoils_none(tmp_path: Path) -> None:
    path = tmp_path / "sent"
    path.write_text("a/1\nb/")
    again = Journal(path)
    again.note(["c/3"])
    assert Journal(path).keys == ("a/1", "c/3")


def test_the_file_stays_small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_COMPACT_FROM", 10)
    path = tmp_path / "sent"
    kept = Journal(path)
    for number in range(100):
        kept.note([f"k/{number}"])
        kept.forget([f"k/{number}"])
    assert len(kept) == 0
    assert len(path.read_text().splitlines()) <= 10


def test_a_full_disk_is_told_and_memory_knows(tmp_path: Path) -> None:
    kept = Journal(tmp_path / "missing" / "sent")
    with pytest.raises(FileNotFoundError):
        kept.note(["a/1"])
    assert "a/1" in kept
