from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.devices import PROCESSOR, Compute
from awry.teachers.objects import DetectorOptions, View, load_detector
from fake_devices import fake_card, for_card, on_card

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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_hugging_face_runs_on_a_card_and_never_in_16_bits(
    rt_detr: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = "transformers.models.rt_detr_v2.modeling_rt_detr_v2"
    monkeypatch.setattr(f"{module}.torch_compilable_check", lambda *_: None)  # looks at values
    full = load_detector(f"hf:{rt_detr}", ANYTHING)
    rounded = load_detector(f"hf:{rt_detr}", ANYTHING, compute=Compute("cpu", "bf16"))
    there = for_card(lambda card: load_detector(f"hf:{rt_detr}", ANYTHING, compute=card))
    assert full.fingerprint == rounded.fingerprint == there.fingerprint
    np.testing.assert_array_equal(rounded.detect(VIEW).boxes, full.detect(VIEW).boxes)
    assert rounded.compute == PROCESSOR  # what it says is kept with what others say in full
    with fake_card():
        on_card(there._network)  # type: ignore[attr-defined]
        found = there.detect(VIEW)
    assert found.probabilities.shape == (0, 80)  # sides of 0 are left out
