from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import awry
from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.studies.figures.judges import of_detector, of_run


def test_a_sifted_archive_judges_by_its_ranking(archive: Dataset, tmp_path: Path) -> None:
    changes = {"epochs": 1, "rounds": 1}
    run = awry.sift(data=archive, merged=True, out=tmp_path, preset="tiny", changes=changes)
    judge, clip = of_run("", run), archive.test[1]
    (ranked,) = [one for one in run.clips if one.name == "test/Test003"]
    series = judge.series(clip, ())
    np.testing.assert_array_equal(series.scores, ranked.scores)
    assert (series.name, int(series.labels.sum())) == ("Test003", 12)  # type: ignore[union-attr]
    scores = [one.score for one in judge.scorer(clip, ()).score(clip.open())]
    np.testing.assert_allclose(scores, ranked.scores, atol=1e-4)
    with pytest.raises(ConfigError, match="has no clip test/Test009"):
        judge.series(replace(clip, name="Test009"), ())


def test_a_detector_asks_for_extra_parts_only_where_it_has_them(flow_detector) -> None:
    judge = of_detector("with", flow_detector)
    assert (judge.label, judge.method, judge.every) == ("with", "flow", 1)
    assert list(judge.extra("flow")) == []
