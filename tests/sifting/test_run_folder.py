from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from awry.datasets.base import Clip
from awry.errors import BundleError
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.run import SiftedRun
from awry.sifting.run_folder import load_run
from awry.sifting.trained import TrainedRun


def test_scores_are_written_at_full_precision_and_read_back(
    run: SiftedRun, trained: TrainedRun
) -> None:
    again = load_run(run.folder)
    assert again.config == trained.method.config
    for mine, read in zip(run.clips, again.clips, strict=True):
        assert (mine.name, mine.fps) == (read.name, read.fps)
        np.testing.assert_array_equal(mine.scores, read.scores)
        np.testing.assert_array_equal(mine.indices, read.indices)
        np.testing.assert_array_equal(mine.times, read.times)
        assert mine.parts.keys() == read.parts.keys()
    with (run.folder / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 90
    expected = {"source", "frame", "time_s", "score", "sp", "isolation_forest", "initial"}
    assert rows[0].keys() == expected | {"round_1", "round_2"}
    mean = (float(rows[41]["round_1"]) + float(rows[41]["round_2"])) / 2
    assert float(rows[41]["score"]) == pytest.approx(mean)


@pytest.mark.parametrize("damage", ["gone", "garbage", "fewer rows", "newer"])
def test_a_damaged_run_is_refused(run: SiftedRun, tmp_path: Path, damage: str) -> None:
    for name in ("run.json", "scores.csv"):
        (tmp_path / name).write_bytes((run.folder / name).read_bytes())
    if damage == "gone":
        (tmp_path / "scores.csv").unlink()
    elif damage == "garbage":
        (tmp_path / "run.json").write_text("{")
    elif damage == "fewer rows":
        lines = (tmp_path / "scores.csv").read_text().splitlines()[:-3]
        (tmp_path / "scores.csv").write_text("\n".join(lines))
    else:
        facts = json.loads((tmp_path / "run.json").read_text())
        (tmp_path / "run.json").write_text(json.dumps({**facts, "format": 99}))
    with pytest.raises(BundleError):
        load_run(tmp_path)


def test_names_that_no_table_can_hold_are_read_back(
    tmp_path: Path, clip: Callable[..., Clip]
) -> None:
    """A control character is written as an escape; the clip keeps its own name."""
    clips = (clip("a\x1b[31m", seed=1), clip("b", range(10, 16), seed=2))
    rank_archive(clips, tmp_path / "run", SiftOptions(preset="tiny", every=5))
    assert "\x1b" not in (tmp_path / "run" / "scores.csv").read_text()
    assert [c.name for c in load_run(tmp_path / "run").clips] == ["a\x1b[31m", "b"]
