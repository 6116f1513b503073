"""Outputs appear whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from awry.errors import WriteError
from awry.storage import whole_file, whole_folder, write_text

Whole = Callable[[Path], AbstractContextManager[Path]]
FULL = OSError(errno.ENOSPC, "No space left on device")


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def fill(path: Path, text: str) -> None:
    """Write into the temporary file or folder that was given."""
    (path / "inside.txt" if path.is_dir() else path).write_text(text)


def content(path: Path) -> str:
    return (path / "inside.txt" if path.is_dir() else path).read_text()


@pytest.fixture(params=[whole_file, whole_folder])
def whole(request: pytest.FixtureRequest) -> Whole:
    return request.param


def test_nothing_is_seen_until_all_is_there(tmp_path: Path, whole: Whole) -> None:
    path = tmp_path / "new" / "out.txt"
    with whole(path) as temporary:
        fill(temporary, "half")
        assert not path.exists()
        assert temporary.parent == path.parent  # the same disk, so that renaming is enough
        assert temporary.name.startswith(".")
        fill(temporary, "whole")
    assert content(path) == "whole"
    assert names(path.parent) == ["out.txt"]


def test_what_stood_there_is_replaced(tmp_path: Path, whole: Whole) -> None:
    path = tmp_path / "out"
    for text in ("first", "second"):
        with whole(path) as temporary:
            fill(temporary, text)
            assert not path.exists() or content(path) == "first"
    assert content(path) == "second"
    assert names(tmp_path) == ["out"]


def test_a_temporary_file_keeps_its_ending(tmp_path: Path) -> None:
    with whole_file(tmp_path / "film.mp4") as temporary:
        assert temporary.suffix == ".mp4"


def stop_half_way(whole: Whole, path: Path, error: BaseException) -> None:
    with whole(path) as temporary:
        fill(temporary, "half")
        raise error


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, whole: Whole) -> None:
    path = tmp_path / "out"
    with whole(path) as temporary:
        fill(temporary, "before")
    with pytest.raises(WriteError, match=r"Cannot write .*out: No space left on device"):
        stop_half_way(whole, path, FULL)
    assert content(path) == "before"
    assert names(tmp_path) == ["out"]


@pytest.mark.parametrize("error", [ValueError("bad"), KeyboardInterrupt()])
def test_other_errors_pass_and_leave_nothing(
    tmp_path: Path, whole: Whole, error: BaseException
) -> None:
    with pytest.raises(type(error)):
        stop_half_way(whole, tmp_path / "out", error)
    assert names(tmp_path) == []


@pytest.mark.parametrize("failing", [1, 2])
def test_a_folder_that_cannot_be_replaced_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Whichever of the two renames fails."""
    path = tmp_path / "out"
    with whole_folder(path) as temporary:
        fill(temporary, "before")
    rename, calls = Path.replace, []

    def replace(self: Path, target: Path) -> Path:
        calls.append(self)
        if len(calls) == failing:
            raise FULL
        return rename(self, target)

    monkeypatch.setattr(Path, "replace", replace)
    with pytest.raises(WriteError, match="No space left"), whole_folder(path) as temporary:
        fill(temporary, "after")
    monkeypatch.undo()
    assert content(path) == "before"
    assert names(tmp_path) == ["out"]


def test_a_place_below_a_file_is_refused(tmp_path: Path, whole: Whole) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="choose another place"), whole(tmp_path / "file" / "out"):
        pytest.fail("there is no such place")


def test_permissions_are_the_users_own(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "file", "x")
        with whole_folder(tmp_path / "folder"):
            pass
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o640
    assert stat.S_IMODE((tmp_path / "folder").stat().st_mode) == 0o750


def test_text_is_utf_8(tmp_path: Path) -> None:
    write_text(tmp_path / "a.txt", "Überwachung")
    assert (tmp_path / "a.txt").read_bytes() == "Überwachung".encode()
