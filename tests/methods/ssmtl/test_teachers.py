from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from awry.datasets.base import Clip
from awry.devices import PROCESSOR
from awry.errors import ConfigError
from awry.fitting import FitOptions, fit_detector
from awry.frames import FrameScore
from awry.methods.ssmtl import SSMTL
from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.samples import ObjectPool
from awry.methods.ssmtl.teachers import SSMTLTeachers
from awry.progress import Silent
from awry.teachers.outputs import FILE, OutputFile, digest, keep_outputs
from awry.training.footage import Footage
from awry.video.cache import FrameCache
from support import moving_square_data

from .conftest import options


def write_boxes(folder: Path, classes: bool = False) -> Path:
    """Boxes around the square of every clip, as someone's detector would have found them."""
    rows = ["clip,frame,x_min,y_min,x_max,y_max,confidence" + (",class" if classes else "")]
    every = [*moving_square_data().train, *moving_square_data().test]
    for clip in every:
        for frame in clip.open():
            ys, xs = np.nonzero(frame.image[..., 0] > 190)
            box = f"{xs.min()},{ys.min()},{xs.max() + 1},{ys.max() + 1}"
            rows.append(f"{clip.name},{frame.index},{box},0.9" + (",person" if classes else ""))
    path = folder / "boxes.csv"
    path.write_text("\n".join(rows) + "\n")
    return path


def scores(detector: Any, clip: Clip) -> list[FrameScore]:
    return list(detector.scorer(clip=clip.name).score(clip.open()))


def test_boxes_from_a_file_are_those_of_the_clips_own_frames(tmp_path: Path) -> None:
    file = write_boxes(tmp_path, classes=True)
    detector = fit_detector(
        "ssmtl", moving_square_data(), tmp_path / "b", options(detector=f"boxes:{file}")
    )
    config = detector.models["*"].config
    assert "distillation" in config.tasks
    clip = moving_square_data().test[0]
    found = scores(detector, clip)
    region = found[20].regions[0]
    picture = list(clip.open())[20].image
    ys, xs = np.nonzero(picture[..., 0] > 190)
    assert region.box == (xs.min(), ys.min(), xs.max(), ys.max())
    assert set(region.parts) == set(config.tasks)


def test_thinned_footage_takes_the_boxes_of_its_own_frames(tmp_path: Path) -> None:
    file = write_boxes(tmp_path)
    changes = {"detector": f"boxes:{file}", "level": "object"}
    thin = FitOptions(preset="tiny", changes=changes, every=2)
    footage = Footage(moving_square_data().train, FrameCache(tmp_path / "f", 2**28), every=2)
    method = SSMTL(SSMTL.configure("tiny", changes))
    pools = method._prepare(footage, 0, PROCESSOR, Silent())["object"][0]
    assert isinstance(pools, ObjectPool)
    crop = pools.take(0, np.array([0]))[0]
    assert crop.min() >= 160  # the square, and nothing of the background beside it
    assert fit_detector("ssmtl", moving_square_data(), tmp_path / "b", thin).every == 2


def test_a_second_detector_lends_its_classes(tmp_path: Path) -> None:
    (tmp_path / "named").mkdir()
    named = write_boxes(tmp_path / "named", classes=True)
    plain = write_boxes(tmp_path)
    changes = {"detector": f"boxes:{plain}", "classes_from": f"boxes:{named}", "level": "object"}
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options(**changes))
    assert "distillation" in detector.models["*"].config.tasks


def test_the_classifier_teaches_but_is_not_asked_in_scoring_unless_wanted(tmp_path: Path) -> None:
    taught = {"classifier": "random:resnet18", "classifier_side": 32}
    detector = fit_detector("ssmtl", moving_square_data(), tmp_path / "b", options(**taught))
    scorer: Any = detector.scorer()
    assert scorer._teachers.classifier is None
    model: Any = detector.models["*"]
    assert model.model.stream("frame").parts == (
        "arrow_of_time",
        "motion_irregularity",
        "middle_box",
    )
    wanted = options(**taught, score_classifier=True, level="object")
    scored = fit_detector("ssmtl", moving_square_data(), tmp_path / "c", wanted)
    assert "classifier" in scored.models["*"].model.stream("object").parts  # type: ignore[attr-defined]
    clip = moving_square_data().test[0]
    assert "classifier" in scores(scored, clip)[20].parts


def test_what_the_classifier_says_is_the_same_bits_however_it_is_kept(tmp_path: Path) -> None:
    changes = {"classifier": "random:resnet18", "classifier_side": 32, "level": "frame"}
    method = SSMTLTeachers(SSMTLConfig(**changes))
    pictures = [np.random.default_rng(n).integers(0, 256, (20, 30, 3), np.uint8) for n in (0, 1)]
    computed = method.classify(pictures)
    with keep_outputs(tmp_path):
        assert method.classifier is not None
        name, side = method.classifier.name, method.classifier.side
        # As an older version kept it, in half precision.
        before = digest(name, side, method._probed, *pictures)
        OutputFile(tmp_path / FILE).get(before, lambda: {"logits": np.zeros((2, 9), np.float16)})
        for _ in range(2):
            kept = method.classify(pictures)
            assert kept.dtype == computed.dtype == np.float32
            assert kept.tobytes() == computed.tobytes()
        other = SSMTLTeachers(SSMTLConfig(**changes))
        other.classifier = replace(method.classifier, features=unreachable)
        assert other.classify(pictures).tobytes() == computed.tobytes()


def unreachable(batch: torch.Tensor) -> torch.Tensor:
    raise AssertionError("what was kept is not asked for again")


def test_a_lender_without_classes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="has no class scores to lend"):
        fit_detector(
            "ssmtl", moving_square_data(), tmp_path / "b", options(classes_from="foreground")
        )
