"""Files for browsers, by an address that changes with their content."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.pages.files import FOREVER, StaticFiles


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "kit").mkdir()
    (tmp_path / "kit" / "a.css").write_text("a {}")
    (tmp_path / "kit" / "b.js").write_text("export {};")
    (tmp_path / "kit" / "notes.txt").write_text("not for browsers")
    (tmp_path / "outside.css").symlink_to(tmp_path / "kit" / "a.css")
    return tmp_path


def test_a_file_and_its_kind(folder: Path) -> None:
    files = StaticFiles([folder])
    assert "kit/a.css" in files
    answer = files.response(files.version, "kit/a.css")
    assert (answer.status_code, answer.body) == (200, b"a {}")
    assert answer.headers["content-type"] == "text/css; charset=utf-8"
    assert answer.headers["cache-control"] == FOREVER
    kind = files.response(files.version, "kit/b.js").headers["content-type"]
    assert kind.startswith("text/javascript")


def test_an_old_version_gets_todays_file_and_does_not_keep_it(folder: Path) -> None:
    answer = StaticFiles([folder]).response("before", "kit/a.css")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "name", ["kit/notes.txt", "kit", "", "../kit/a.css", "kit/../kit/a.css", "/etc/passwd", "kit/a"]
)
def test_what_is_no_such_file(folder: Path, name: str) -> None:
    files = StaticFiles([folder])
    assert name not in files
    assert files.response(files.version, name).status_code == 404


def test_the_version_changes_with_any_content(folder: Path) -> None:
    before = StaticFiles([folder]).version
    assert StaticFiles([folder]).version == before
    (folder / "kit" / "b.js").write_text("export default 1;")
    assert StaticFiles([folder]).version != before


def test_two_files_of_one_path_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    (other / "kit").mkdir(parents=True)
    (other / "kit" / "a.css").write_text("b {}")
    with pytest.raises(ValueError, match=r"a\.css"):
        StaticFiles([folder / "kit", other / "kit"])
