"""Folders of tables, here and elsewhere."""

from __future__ import annotations

from pathlib import Path
from uuid import uuid4

import fsspec
import pytest
from pyarrow import parquet

from awry.errors import AwryError, ConfigError, MissingError, WriteError
from awry.output.folder import TableFolder, is_folder, local_path

COLUMNS = {"scores": ["source", "frame", "score"], "events": ["source", "first"]}


def rows(source: str, count: int = 3) -> list[dict[str, object]]:
    return [{"source": source, "frame": n, "score": n / 3} for n in range(count)]


@pytest.fixture(params=["", "file://", "memory://"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return f"{request.param}{tmp_path}/{uuid4().hex}"


def test_a_source_appears_whole_at_its_end(place: str) -> None:
    files, root = fsspec.core.url_to_fs(place)
    folder = TableFolder(place, COLUMNS)
    folder.add("scores", "gate/1", rows("gate/1"))
    folder.add("scores", "yard", rows("yard"))
    assert files.find(root) == []
    folder.finish("gate/1")
    assert files.find(root, withdirs=False) == [
        f"{root}/events/gate_1.parquet",
        f"{root}/scores/gate_1.parquet",
    ]
    with files.open(f"{root}/scores/gate_1.parquet") as file:
        table = parquet.read_table(file)
    assert table.to_pylist() == rows("gate/1")
    with files.open(f"{root}/events/gate_1.parquet") as file:
        assert parquet.read_table(file).column_names == ["source", "first"]
    folder.add("scores", "gate/1", rows("gate/1", 1))  # of another run, say
    folder.finish("gate/1")
    with files.open(f"{root}/scores/gate_1.parquet") as file:
        assert parquet.read_table(file).num_rows == 1
    folder.close()
    assert len(files.find(root)) == 2


def test_files_of_a_kind_have_the_same_columns_in_the_end(place: str) -> None:
    folder = TableFolder(place, COLUMNS)
    folder.finish("empty")
    folder.add("scores", "gate", rows("gate"))
    folder.add("scores", "street", [{**rows("street", 1)[0], "part.colour": 1.0}])
    folder.finish("gate")
    folder.add("scores", "yard", [{**rows("yard", 1)[0], "part.motion": 0.5, "class": "car"}])
    folder.finish("yard")
    folder.add("scores", "zone", rows("zone", 1))
    folder.finish("zone")
    folder.finish("street")
    folder.even()
    folder.close()
    files, root = fsspec.core.url_to_fs(place)
    tables = {}
    for name in ("empty", "gate", "yard", "zone", "street"):
        with files.open(f"{root}/scores/{name}.parquet") as file:
            tables[name] = parquet.read_table(file)
    assert len({tuple(table.schema) for table in tables.values()}) == 1
    nothing = {"part.motion": None, "class": None, "part.colour": None}
    assert tables["gate"].to_pylist() == [row | nothing for row in rows("gate")]
    assert tables["yard"].to_pylist()[0]["part.motion"] == 0.5
    assert tables["street"].to_pylist()[0]["part.colour"] == 1.0
    assert len(files.find(root)) == 10


def test_no_message_repeats_a_password(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in ("nosuch://user:word@host/run/", "http://user:word@127.0.0.1:1/run?sig=word"):
        with pytest.raises(AwryError, match=r"\*\*\*@") as caught:
            TableFolder(place, COLUMNS)
        assert "word" not in str(caught.value)
    with pytest.raises(ConfigError, match=r"ftp://\*\*\*@host/one\.csv as one file"):
        is_folder("ftp://user:word@host/one.csv")

    def refuses(place: str) -> None:
        raise ConnectionRefusedError(111, f"Nobody listens at {place}")

    monkeypatch.setattr(fsspec.core, "url_to_fs", refuses)
    with pytest.raises(WriteError, match=r"Nobody listens at ftp://\*\*\*@host/run") as refused:
        TableFolder("ftp://user:word@host/run", COLUMNS)
    assert "word" not in str(refused.value)


def test_what_cannot_be_put_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = TableFolder(str(tmp_path / "out"), COLUMNS)
    folder.add("events", "gate", [{"source": "gate", "first": 3}])

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(folder._files, "mv", full)
    with pytest.raises(WriteError, match=r"Cannot write .*out: .*No space left"):
        folder.finish("gate")
    folder.close()
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="Cannot write"):
        TableFolder(str(tmp_path / "file"), COLUMNS)
    with pytest.raises(ConfigError, match="Protocol not known: nowhere"):
        TableFolder("nowhere://bucket/run", COLUMNS)


def test_a_file_system_that_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", missing)
    with pytest.raises(MissingError, match="Cannot reach s3://bucket/run: Install s3fs"):
        TableFolder("s3://bucket/run", COLUMNS)


def test_which_is_meant(tmp_path: Path) -> None:
    assert is_folder(tmp_path)
    assert not is_folder(tmp_path / "scores.csv")
    with pytest.raises(ConfigError, match="give a folder"):
        is_folder("s3://bucket/scores.csv")
    assert local_path("a/b/") == Path("a/b")
    assert local_path("file:///a/b") == Path("/a/b")
    assert local_path("s3://bucket/b") is None
