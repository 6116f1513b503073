from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.evaluation.files.clips import clip_files, listed, misspelt


def test_files_come_in_natural_order_and_others_are_left_aside(tmp_path: Path) -> None:
    for name in ("10.csv", "9.CSV", "1.npy", "notes.md", ".hidden.csv"):
        (tmp_path / name).touch()
    files, notes = clip_files(tmp_path, (".csv", ".npy"))
    assert [file.name for file in files] == ["1.npy", "9.CSV", "10.csv"]
    assert notes == [f"Left aside in {tmp_path}: notes.md."]
    (tmp_path / "9.npy").touch()
    with pytest.raises(InputError, match="are of one clip; keep one of them"):
        clip_files(tmp_path, (".csv", ".npy"))
    with pytest.raises(InputError, match=r"Cannot read .*notes.md; expected files ending in .csv"):
        clip_files(tmp_path / "notes.md", (".csv",))


def test_names_are_listed_and_the_nearest_is_found() -> None:
    assert listed(list("abcde")) == "a, b, c, d, e"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert misspelt("test/Gate.mp4", ["door", "gate"]) == "gate"
    assert misspelt("c:\\films\\gate", ["door", "gate.avi"]) == "gate.avi"
    assert misspelt("gate2", ["door", "gate"]) is None
    # No ending, but part of the name.
    assert misspelt("cam.1-2", ["cam"]) is None
