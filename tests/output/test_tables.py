"""Tables that are on disk row by row."""

from __future__ import annotations

import csv
import json
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from awry.errors import WriteError
from awry.frames import FrameScore, Region
from awry.output.tables import Row, TableWriter, growing_path, region_row, write_table

COLUMNS = ["source", "frame", "score"]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def row(frame: int, **more: object) -> Row:
    return {"source": "gate", "frame": frame, "score": frame / 3, **more}


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_each_row_is_there_at_once(tmp_path: Path, ending: str) -> None:
    table = TableWriter(tmp_path / f"s{ending}", COLUMNS)
    growing = growing_path(table.path)
    for frame in range(5):
        table.add([row(frame)])
        assert growing.read_text().count("\n") == frame + 1 + (ending == ".csv")
    assert table.rows == 5
    table.finish()
    assert [path.name for path in tmp_path.iterdir()] == [f"s{ending}"]


def test_a_column_that_comes_late_is_empty_before(tmp_path: Path) -> None:
    table = TableWriter(tmp_path / "s.csv", COLUMNS)
    table.add([row(0, parts=["a,b"])])
    table.add([row(1, latent=0.5), row(2, other=1.5)])
    table.add([row(3)])
    table.finish()
    found = rows_of(tmp_path / "s.csv")
    assert list(found[0]) == [*COLUMNS, "parts", "latent", "other"]
    assert [one["latent"] for one in found] == ["", "0.5", "", ""]
    assert [one["other"] for one in found] == ["", "", "1.5", ""]
    assert json.loads(found[0]["parts"]) == ["a,b"]
    assert [float(one["score"]) for one in found] == [0, 1 / 3, 2 / 3, 1]
    assert [path.name for path in tmp_path.iterdir()] == ["s.csv"]


def test_parquet_grows_as_lines(tmp_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table = TableWriter(tmp_path / "s.parquet", COLUMNS)
    table.add([row(0), row(1, regions=[{"box": [1]}])])
    assert len((tmp_path / "s.parquet.partial.jsonl").read_text().splitlines()) == 2
    table.finish()
    found = parquet.read_table(tmp_path / "s.parquet").to_pylist()
    assert found[1] == {"source": "gate", "frame": 1, "score": 1 / 3, "regions": '[{"box": [1]}]'}
    assert found[0]["regions"] is None
    assert [path.name for path in tmp_path.iterdir()] == ["s.parquet"]


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".parquet"])
def test_names_of_any_bytes_can_be_written(tmp_path: Path, ending: str) -> None:
    if ending == ".parquet":
        pytest.importorskip("pyarrow", reason="pyarrow is not installed")
    path = tmp_path / f"s{ending}"
    write_table(path, [{"source": "h\udce4ll,\n\U0001f41f", "frame": 0, "score": 1.0}], COLUMNS)
    if ending == ".csv":
        assert rows_of(path)[0]["source"] == "h\\xe4ll,\\n\U0001f41f"


def test_formulas_are_escaped_where_asked(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@x", "a=1"]
    rows = [{"source": name, "frame": -1, "score": -0.5} for name in names]
    write_table(tmp_path / "plain.csv", rows, COLUMNS)
    write_table(tmp_path / "safe.csv", rows, COLUMNS, escape_formulas=True)
    assert [one["source"] for one in rows_of(tmp_path / "plain.csv")] == names
    safe = rows_of(tmp_path / "safe.csv")
    assert [one["source"] for one in safe] == [*(f"'{name}" for name in names[:-1]), "a=1"]
    assert {one["score"] for one in safe} == {"-0.5"}  # numbers are no text


FULL = """
import sys
from dataclasses import replace
from pathlib import Path
from awry.errors import WriteError
from awry.frames import FrameScore, Region
from awry.output.tables import TableWriter
table = TableWriter(Path(sys.argv[1]), ["source", "frame"])
try:
    for frame in range(1000):
        table.add([{"source": "gate", "frame": frame}])
except WriteError as error:
    print(error)
table.leave()
"""


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_a_full_disk_leaves_whole_rows(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"s{ending}"
    said = subprocess.run(
        [sys.executable, "-c", FULL, path],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000)),
    )
    growing = growing_path(path)
    lines = growing.read_text().splitlines()
    count = len(lines) - (ending == ".csv")
    assert growing.read_text().endswith("\n")
    assert f"{count - 1}" in lines[-1]
    assert f"The {count} rows written by then are in {growing}" in said.stdout


def test_a_table_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="JSON"):
        write_table(tmp_path / "s.jsonl", [row(0, score=float("nan"))], COLUMNS)
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="Cannot write"):
        write_table(tmp_path / "file" / "s.csv", [row(0)], COLUMNS)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_region_names_its_class_where_it_has_one() -> None:
    score = FrameScore(3, None, 1.0)
    region = Region((1, 2, 3, 4), 0.5, {"a": 0.5}, "dog")
    assert region_row("c", score, region)["class"] == "dog"
    assert "class" not in region_row("c", score, replace(region, class_name=""))
