"""Maps that grow on disk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import MissingError
from awry.output.maps import MapsWriter


def test_maps_become_one_npz(tmp_path: Path) -> None:
    maps = np.random.default_rng(0).random((1100, 3, 5), np.float32)
    writer = MapsWriter(tmp_path / "gate.npz")
    for frame, one in enumerate(maps):
        writer.add(2 * frame, one)
    writer.finish()
    with np.load(tmp_path / "gate.npz") as found:
        assert found["maps"].dtype == np.float32
        assert found["frames"].tolist() == list(range(0, 2200, 2))
        assert np.array_equal(found["maps"], maps)
    assert [path.name for path in tmp_path.iterdir()] == ["gate.npz"]


def test_they_can_be_read_at_any_moment(tmp_path: Path) -> None:
    writer = MapsWriter(tmp_path / "gate.npz")
    for frame in range(12):
        writer.add(frame, np.full((2, 2), frame, np.float32))
        found = np.load(tmp_path / "gate.npz.partial.npy")
        assert found["frame"].tolist() == list(range(frame + 1))
        assert found["map"][-1].tolist() == [[frame, frame]] * 2
    writer.leave()
    assert [path.name for path in tmp_path.iterdir()] == ["gate.npz.partial.npy"]


def test_without_a_map_there_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="No map was given for gate"):
        MapsWriter(tmp_path / "gate.npz").finish()
    assert list(tmp_path.iterdir()) == []
