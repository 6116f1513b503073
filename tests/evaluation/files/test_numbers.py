from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.evaluation.files.numbers import read_numbers
from awry.output.tables import write_table


def read(tmp_path: Path, text: str, *names: str):
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    return read_numbers(path, names or ("frame", "score"), ["scored"])


def test_columns_go_by_name_and_others_are_ignored(tmp_path: Path) -> None:
    text = '\ufeffSource, score ,what,frame,scored\n"a,b",0.5,x,0,1\n\nc,-1e3,,1,0\n'
    table = read(tmp_path, text)
    assert table.clips is not None
    assert [table.clips.name(row) for row in (0, 1)] == ["a,b", "c"]
    assert {name: one.tolist() for name, one in table.columns.items()} == {
        "frame": [0, 1],
        "score": [0.5, -1000],
        "scored": [1, 0],
    }
    assert [table.place(row) for row in (0, 1)] == ["line 2", "line 4"]
    assert table.where(1).endswith("table.csv, line 4")


def test_without_a_header_columns_go_by_position(tmp_path: Path) -> None:
    table = read(tmp_path, "0,0.5\r\n1,nan\r\n")
    assert table.columns["frame"].tolist() == [0, 1]
    assert table.clips is None


@pytest.mark.parametrize("text", ["", "\n\n", "frame,score\n"])
def test_no_rows_are_fine(tmp_path: Path, text: str) -> None:
    table = read(tmp_path, text)
    assert table.columns["score"].shape == (0,)
    assert table.frames(0).shape == (0,)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("frame,value\n0,1\n", "no column 'score'; expected frame,score, found frame,value"),
        ("0,1,2\n", "3 columns and no header; expected frame,score"),
        ("0,1\n1,x\n", r"line 2: score is 'x'; expected a number"),
        ("0,1\n\n1\n", r"line 3: 1 columns, expected 2"),
        ("0,1\n1,2,3\n", r"line 2: 3 columns, expected 2"),
        ("frame,score\n0,\n", r"line 2: score is ''; expected a number"),
        ("what,frame,score\nx,0\n", r"line 2: 2 columns, expected 3"),
    ],
)
def test_bad_rows_are_named_by_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "first", "said"),
    [
        ("0,1\n-1,1\n", 0, r"line 2: frame -1 is negative"),
        ("1,1\n0,1\n", 1, r"line 2: frame 0 is below the first frame, 1"),
        ("0.5,1\n", 0, r"line 1: frame 0.5 is not a whole number"),
        ("inf,1\n", 0, r"line 1: frame is inf"),
    ],
)
def test_bad_frames(tmp_path: Path, text: str, first: int, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read(tmp_path, text).frames(first)


def test_files_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="as text"):
        read_numbers(tmp_path / "table.csv", ["frame"])
    with pytest.raises(InputError, match="as text"):
        read_numbers(tmp_path / "none.csv", ["frame"])


ROWS = [{"source": "b", "frame": 0, "score": 0.25, "scored": 1, "regions": {"x": [1]}},
        {"source": "a", "frame": 0, "score": -1e3, "scored": 0, "regions": None},
        {"source": "b", "frame": 1, "score": 3, "scored": 1, "regions": None}]  # fmt: skip


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_every_container_that_awry_score_writes_holds_the_same(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scores{ending}"
    write_table(path, ROWS, ["source", "frame", "score", "scored", "regions"])
    table = read_numbers(path, ["frame", "score"], ["scored", "weight"])
    assert len(table) == 3
    assert {name: one.tolist() for name, one in table.columns.items()} == {
        "frame": [0, 0, 1],
        "score": [0.25, -1000, 3],
        "scored": [1, 0, 1],
    }
    assert table.clips is not None
    assert {name: rows.tolist() for name, rows in table.clips.rows()} == {"b": [0, 2], "a": [1]}
    assert table.place(2) == {".csv": "line 4", ".jsonl": "line 3", ".parquet": "row 3"}[ending]
    with pytest.raises(InputError, match=r"no.*'weight'"):
        read_numbers(path, ["frame", "weight"])
