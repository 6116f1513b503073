"""Lines of the log are kept, bounded, and found again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from awry.watch.store.kept_log import KeptLog, LogFilter, read_log


def said(message: str, process: str = "web", level: str = "info") -> str:
    when = "2027-01-15T08:00:00.250+00:00"
    return json.dumps({"at": when, "process": process, "level": level, "message": message})


def messages(folder: Path, **wanted: object) -> list[str]:
    return [one.message for one in read_log(folder, LogFilter(**wanted))]  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    log = KeptLog(tmp_path / "logs")
    log(said("up"))
    log(said("Camera door: lost.", "keeper", "warning"))
    log(said("Crashed", "ingest door", "error"))
    log(said("doors are open", "ingest yard", "debug"))
    log.close()
    return tmp_path / "logs"


def test_a_line_as_it_was(folder: Path) -> None:
    line = read_log(folder, LogFilter())[-1]
    assert (line.id, line.at, line.process, line.level, line.message) == (
        *(1, 1_800_000_000.25),
        *("web", "info", "up"),
    )
    assert (folder / "log.jsonl").stat().st_mode & 0o777 == 0o600


def test_filters(folder: Path) -> None:
    assert messages(folder, level="warning") == ["Crashed", "Camera door: lost."]
    assert messages(folder, level="info") == ["Crashed", "Camera door: lost.", "up"]
    assert messages(folder, process="ingest") == ["doors are open", "Crashed"]
    assert messages(folder, camera="door") == ["Crashed", "Camera door: lost."]
    assert messages(folder, text="LOST") == ["Camera door: lost."]
    assert messages(folder, before=3) == ["Camera door: lost.", "up"]
    assert messages(folder, after=3) == ["doors are open"]
    assert len(read_log(folder, LogFilter(), limit=2)) == 2


def test_numbers_go_on_after_a_new_start(folder: Path) -> None:
    log = KeptLog(folder)
    log(said("again"))
    log.close()
    assert [one.id for one in read_log(folder, LogFilter(), limit=2)] == [5, 4]


def test_the_oldest_go(tmp_path: Path) -> None:
    log = KeptLog(tmp_path, files=3, most=1000)
    for number in range(100):
        log(said(f"line {number:03}"))
    log.close()
    assert sum(one.stat().st_size for one in tmp_path.iterdir()) < 3 * 1000 + 3 * 200
    assert len(list(tmp_path.iterdir())) == 3
    ids = [one.id for one in read_log(tmp_path, LogFilter(), limit=1000)]
    assert ids == list(range(100, ids[-1] - 1, -1))
    assert 15 < len(ids) < 40


def test_what_is_damaged_is_left_out(folder: Path) -> None:
    with (folder / "log.jsonl").open("ab") as file:
        file.write(b'{"id": 9, "at": "never"}\n[]\n\xff\n{"id": 5, "at"')
    assert len(read_log(folder, LogFilter())) == 4
    assert read_log(folder / "none", LogFilter()) == ()


def test_a_place_that_cannot_be_written_ends_nothing(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")
    log = KeptLog(tmp_path / "logs")
    log(said("up"))
    log("no json")
    log.close()
    assert (tmp_path / "logs").read_text() == "a file"
