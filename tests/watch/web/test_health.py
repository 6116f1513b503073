"""How a site does."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import InputError
from awry.watch.store.layout import Layout
from awry.watch.store.models import FileRow
from awry.watch.web.health import Figures, health
from web_site import NOW, Here


def test_what_is_stored_is_counted(here: Here) -> None:
    here.add(FileRow(path="x", camera="door", kind="clip", bytes=5, at=NOW, state="garbage"))
    with here.database.reading() as session:
        found = health(session, here.database.layout)
    assert [one.name for one in found.cameras] == ["door", "yard"]
    assert found.disk.media == 2000
    assert 0 < found.disk.free <= found.disk.total
    (load,) = found.load
    assert isinstance(load, Figures)
    assert (load.process, load.name, load.figures["fps"]) == ("ingest", "door", 10.0)


def test_a_store_that_is_away_is_said(here: Here, tmp_path: Path) -> None:
    with here.database.reading() as session, pytest.raises(InputError, match="cannot be read"):
        health(session, Layout(tmp_path / "none"))
