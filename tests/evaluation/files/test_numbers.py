from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import InputError, MissingError
from awry.evaluation.files import text as table_text
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


def test_without_pyarrow_parquet_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    write_table(tmp_path / "s.parquet", ROWS[:1], ["source", "frame", "score"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingError, match="awry\\[parquet\\]"):
        read_numbers(tmp_path / "s.parquet", ["frame"])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"frame": 0}\n', "no 'score' in its first line"),
        ('{"frame": 0, "score": 1}\n\n{"frame": 1}\n', "line 3: score is null; expected a number"),
        ('{"frame": 0, "score": 1}\n{"frame": true, "score": 1}\n', "line 2: frame is true"),
        ('{"frame": 0, "score": 1}\n{"frame": 1, "sco', "line 2: Unterminated string"),
        ("[1]\n", "line 1: expected one JSON object a line"),
        ('{"frame": 0, "score": 1, "clip": 7}\n', "line 1: clip is 7; expected the clip's name"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_bad_json_lines_are_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text(text)
    with pytest.raises(InputError, match=said):
        read_numbers(path, ["frame", "score"])


def test_parquet_with_gaps_or_words_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    write_table(path, [{"frame": 0, "score": 1.0}, {"frame": 1, "score": None}], [])
    with pytest.raises(InputError, match="row 2: score is missing"):
        read_numbers(path, ["frame", "score"])
    write_table(path, [{"frame": 0, "source": "a"}], [])
    with pytest.raises(InputError, match="source holds values of type string"):
        read_numbers(path, ["frame", "source"])
    path.write_bytes(b"PAR1 and nothing more")
    with pytest.raises(InputError, match=r"Cannot read .*t.parquet as Parquet"):
        read_numbers(path, ["frame"])


HOSTILE = {
    "a long number": b"frame,score\n0,%s\n" % (b"9" * 5000),
    "a long word": b"frame,score\n0,%s\n" % (b"x" * 5000),
    "a very long cell": b"frame,score\n0,%s\n" % (b"9" * 200_000),
    "a NUL": b"frame,score\n0,1\x002\n",
    "an escape": b"frame,score\n0,\x1b[2J\n",
    "UTF-16": "frame,score\n0,1\n".encode("utf-16"),
    "a quote that never ends": b'frame,score\n0,"1\n1,2\n',
    "a quote that ends early": b'frame,score\n0,"1"2\n',
    "a number for people": b"frame,score\n0,1_000\n",
    "other digits": "frame,score\n0,\u0663\n".encode(),
    "a bad byte behind": b"frame,score\n0,1\n1,\xff\n",
    "a header alone that is not": b"frame;score\n0;1\n",
}


@pytest.mark.parametrize("what", list(HOSTILE))
@pytest.mark.parametrize("large", [False, True])
def test_hostile_text_ends_in_one_sentence(
    tmp_path: Path, what: str, large: bool, monkeypatch
) -> None:
    if large:
        monkeypatch.setattr(table_text, "LARGE", 0)
    path = tmp_path / "t.csv"
    path.write_bytes(HOSTILE[what])
    with pytest.raises(InputError) as caught:
        read_numbers(path, ["frame", "score"]).finite("score")
    said = str(caught.value).replace(str(path), "FILE")
    assert len(said) < 300
    assert said.isprintable()
    assert "FILE" in said


CELLS = st.one_of(
    st.floats(-1e6, 1e6).map(repr),
    st.integers(-9, 9).map(str),
    st.sampled_from(["", " 1", "1 ", "+1", "1e5", ".5", "5.", "1e400", "nan", "Infinity", "0x10"]),
    st.sampled_from(["x", "1_0", '"1"', '"', '"a""b"', "null", "NA", "1\r", "\u0663", "a,b"]),
)
NAMES = st.sampled_from(["a", "b", " b ", '"c"', '"d,e"', "01", "", "\u00e9", '"f\ng"', "null"])


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(NAMES, CELLS, CELLS, CELLS), min_size=1, max_size=8),
    clean=st.booleans(),
    blank=st.booleans(),
    last=st.booleans(),
)
def test_the_library_reads_what_the_csv_module_reads(
    rows: list[tuple[str, ...]], clean: bool, blank: bool, last: bool, end: str
) -> None:
    if clean:  # so that most are whole
        rows = [(name, str(k), repr(float(len(cell))), rest) for k, (name, cell, _, rest)
                in enumerate(rows)]  # fmt: skip
    lines = ['"clip","frame",score,other', *(",".join(row) for row in rows), *([""] * blank)]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "t.csv"
        path.write_bytes((end.join(lines) + end * last).encode())
        found = []
        for limit in (0, 10**9):
            with mock.patch.object(table_text, "LARGE", limit):
                try:
                    table = read_numbers(path, ["frame", "score"], ["more"])
                except InputError as error:
                    found.append(str(error))
                    continue
            assert table.clips is not None
            by_name = {name: at.tolist() for name, at in table.clips.rows()}
            found.append((repr({k: v.tolist() for k, v in table.columns.items()}), by_name))
    assert found[0] == found[1]


def test_the_library_is_asked_for_large_files(tmp_path: Path, monkeypatch) -> None:
    """And reads them with quoted names, as pyarrow itself and R write them."""
    monkeypatch.setattr(table_text, "LARGE", 0)
    monkeypatch.setattr(table_text, "_read_plainly", None)
    path = tmp_path / "t.csv"
    path.write_text('"clip","frame","score"\n"a,b",0,0.5\n"c",0,1\n"a,b",1,2')
    table = read_numbers(path, ["score", "frame"])
    assert table.clips is not None
    assert table.clips.names == ("a,b", "c")
    assert table.columns["score"].tolist() == [0.5, 1, 2]
    assert table.where(2).endswith("line 4")
    path.write_text("0,0.5\r\n1,0.25\r\n")
    assert read_numbers(path, ["frame", "score"]).columns["score"].tolist() == [0.5, 0.25]


def test_a_quote_that_is_never_closed_is_named_by_its_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 3: a quote is never closed"):
        read(tmp_path, 'frame,score\n0,1\n1,"2\n2,3\n')
