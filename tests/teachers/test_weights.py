from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from awry.errors import MissingError
from awry.teachers.weights import FOLDER, file_hash, find_weights


def test_a_path_comes_before_the_folder_of_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, own = tmp_path / "weights", tmp_path / "own.onnx"
    folder.mkdir()
    for file in (own, folder / "own.onnx", folder / "other.onnx"):
        file.write_bytes(b"x")
    monkeypatch.setenv(FOLDER, str(folder))
    assert find_weights(str(own), "The model", "none") == own
    assert find_weights("other.onnx", "The model", "none") == folder / "other.onnx"
    assert find_weights("elsewhere/other.onnx", "The model", "none") == folder / "other.onnx"


def test_what_is_missing_says_where_it_was_looked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(FOLDER, raising=False)
    with pytest.raises(MissingError, match=r"The model no\.onnx is not there.* or use another\."):
        find_weights("no.onnx", "The model", "another")


def test_a_hash_stands_for_the_content_and_the_data_beside_it(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(b"graph")
    alone = hashlib.sha256(b"graph").hexdigest()
    assert file_hash(file) == alone
    (tmp_path / "model.onnx.data").write_bytes(b"weights")
    assert file_hash(file) == f"{alone}+{hashlib.sha256(b'weights').hexdigest()}"
