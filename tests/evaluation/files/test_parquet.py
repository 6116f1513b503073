from __future__ import annotations

import sys
from pathlib import Path

import pytest

from awry.errors import InputError, MissingError
from awry.evaluation.files.numbers import read_numbers
from awry.output.tables import write_table


def test_without_pyarrow_parquet_says_what_to_install(tmp_path: Path, monkeypatch) -> None:
    write_table(tmp_path / "s.parquet", [{"frame": 0}], ["frame"])
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingError, match="awry\\[parquet\\]"):
        read_numbers(tmp_path / "s.parquet", ["frame"])


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
