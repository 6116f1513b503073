from __future__ import annotations

from urllib.error import URLError

import numpy as np
import pytest

from awry.errors import MissingError
from awry.teachers.objects import DetectorOptions, View, load_detector

IMAGE = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
VIEW = View(IMAGE, IMAGE, IMAGE)
ANYTHING = DetectorOptions(threshold=0.0, most=7, contained=True)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "classes"),
    [("fasterrcnn_mobilenet_v3_large_320_fpn", "softmax"), ("retinanet_resnet50_fpn", "sigmoid")],
)
def test_torchvision_gives_all_classes(name: str, classes: str) -> None:
    detector = load_detector(f"random:{name}", ANYTHING)
    found = detector.detect(VIEW)
    assert detector.classes == classes
    assert found.probabilities.shape == (len(found.scores), 80)
    assert 0 < len(found.scores) <= 7
    np.testing.assert_allclose(found.probabilities.max(1), found.scores)
    assert (found.boxes[:, 2:] <= [128, 96]).all()
    again = load_detector(f"random:{name}", ANYTHING)
    assert again.key == detector.key
    np.testing.assert_allclose(again.detect(VIEW).boxes, found.boxes)


@pytest.mark.slow
def test_a_picture_without_any_proposal_has_no_objects() -> None:
    detector = load_detector("random:fasterrcnn_mobilenet_v3_large_320_fpn", ANYTHING)
    detector._network.rpn.score_thresh = 1.1  # type: ignore[attr-defined]
    assert len(detector.detect(VIEW).scores) == 0


def test_torchvision_weights_that_cannot_be_fetched(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision import models

    def offline(name: str, **options: object) -> None:
        assert options == {"weights": "DEFAULT"}
        raise URLError("no route to host")

    monkeypatch.setattr(models, "get_model", offline)
    with pytest.raises(MissingError, match=r"no route to host.*onnx:FILE"):
        load_detector("torchvision:fasterrcnn_resnet50_fpn")
