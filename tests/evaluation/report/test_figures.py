from __future__ import annotations

import base64
from xml.etree import ElementTree

import cv2
import numpy as np
import pytest

from awry.evaluation.report.figures import curve_uri, picture_uri, score_limits
from awry.evaluation.scored_clip import Peak, ScoredClip


def clip(length: int, labels: bool = True) -> ScoredClip:
    scores = np.sin(np.arange(length) / 9.0)
    truth = (np.arange(length) % 40 < 7).astype(np.uint8) if labels else None
    picture = np.zeros((4, 6, 3), np.uint8)
    peaks = [Peak(length // 2, float(scores[length // 2]), None, picture)]
    scored = np.arange(length) >= min(3, length - 1)
    return ScoredClip("a", "b", None, scores, scored, truth, peaks=peaks)


def test_pictures_keep_their_colours_and_become_small() -> None:
    image = np.zeros((100, 1000, 3), np.uint8)
    image[..., 0] = 200
    head, data = picture_uri(image, 500).split(",")
    assert head == "data:image/jpeg;base64"
    back = cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_COLOR)
    assert back.shape == (50, 500, 3)
    np.testing.assert_allclose(back[25, 250], (0, 0, 200), atol=6)


@pytest.mark.parametrize("length", [1, 2, 180])
@pytest.mark.parametrize("labels", [True, False])
def test_a_curve_is_whole_and_the_same_every_time(length: int, labels: bool) -> None:
    one = clip(length, labels)
    limits = score_limits([one], [0.5, None])
    uris = [curve_uri(one, 0.5, [(0, 0)], limits, (358, 230)) for _ in range(2)]
    assert uris[0] == uris[1]
    head, data = uris[0].split(",")
    assert head == "data:image/svg+xml;base64"
    assert ElementTree.fromstring(base64.b64decode(data)).tag.endswith("svg")
    curve_uri(one, None, [], limits, (358, 230))


def test_a_long_clip_gives_a_small_curve() -> None:
    scores = np.random.default_rng(0).normal(size=50_000)
    long = ScoredClip("a", "b", None, scores, np.ones(50_000, bool))
    assert len(curve_uri(long, None, [], (-5, 5), (358, 230))) < 400_000


def test_limits_hold_everything_and_survive_a_constant() -> None:
    low, high = score_limits([clip(50)], [4.0])
    assert low < -0.9
    assert high > 4.0
    flat = ScoredClip("a", "b", None, np.zeros(3), np.ones(3, bool))
    low, high = score_limits([flat], [None])
    assert low < 0 < high
    low, high = score_limits([], [])
    assert low < high
