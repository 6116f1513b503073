from pathlib import Path

import pytest

from awry.checksums import (
    checksum,
    file_checksum,
    files_whole,
    read_sealed,
    seal_files,
    write_sealed,
)


def test_the_checksum_is_crc_32(tmp_path: Path) -> None:
    assert checksum(b"123456789") == 0xCBF43926  # the published check value
    assert checksum(b"1234", b"56789") == 0xCBF43926
    (tmp_path / "a").write_bytes(b"123456789")
    assert file_checksum(tmp_path / "a") == 0xCBF43926


@pytest.mark.parametrize(
    "spoiled",
    [b"", b"[]", b"{}", b"null", b"[" * 9999, b'{"a": 1.5}', b'{"crc32": 0, "a": 1.5}', b"\xff"],
)
def test_sealed_json_that_is_damaged_is_none(tmp_path: Path, spoiled: bytes) -> None:
    file = tmp_path / "a.json"
    assert read_sealed(file) is None
    write_sealed(file, {"a": 1.5, "b": [None, "x"]})
    assert read_sealed(file) == {"a": 1.5, "b": [None, "x"]}
    file.write_bytes(spoiled)
    assert read_sealed(file) is None


def test_every_flipped_bit_of_sealed_json_is_found(tmp_path: Path) -> None:
    file, value = tmp_path / "a.json", {"a": 1.5, "b": [1, 2]}
    write_sealed(file, value)
    whole = file.read_bytes()
    for place in range(len(whole) * 8):
        spoiled = bytearray(whole)
        spoiled[place // 8] ^= 1 << place % 8
        file.write_bytes(spoiled)
        assert read_sealed(file) in (None, value)  # a blank may become another blank


def test_files_of_a_folder(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / name).write_text(name * 100)
    assert not files_whole(tmp_path, "sums.json")
    seal_files(tmp_path, "ab", "sums.json")
    assert files_whole(tmp_path, "sums.json")
    (tmp_path / "b").write_text("b" * 99 + "c")
    assert not files_whole(tmp_path, "sums.json")
    (tmp_path / "b").unlink()
    assert not files_whole(tmp_path, "sums.json")
