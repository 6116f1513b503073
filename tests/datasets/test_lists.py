"""Lists in whatever form they are written."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from awry.datasets.lists import Names, beside, read_rows
from awry.errors import DatasetError

EXPECTED = [["gate, west", "0", "12"], ["yard", "3", "4"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_encodings_line_ends_and_separators(
    tmp_path: Path, encoding: str, end: str, separator: str
) -> None:
    lines = ["# made by hand", "clip,first,last", "", '"gate; west", 0 ,12', "yard,3,4,", ""]
    text = end.join(line.replace(",", separator) for line in lines)
    text = text.replace('"gate; west"', '"gate, west"')
    (tmp_path / "a.csv").write_bytes(text.encode(encoding))
    rows = read_rows(tmp_path / "a.csv", (3,), (1, 2))
    assert [cells for _, cells in rows] == EXPECTED
    assert [line for line, _ in rows] == [4, 5]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a;0,0;12,0\n", [["a", "0,0", "12,0"]]),  # decimal commas
        ("a,0.0,1e1\n", [["a", "0.0", "1e1"]]),
        ('"a","0","12"\n', [["a", "0", "12"]]),
        ("Clip\tFirst\tLast\na\t1\t2\n", [["a", "1", "2"]]),
        ("", []),
        ("% nothing but comments\n", []),
    ],
)
def test_numbers_as_spreadsheets_write_them(
    tmp_path: Path, text: str, expected: list[list[str]]
) -> None:
    (tmp_path / "a.csv").write_text(text)
    assert [cells for _, cells in read_rows(tmp_path / "a.csv", (3,), (1, 2))] == expected


def test_latin_1(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes("Süd,Tür\n".encode("latin-1"))
    assert read_rows(tmp_path / "a.csv", (2,)) == [(1, ["Süd", "Tür"])]


def test_a_row_of_another_length_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("a,0,1\n\nb,2\n")
    with pytest.raises(DatasetError, match=r"a.csv, line 3: 2 columns, expected 3"):
        read_rows(tmp_path / "a.csv", (3,), (1, 2))


def test_a_clip_is_found_however_its_name_is_written() -> None:
    names = Names({"Tür": "/d/Tür.mp4", "caf\\xe9": "/d/caf\udce9.mp4", "b": "/d/b"})
    for written in ("Tür", unicodedata.normalize("NFD", "Tür"), "Tür.mp4"):
        assert names.find(written, Path("a.csv"), 1) == "Tür"
    for written in ("café", "caf\\xe9", "caf\udce9"):
        assert names.find(written, Path("a.csv"), 1) == "caf\\xe9"
    with pytest.raises(DatasetError, match=r"line 7: there is no clip 'bb': did you mean 'b'"):
        names.find("bb", Path("a.csv"), 7)


def test_files_beside_are_found_however_their_names_are_composed(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Süd/Tür")
    (tmp_path / decomposed).parent.mkdir()
    (tmp_path / f"{decomposed}.npy").touch()
    assert beside(tmp_path, "Süd/Tür", ".npy").is_file()
    assert not beside(tmp_path, "Süd/Tor", ".npy").exists()
    assert beside(tmp_path, "plain", ".npy") == tmp_path / "plain.npy"
