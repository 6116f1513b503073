"""Where sockets are: a folder of one's own with a short path."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from awry.errors import WriteError
from awry.watch.ipc import places


def test_the_longest_name_fits_a_socket() -> None:
    folder = places.make_folder()
    try:
        assert len(bytes(places.frames(folder, "x" * 40))) <= 107
        assert folder.stat().st_mode & 0o777 == 0o700
        every = {places.keeper(folder), places.control(folder), places.frames(folder, "keeper")}
        assert len(every) == 3
    finally:
        folder.rmdir()


def test_a_place_with_a_long_path_is_left_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = tmp_path / ("x" * 100)
    long.mkdir()
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(long))
    folder = places.make_folder()
    assert folder.parent != long
    folder.rmdir()


def test_no_place_at_all_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(**how: str) -> str:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(tempfile, "mkdtemp", refused)
    with pytest.raises(WriteError, match="XDG_RUNTIME_DIR"):
        places.make_folder()
