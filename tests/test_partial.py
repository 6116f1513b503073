"""Files that grow under a name of their own."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import WriteError
from awry.partial import PartialFile, partial_path


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_takes_its_name_in_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scores.csv"
    claim = PartialFile(path)
    claim.partial.write_text("one\n")
    assert names(path.parent) == ["scores.partial.csv"]
    claim.finish()
    assert names(path.parent) == ["scores.csv"]
    assert path.read_text() == "one\n"
    assert claim.notes == []


@pytest.mark.parametrize("end", ["drop", "release"])
def test_given_up(tmp_path: Path, end: str) -> None:
    claim = PartialFile(tmp_path / "scores.csv")
    claim.partial.write_text("one\n")
    getattr(claim, end)()
    assert names(tmp_path) == ([] if end == "drop" else ["scores.partial.csv"])


def test_what_dead_runs_left_is_put_aside(tmp_path: Path) -> None:
    for number in range(3):
        claim = PartialFile(tmp_path / "scores.csv")
        claim.partial.write_text(str(number))
        claim.release()
    assert names(tmp_path) == ["scores.partial-1.csv", "scores.partial-2.csv", "scores.partial.csv"]
    assert (tmp_path / "scores.partial-2.csv").read_text() == "1"
    assert "A run that did not end left scores.partial.csv" in claim.notes[0]
    assert "scores.partial-2.csv" in claim.notes[0]


def test_nothing_is_put_aside_of_an_empty_file(tmp_path: Path) -> None:
    PartialFile(tmp_path / "scores.csv").release()
    claim = PartialFile(tmp_path / "scores.csv")
    assert claim.notes == []
    claim.drop()


def test_a_place_that_is_being_written_is_refused(tmp_path: Path) -> None:
    claim = PartialFile(tmp_path / "scores.csv")
    claim.partial.write_text("one\n")
    with pytest.raises(WriteError, match="another run is writing"):
        PartialFile(tmp_path / "scores.csv")
    claim.finish()
    PartialFile(tmp_path / "scores.csv").drop()
    assert names(tmp_path) == ["scores.csv"]


def test_other_content_may_take_its_place(tmp_path: Path) -> None:
    claim, other = PartialFile(tmp_path / "scores.csv"), tmp_path / "other"
    other.write_text("wider\n")
    claim.exchange(other)
    with pytest.raises(WriteError, match="another run"):
        PartialFile(tmp_path / "scores.csv")
    claim.finish()
    assert (tmp_path / "scores.csv").read_text() == "wider\n"
    assert names(tmp_path) == ["scores.csv"]


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="Cannot write"):
        PartialFile(tmp_path / "file" / "scores.csv")
    (tmp_path / "scores.csv").mkdir()
    claim = PartialFile(tmp_path / "scores.csv")
    with pytest.raises(WriteError, match=r"What was written is in .*scores\.partial\.csv"):
        claim.finish()
    assert claim.partial.is_file()


def test_names_while_growing(tmp_path: Path) -> None:
    assert partial_path(Path("a/b.jsonl"), ".jsonl") == Path("a/b.partial.jsonl")
    assert partial_path(Path("a/b")) == Path("a/b.partial")
