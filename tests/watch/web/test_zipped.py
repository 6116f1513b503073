from __future__ import annotations

import io
import zipfile
from pathlib import Path

from awry.watch.web.zipped import zipped


def test_a_zip_is_made_while_it_is_sent_of_the_files_that_are_there(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a" * 700_000)
    files = [(tmp_path / name, f"test/{name}.mp4", name) for name in ("a", "gone")]
    pieces = list(zipped(files, lambda some: {"list.txt": ",".join(some)}, ("train", "test")))
    assert len(pieces) > 3
    assert max(map(len, pieces)) < 300_000
    with zipfile.ZipFile(io.BytesIO(b"".join(pieces))) as found:
        assert found.testzip() is None
        assert found.namelist() == ["train/", "test/", "test/a.mp4", "list.txt"]
        assert found.read("test/a.mp4") == b"a" * 700_000
        assert found.read("list.txt") == b"a"
