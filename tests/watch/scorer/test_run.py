"""A fresh scorer's way through pictures."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import pytest

from awry.detector import Detector
from awry.errors import AwryError, ConfigError
from awry.watch.clock import ManualClock
from awry.watch.messages import Light, Scored
from awry.watch.scorer.run import Limit, Run, usual_limit, with_ignored
from awry.watch.shares import polygon_in_pixels
from scorer_fakes import BUNDLE, SIZE, Brightness, Pictures, bright_detector, camera

LEFT = ((0.0, 0.0), (0.49, 0.0), (0.49, 1.0), (0.0, 1.0))
ALL = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def run_of(detector: Detector, *, limit: Limit | None = None, **settings: Any) -> Run:
    def of(light: Light) -> Limit | None:
        return limit

    return Run(
        camera(**settings),
        BUNDLE,
        detector,
        shadow=False,
        session="s",
        limit=of,
        clock=ManualClock(),
    )


def scored(run: Run, *values: int, **other: Any) -> list[Scored]:
    box = Pictures("gate", ManualClock())
    box.give(*values, **other)
    pushed = [run.push(frame) for frame in box.waiting]  # type: ignore[arg-type]
    return [score for scores in pushed for score in scores] + run.end()


def test_a_late_score_is_told_of_its_own_picture() -> None:
    found = scored(run_of(bright_detector()), 10, 11, 12, light="infrared", dropped=1)
    assert [(one.step, one.score) for one in found] == [(0, None), (1, 11.0), (2, 12.0)]
    begun = ManualClock().now()
    assert [one.at - begun for one in found] == pytest.approx([0, 0.1, 0.2])
    assert {(one.camera, one.session, one.bundle) for one in found} == {("gate", "s", str(BUNDLE))}
    assert {(one.light, one.dropped) for one in found} == {("infrared", 1)}
    assert {(one.width, one.height) for one in found} == {(SIZE[1], SIZE[0])}
    assert found[1].parts == {"bright": 11.0}  # the odd one is no number


def test_pictures_come_with_what_is_near_the_threshold_alone() -> None:
    # 80 % of the way from 50 to 100
    low, high = scored(run_of(bright_detector()), 10, 89, 91)[1:]
    assert (low.picture, low.heat, low.regions, low.reason) == (b"", b"", (), "")
    shown = cv2.imdecode(np.frombuffer(high.picture, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert abs(int(shown.mean()) - 91) <= 1
    heat = cv2.imdecode(np.frombuffer(high.heat, np.uint8), cv2.IMREAD_UNCHANGED)
    assert heat is not None
    assert heat[0, 0] == round((91 - 60) / 100 * 255)
    assert [region.box for region in high.regions] == [(0.0, 0.0, 1.0, 1.0)]
    assert high.reason == (
        "Across the picture: something shines; 82 % of the way from normal to the threshold."
    )


@pytest.mark.parametrize(
    ("threshold", "height"),
    [(90.0, "1.2 times as far above normal as the threshold."),
     (None, "5.0 standard deviations above normal footage.")],
)  # fmt: skip
def test_the_keepers_threshold_is_the_one_of_the_words(
    threshold: float | None, height: str
) -> None:
    run = run_of(bright_detector(), limit=Limit(20.0, threshold))
    assert scored(run, 10, 100)[1].reason.endswith(height)


def test_the_usual_limit_without_a_threshold() -> None:
    scene = bright_detector(threshold=None).calibration.scene("*")
    assert usual_limit(scene) == Limit(80.0, None)


def test_ignored_polygons_are_black_for_the_method_and_for_people() -> None:
    found = scored(run_of(bright_detector(), ignore=(LEFT,)), 200, 200)[1]
    assert found.score == pytest.approx(100.0)  # half of it is black
    shown = cv2.imdecode(np.frombuffer(found.picture, np.uint8), cv2.IMREAD_COLOR)
    assert shown is not None
    assert shown[:, : SIZE[1] // 2 - 4].max() < 10
    assert shown[:, SIZE[1] // 2 + 4 :].min() > 190


def test_polygons_join_the_detectors_own_regions() -> None:
    detector = bright_detector()
    assert with_ignored(detector, ()) is detector
    both = with_ignored(with_ignored(detector, [LEFT]), [ALL[:3]])
    assert both.ignore.specs == [
        "polygon:0,0;19,0;19,19;0,19", polygon_in_pixels(ALL[:3], SIZE),
    ]  # fmt: skip
    assert both.models is detector.models
    with pytest.raises(ConfigError, match="whole frame"):
        with_ignored(detector, [ALL])


def test_the_scorer_is_told_the_rate_before_thinning() -> None:
    detector = bright_detector(every=2)
    run_of(detector)
    method = detector.models["*"]
    assert isinstance(method, Brightness)
    assert method.settings[-1].fps == 10.0


def test_a_score_that_is_no_number_is_an_error() -> None:
    run = run_of(bright_detector({13: float("nan")}))
    with pytest.raises(AwryError, match="the score nan"):
        scored(run, 10, 11, 12, 13, 14, 15)


def test_who_looks_sees_regions_and_heat_of_low_scores_too() -> None:
    usual = scored(run_of(bright_detector()), 10, 55, 91)
    looked = scored(run_of(bright_detector(), limit=Limit(None, None, looked=True)), 10, 55, 91)
    first, low, high = looked
    assert (first.score, first.looked, first.reason) == (None, False, "")
    assert low.looked
    assert low.heat
    assert "shines" in low.reason
    assert low.picture == b""  # who looks has one already
    assert (high.looked, high.picture, high.heat) == (False, usual[2].picture, usual[2].heat)
    assert [one.score for one in looked] == [one.score for one in usual]
    assert not any(one.looked for one in usual)
