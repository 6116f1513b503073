import struct
from pathlib import Path

import numpy as np
import pytest

from awry.errors import BundleError, DatasetError, MissingError
from awry.foreign import check_room, read_json, read_npy, reading, reason_of


@pytest.mark.parametrize(
    ("raised", "said"),
    [
        (ValueError("no number"), "no number"),
        (KeyError("clips"), "'clips' is missing"),
        (struct.error("unpack requires 4 bytes"), "unpack requires 4 bytes"),
        (RecursionError("maximum recursion depth exceeded"), "it is nested too deeply"),
        (MemoryError(), "it needs more memory than there is"),
        (EOFError(), "the file ends too early"),
        (PermissionError(13, "Permission denied", "x"), "Permission denied"),
        (AssertionError(), "AssertionError"),
        (ValueError("a\x1b[31mb\n c.\n"), "a?[31mb c"),
    ],
)
def test_whatever_a_parser_raises_becomes_one_sentence(raised: Exception, said: str) -> None:
    with pytest.raises(BundleError) as caught, reading("x.json", "a run", BundleError, "Sift."):
        raise raised
    assert str(caught.value) == f"Cannot read x.json as a run: {said}. Sift."
    assert caught.value.__cause__ is raised


def test_a_panic_of_compiled_code_is_no_exception_and_still_caught() -> None:
    class PanicException(BaseException):
        pass

    with pytest.raises(DatasetError, match="index out of bounds"), reading("x", "weights"):
        raise PanicException("index out of bounds")


@pytest.mark.parametrize("passing", [MissingError("no h5py"), KeyboardInterrupt(), SystemExit(3)])
def test_our_own_errors_and_interrupts_pass(passing: BaseException) -> None:
    with pytest.raises(type(passing)) as caught, reading("x", "labels"):
        raise passing
    assert caught.value is passing


def test_the_line_is_named() -> None:
    def read(cells: list[str]) -> list[int]:
        with reading("a.csv", "labels") as place:
            for place.line, cell in enumerate(cells, 1):
                int(cell)
        return []

    with pytest.raises(DatasetError, match=r"^a\.csv, line 2: .*'x'\.$"):
        read(["0", "x"])


def test_long_reasons_are_cut() -> None:
    assert len(reason_of(ValueError("9" * 5000))) == 200


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1]", "[" * 100_000, '{"a": ' + "9" * 5000 + "}", b"\xff\xfe{}"],
    ids=["empty", "half", "list", "nested", "digits", "encoding"],
)
def test_json_that_is_none(tmp_path: Path, text: str | bytes) -> None:
    file = tmp_path / "a.json"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(DatasetError, match=r"^Cannot read .*a\.json as JSON: .*\.$"):
        read_json(file)


@pytest.mark.parametrize("left", [b"", b"\n", bytes(4096)])
def test_json_after_a_power_cut(tmp_path: Path, left: bytes) -> None:
    (tmp_path / "a.json").write_bytes(left)
    with pytest.raises(DatasetError, match="nothing in it, as after a power cut"):
        read_json(tmp_path / "a.json")


def test_json_with_a_byte_order_mark(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('{"a": 1}', encoding="utf-8-sig")
    assert read_json(tmp_path / "a.json") == {"a": 1}


def _npy(path: Path, shape: str, descr: str = "<f8", data: bytes = b"\0" * 64) -> Path:
    header = f"{{'descr': '{descr}', 'fortran_order': False, 'shape': {shape}, }}"
    header = header.ljust(117) + "\n"
    path.write_bytes(b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header.encode() + data)
    return path


@pytest.mark.parametrize(
    "shape", ["(1152921504606846976,)", "(9223372036854775807, 2)", "(-1,)", "(10**4,)", "('a',)"]
)
def test_an_array_larger_than_its_file_takes_no_memory(tmp_path: Path, shape: str) -> None:
    with pytest.raises(DatasetError, match="as a NumPy array"):
        read_npy(_npy(tmp_path / "a.npy", shape))


@pytest.mark.parametrize("mapped", [False, True])
@pytest.mark.parametrize("shape", [(8,), (2, 4), (0,), (3, 0), ()])
def test_whole_arrays_come_as_they_were(
    tmp_path: Path, shape: tuple[int, ...], mapped: bool
) -> None:
    written = np.arange(np.prod(shape)).reshape(shape).astype(np.float32)
    np.save(tmp_path / "a.npy", written)
    found = read_npy(tmp_path / "a.npy", mapped=mapped)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, written)


def test_pickles_and_archives_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.array([{}], object), allow_pickle=True)
    np.savez(tmp_path / "b.npz", a=np.zeros(3))
    for name in ("a.npy", "b.npz"):
        with pytest.raises(DatasetError, match="as a NumPy array"):
            read_npy(tmp_path / name)


def test_content_that_cannot_be_in_its_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    check_room(tmp_path / "a", 5000)
    with (
        pytest.raises(DatasetError, match="promises 1000000 bytes of content, but has 5 bytes"),
        reading(tmp_path / "a", "masks"),
    ):
        check_room(tmp_path / "a", 10**6)
