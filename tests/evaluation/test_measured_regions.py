from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import awry
from awry.datasets.tracks import Tracks
from awry.errors import ConfigError, InputError
from awry.evaluation.metrics.boxes import Detections
from support import figures_alone

# docs/measurement.md's small case: five true boxes on one track, five true and five false ones.
TRUE = [[1, frame, 10, 10, 19, 19] for frame in range(5)]


FOUND = [[frame, 10, 10, 19, 19, 0.5] for frame in range(5)]
FOUND += [[frame, 50, 50, 59, 59, 0.5] for frame in range(5)]


def test_regions_of_arrays_and_of_files_are_the_same(tmp_path: Path) -> None:
    for name, rows in (("tracks", TRUE), ("detections", FOUND)):
        (tmp_path / name).mkdir()
        np.savetxt(tmp_path / name / "a.txt", rows, fmt="%g", delimiter=",")
    counts = {"a": 6, "b": 4}
    files = awry.measure.region(tmp_path / "tracks", tmp_path / "detections", counts)
    arrays = awry.measure.region({"a": TRUE}, {"a": np.array(FOUND)}, counts)
    assert figures_alone(arrays) == figures_alone(files)
    assert (arrays.rbdc, arrays.tbdc) == pytest.approx((0.75, 0.75))
    low, high = arrays.intervals["rbdc"] or (1, 0)
    assert low <= 0.75 <= high
    table = np.array(FOUND)
    ready = awry.measure.region(
        Tracks(np.ones(5, np.int64), np.arange(5), np.array(TRUE)[:, 2:].astype(float)),
        Detections(table[:, 0].astype(np.int64), table[:, 1:5], table[:, 5]),
        10,
    )
    assert (ready.rbdc, ready.intervals) == (arrays.rbdc, {})
    assert "No intervals" in ready.notes[-1]
    assert [line.get_label() for line in arrays.plot().lines][::2] == ["boxes", "tracks"]
    with pytest.raises(InputError, match=r"shape \(5, 2\); expected \(n, 6\)"):
        awry.measure.region({"a": np.ones((5, 2))}, {"a": FOUND}, 10)
    with pytest.raises(ConfigError, match="'inverted' of region is 'never'"):
        awry.measure.region(TRUE, FOUND, 10, inverted="never")
