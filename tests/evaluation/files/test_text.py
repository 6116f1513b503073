from __future__ import annotations

import tempfile
from pathlib import Path
from unittest import mock

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awry.errors import InputError
from awry.evaluation.files import text as table_text
from awry.evaluation.files.numbers import read_numbers

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
    path = tmp_path / "t.csv"
    path.write_text('frame,score\n0,1\n1,"2\n2,3\n')
    with pytest.raises(InputError, match=r"line 3: a quote is never closed"):
        read_numbers(path, ["frame", "score"])
