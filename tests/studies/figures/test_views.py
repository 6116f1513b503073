from __future__ import annotations

import numpy as np
import pytest

from awry.datasets.base import Dataset
from awry.errors import ConfigError
from awry.frames import Frame, FrameScore
from awry.studies.figures.judges import of_detector
from awry.studies.figures.views import View, true_boxes, views


def test_frames_come_with_scores_truth_and_labels(footage: Dataset, flow_detector) -> None:
    clip = footage.test[0]
    late, early = views(of_detector("", flow_detector), clip, [30, 5])
    assert (late.frame.index, late.label, early.frame.index, early.label) == (30, 1, 5, 0)
    assert late.truth.tolist() == [[0, 24, 71, 47]]
    assert early.truth.shape == (0, 4)
    assert late.score.score is not None
    assert late.map().ndim == 2
    assert late.title == "Test002, frame 30"
    whole = of_detector("", flow_detector).series(clip, ())
    assert late.score.score == pytest.approx(whole.scores[30], abs=1e-5)


def test_what_is_not_there_is_said(footage: Dataset, flow_detector) -> None:
    judge, clip = of_detector("", flow_detector), footage.test[0]
    with pytest.raises(ConfigError, match="Test002 has no frame 60"):
        views(judge, clip, [60])
    (view,) = views(judge, clip, [9], pictures=True)
    assert view.pictures == {}
    with pytest.raises(ConfigError, match=r"no picture 'predicted flow' .* .there: none."):
        view.picture("predicted flow")
    image = np.zeros((4, 4, 3), np.uint8)
    bare = View(clip, Frame(0, None, image), FrameScore(0, None, 1.0))
    with pytest.raises(ConfigError, match="has no anomaly map"):
        bare.map()
    with pytest.raises(ConfigError, match="has no map 'motion'"):
        bare.map("motion")
    unscored = View(clip, Frame(0, None, image), FrameScore(0, None, None))
    for ask in (unscored.map, lambda: unscored.picture("predicted flow")):
        with pytest.raises(ConfigError, match="frame 0 is not scored: it lies in the warm-up"):
            ask()


def test_frames_without_tracks_have_no_boxes(footage: Dataset) -> None:
    assert true_boxes(footage.train[0], [3])[3].shape == (0, 4)
