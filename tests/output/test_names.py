from __future__ import annotations

import os
from pathlib import Path

from awry.output.names import file_name, file_stem, with_name


def test_a_stem_is_a_name_on_every_disk() -> None:
    assert file_stem("rtsp://camera/live?a=b") == "rtsp___camera_live_a_b"
    assert file_stem("...") == "_"
    assert file_stem("駐車場") == "駐車場"


def test_names_that_are_too_long_stay_apart(tmp_path: Path) -> None:
    first, second = file_name("é" * 200 + "1", ".npz"), file_name("é" * 200 + "2", ".npz")
    assert first != second
    assert first.endswith(".npz")
    for name in (first, second):
        assert len(os.fsencode(name)) <= 255 - len(".npz.partial.npy")
        (tmp_path / name).touch()
    assert with_name(Path("a/look.mp4"), "in/out") == Path("a/look-in_out.mp4")
