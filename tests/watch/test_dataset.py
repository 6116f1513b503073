"""Judged events as a data set, read by what reads data sets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import awry.watch
from awry.datasets import open_dataset
from awry.errors import ConfigError, InputError, WriteError
from awry.watch.store import write
from awry.watch.store.results import StoredFootage
from stores import NOON, a_clip, a_store, an_event


@pytest.fixture
def site(tmp_path: Path, make_video: Callable[..., Path]) -> Path:
    """Judged events of a camera with clips of 20 pictures, 10 a second, and footage."""
    database = a_store(tmp_path)
    pictures = np.zeros((20, 32, 48, 3), np.uint8)
    with database.writing() as session:
        for number, label in ((1, "abnormal"), (2, "normal"), (3, "normal")):
            start = NOON + 100 * number
            event = an_event(number, start=start, end=start + 0.5, state="ended")
            write.put_event(session, event, 1.0)
            write.judge(session, event.uid, label, 1.0)
            clip = replace(a_clip(number), start=start - 0.5, end=start + 1.5)
            write.add_clip(session, "yard", clip, 1.0)
            if number < 3:  # the last one's file has gone, of which the ledger does not know yet
                make_video(database.layout.root / clip.path, pictures)
        path = "footage/yard/1.mp4"
        piece = StoredFootage("yard", path, NOON - 50, NOON - 48, 100, "day")
        write.add_footage(session, piece)
        make_video(database.layout.root / path, pictures)
    database.close()
    file = tmp_path / "site.yaml"
    file.write_text("name: home\nstore: store\ncameras: {yard: {detect: 'rtsp://camera'}}\n")
    return file


def test_what_is_exported_is_read_as_a_data_set(site: Path, tmp_path: Path) -> None:
    done = awry.watch.export_dataset(site, tmp_path / "out", footage=True).to_dict()
    assert (done["clips"], done["abnormal"], done["normal"], done["footage"]) == (2, 1, 2, 1)
    data = open_dataset(tmp_path / "out")
    assert (data.name, data.fps, len(data.train)) == ("folder", 10, 1)
    assert {clip.scene for clip in (*data.train, *data.test)} == {"yard"}
    labels = [clip.labels().tolist() for clip in data.test if clip.labels is not None]
    assert labels == [[0] * 5 + [1] * 5 + [0] * 10, [0] * 20]
    assert data.failed == ()


def test_nothing_is_overwritten_and_nothing_left_behind(site: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(WriteError, match="is there already"):
        awry.watch.export_dataset(site, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []
    with pytest.raises(InputError, match="somebody judged"):
        awry.watch.export_dataset(site, tmp_path / "new", until="1970-01-01")
    with pytest.raises(ConfigError, match="'abnormal' or 'normal'"):
        awry.watch.export_dataset(site, tmp_path / "new", label="odd")
    assert not (tmp_path / "new").exists()
