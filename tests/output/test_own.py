from __future__ import annotations

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest

from awry.output.own import is_ours
from awry.output.tables import EVENT_COLUMNS, REGION_COLUMNS, SCORE_COLUMNS, write_table

COLUMNS = {"scores": SCORE_COLUMNS, "regions": REGION_COLUMNS, "events": EVENT_COLUMNS}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
@pytest.mark.parametrize("kind", list(COLUMNS))
def test_tables_are_known_by_their_columns(tmp_path: Path, kind: str, suffix: str) -> None:
    path = tmp_path / f"table{suffix}"
    columns = COLUMNS[kind]
    write_table(path, [dict.fromkeys(columns, 1)], columns)
    # A table of events has more columns than its first; one of scores is none of regions.
    assert [name for name in COLUMNS if is_ours(path, name)] == [kind]


def test_tables_of_others_are_not_ours(tmp_path: Path) -> None:
    path = tmp_path / "table.csv"
    path.write_text("clip,frame,score\n")
    assert not is_ours(path, "scores")
    path.write_bytes(b"\xff\xfe\x00")
    assert not is_ours(path, "scores")
    path.write_text("")  # an empty file holds nothing that could be lost
    assert is_ours(path, "scores")


def test_maps_are_archives_of_two_arrays(tmp_path: Path) -> None:
    path = tmp_path / "maps.npz"
    np.savez(path, frames=np.arange(2), maps=np.zeros((2, 3, 4)))
    assert is_ours(path, "maps")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("mine.txt", "x")
    assert not is_ours(path, "maps")
    path.write_bytes(b"no archive")
    assert not is_ours(path, "maps")


@pytest.mark.parametrize(
    ("value", "expected"),
    [({"settings": {}}, True), ({"table": "t"}, True), ({"mine": 1}, False), ([1], False)],
)
def test_json_says_what_it_is_of(tmp_path: Path, value: object, expected: bool) -> None:
    path = tmp_path / "metrics.json"
    path.write_text(json.dumps(value))
    assert is_ours(path, "json") is expected


def test_pages_name_awry_and_cached_frames_are_no_pictures(tmp_path: Path) -> None:
    page = tmp_path / "report.html"
    page.write_text("<html>somebody's</html>")
    assert not is_ours(page, "page")
    page.write_text("<html>made by awry</html>")
    assert is_ours(page, "page")
    folder = tmp_path / "frames"
    folder.mkdir()
    assert is_ours(folder, "frames")
    (folder / "00.jpg").write_bytes(b"")
    assert not is_ours(folder, "frames")
    assert not is_ours(folder, "page")
