from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.datasets import open_dataset
from awry.datasets.tracks import LINKED, Tracks
from awry.datasets.truth import FROM_FILE, track_source
from awry.errors import DatasetError


def written(folder: Path, text: str, name: str = "Test001.txt") -> Path:
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def rows(tracks: Tracks) -> list[tuple[float, ...]]:
    return [
        (int(one), int(frame), *box.tolist())
        for one, frame, box in zip(tracks.ids, tracks.frames, tracks.boxes, strict=True)
    ]


@pytest.fixture
def root(tmp_path: Path, write_pictures) -> Path:
    """Two test clips of four frames: one with masks, one with labels alone."""
    write_pictures(tmp_path / "train" / "day", 3)
    for name in ("gate", "yard"):
        write_pictures(tmp_path / "test" / name, 4)
    masks = np.zeros((4, 8, 12), bool)
    masks[1:3, 2:6, 3:8] = True
    (tmp_path / "masks").mkdir()
    np.save(tmp_path / "masks" / "gate.npy", masks)
    (tmp_path / "labels").mkdir()
    np.save(tmp_path / "labels" / "yard.npy", np.array([0, 1, 1, 0]))
    return tmp_path


def test_a_data_set_with_masks_has_linked_tracks(root: Path) -> None:
    gate, yard = open_dataset(root).test
    assert (track_source(gate), track_source(yard), yard.tracks) == (LINKED, None, None)
    assert gate.tracks is not None
    assert rows(gate.tracks()) == [(0, 1, 3, 2, 7, 5), (0, 2, 3, 2, 7, 5)]


@pytest.mark.parametrize("name", ["gate.txt", "gate.csv", "gate_gt.txt"])
def test_track_files_come_first(root: Path, name: str) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "0,3,4,4,30,5\n", name)
    data = open_dataset(root)
    gate = data.test[0]
    assert track_source(gate) == FROM_FILE
    assert gate.tracks is not None
    tracks = gate.tracks()
    assert rows(tracks) == [(0, 3, 4, 4, 11, 5)]
    assert (tracks.source, tracks.clipped) == (FROM_FILE, 1)
    assert any("tracks/ has no file for 1 of 2 test clips" in note for note in data.notes)


def test_track_files_are_held_to_their_clip(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "0,1,1,1,3,3\n0,4,1,1,3,3\n", "yard.txt")
    tracks = open_dataset(root).test[1].tracks
    assert tracks is not None
    with pytest.raises(DatasetError, match=r"yard\.txt seems to count frames from 1"):
        tracks()


def test_track_files_without_a_clip_are_noted(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "", "gaet.txt")
    assert any("belong to no test clip: gaet.txt" in note for note in open_dataset(root).notes)


def test_two_track_files_of_one_clip_are_refused(root: Path) -> None:
    (root / "tracks").mkdir()
    for name in ("gate.txt", "gate.csv"):
        written(root / "tracks", "", name)
    with pytest.raises(DatasetError, match=r"several track files of gate: gate\.txt, gate\.csv"):
        open_dataset(root)


def test_nothing_is_read_before_tracks_are_asked_for(root: Path) -> None:
    (root / "tracks").mkdir()
    written(root / "tracks", "nonsense\n", "yard.txt")
    (root / "masks" / "gate.npy").write_bytes(b"nonsense")
    for clip in open_dataset(root).test:
        assert clip.tracks is not None
        with pytest.raises(DatasetError):
            clip.tracks()


def test_ped2_has_few_tracks_a_clip(shared: Path) -> None:
    clips = open_dataset(shared / "data" / "UCSDped2").test
    counts = {}
    for clip in clips[:6:5]:
        assert clip.tracks is not None
        assert clip.labels is not None
        tracks = clip.tracks()
        counts[clip.name] = len(np.unique(tracks.ids))
        assert set(np.flatnonzero(clip.labels())) == set(tracks.frames.tolist())
    assert counts == {"Test001": 1, "Test006": 2}


def test_digits_have_tracks() -> None:
    clips = {clip.name: clip for clip in open_dataset(None, format="digits").test}
    normal, shape = clips["normal-00"].tracks, clips["shape-00"].tracks
    assert normal is not None
    assert shape is not None
    assert len(normal().ids) == 0
    assert len(np.unique(shape().ids)) == 1
