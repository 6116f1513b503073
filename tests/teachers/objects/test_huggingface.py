from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.teachers.objects import DetectorOptions, View, load_detector

IMAGE = np.random.default_rng(0).integers(0, 255, (96, 128, 3), dtype=np.uint8)
VIEW = View(IMAGE, IMAGE, IMAGE)
ANYTHING = DetectorOptions(threshold=0.0, most=7, contained=True)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_hugging_face_gives_all_classes(rt_detr: Path) -> None:
    detector = load_detector(f"hf:{rt_detr}", ANYTHING)
    found = detector.detect(VIEW)
    assert detector.classes == "sigmoid"
    assert found.probabilities.shape == (len(found.scores), 80)
    assert 0 < len(found.scores) <= 7
    assert (found.boxes >= 0).all()
    assert (found.boxes[:, 2:] <= [128, 96]).all()
