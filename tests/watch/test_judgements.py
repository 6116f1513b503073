"""Judgements to take along."""

from __future__ import annotations

from pathlib import Path

import pytest

import awry.watch
from awry.errors import InputError, WriteError
from awry.watch.store.models import FeedbackRow
from stores import a_store

SITE = "store: store\ncameras:\n  door: {detect: 'rtsp://10.0.0.1/live'}\n"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "site.yaml").write_text(SITE)
    store = a_store(tmp_path)
    with store.writing() as session:
        for event, camera in (("a", "door"), ("b", "gone")):
            session.add(FeedbackRow(event=event, camera=camera, peak=2.0, label="normal", at=60.0))
    store.close()
    return tmp_path / "site.yaml"


def test_as_values_and_as_rows(site: Path) -> None:
    found = awry.watch.feedback(site)
    assert [row["event"] for row in found.to_dict()["feedback"]] == ["a", "b"]
    assert found.rows()[0]["at"] == "1970-01-01 00:01:00"
    assert [row["event"] for row in awry.watch.feedback(site, camera=["gone"]).rows()] == ["b"]


def test_a_table_in_a_new_file(site: Path, tmp_path: Path) -> None:
    awry.watch.feedback(site, csv=tmp_path / "said.csv")
    lines = (tmp_path / "said.csv").read_text().splitlines()
    assert lines[0] == "event,camera,detector,light,peak,label,note,by,at"
    assert lines[1] == "a,door,,day,2.0,normal,,,60.0"
    with pytest.raises(WriteError, match="is there already"):
        awry.watch.feedback(site, csv=tmp_path / "said.csv")


def test_without_a_store_there_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(SITE)
    with pytest.raises(InputError):
        awry.watch.feedback(tmp_path / "site.yaml")
