from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.evaluation.files.columns import ClipColumn, Gathered, Wanted, clip_column, whole_lines
from awry.partial import MARK


def test_chunks_are_joined_with_their_clips() -> None:
    gathered = Gathered(["frame", "score"], with_clips=True)
    gathered.add([["0", "1"], ["0.5", "nan"]], ["b", "a"])
    gathered.add([[2], [0.25]], ["b"])
    columns, clips = gathered.joined()
    assert columns["frame"].tolist() == [0, 1, 2]
    np.testing.assert_array_equal(columns["score"], [0.5, np.nan, 0.25])
    assert clips is not None
    assert (clips.names, clips.owner.tolist()) == (("b", "a"), [0, 1, 0])
    assert [(name, rows.tolist()) for name, rows in clips.rows()] == [("b", [0, 2]), ("a", [1])]
    with pytest.raises(ValueError, match="many"):
        gathered.add([["many"], ["1"]], ["b"])
    assert Gathered(["frame"], with_clips=False).joined()[1] is None


def test_names_that_differ_in_spaces_are_one_clip() -> None:
    pyarrow = pytest.importorskip("pyarrow")
    parts = [pyarrow.array(part).dictionary_encode() for part in (["b", " a"], ["a", "b "])]
    column = clip_column(pyarrow.chunked_array(parts))
    assert sorted(column.names) == ["a", "b"]
    assert [column.name(row) for row in range(4)] == ["b", "a", "a", "b"]


def test_clips_without_rows_are_passed_over() -> None:
    column = ClipColumn(("a", "none", "b"), np.array([2, 0, 2]))
    assert [(name, rows.tolist()) for name, rows in column.rows()] == [("a", [1]), ("b", [0, 2])]


def test_of_a_file_that_is_still_written_the_last_line_may_be_half() -> None:
    lines = ["0,1\n", "1,2\r", "2,"]
    assert list(whole_lines(Path("s.csv"), lines)) == lines
    assert list(whole_lines(Path(f"s{MARK}x.csv"), lines)) == lines[:2]


def test_wanted_columns_are_those_that_are_there() -> None:
    wanted = Wanted(["frame"], ["score"], ["x_min"])
    assert wanted.among(["x_min", "other", "frame"]) == ["frame", "x_min"]
