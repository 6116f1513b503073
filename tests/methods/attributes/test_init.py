from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from awry.detector import Detector
from awry.errors import BundleError, FootageError, TrainingError
from awry.fitting import FitOptions, fit_detector
from awry.methods.attributes import Attributes, AttributesConfig
from awry.methods.attributes.config import PRESETS
from awry.methods.base import Setting
from support import moving_square_data


def test_a_fitted_method_comes_back_from_its_state(detector: Detector) -> None:
    method = detector.models["*"]
    tensors = method.state()
    again = Attributes(method.config)
    again.load_state(dict(tensors))
    assert again.state().keys() == tensors.keys()
    assert all(torch.equal(again.state()[name], value) for name, value in tensors.items())
    del tensors["gallery.files"]
    with pytest.raises(BundleError, match="do not fit its attributes"):
        again.load_state(tensors)


def test_what_is_not_fitted_has_no_state_and_cannot_score() -> None:
    method = Attributes(AttributesConfig(**PRESETS["tiny"]))
    for use in (method.state, method.graphs, lambda: method.scorer(Setting())):
        with pytest.raises(TrainingError, match="has not been fitted"):
            use()


def test_fitting_settles_rate_colour_flow_and_detector(detector: Detector) -> None:
    config = detector.models["*"].config
    assert isinstance(config, AttributesConfig)
    assert (config.fps, config.grey, config.tiles) == (10.0, False, (1, 1))
    assert config.flow == "dis:ultrafast:0"
    assert config.detector_fingerprint


def test_footage_without_objects_is_refused(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"least_side": 1000.0})
    with pytest.raises(FootageError, match="no objects to learn from"):
        fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)


def test_velocities_alone_need_no_classifier(tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", changes={"classifier": "none", "combine": "frame"})
    alone = fit_detector("attributes", moving_square_data(), tmp_path / "bundle", options)
    frames = list(moving_square_data().test[0].open())[:12]
    scorer = alone.scorer()
    assert {name for score in scorer.score(frames) for name in score.parts} == {
        "velocity",
        "speed",
        "direction",
    }
    assert scorer.pictures(frames) is None
    assert np.isfinite([s.score for s in alone.scorer().score(frames) if s.score is not None]).all()


def test_poses_of_a_file_are_one_more_attribute(tmp_path: Path) -> None:
    """A corner of the box that is lifted in the test clip alone is what is strange."""
    data, generator = moving_square_data(), np.random.default_rng(0)
    for part, clips, lifted in (("train", data.train, 0.0), ("test", data.test, 5.0)):
        (tmp_path / "poses" / part).mkdir(parents=True)
        for clip in clips:
            entries = []
            for frame in clip.open():
                rows, columns = np.nonzero(frame.image[..., 0] == 200)
                x0, y0, x1, y1 = columns.min(), rows.min(), columns.max(), rows.max()
                corners = [(x0, y1), (x1, y1), (x1, y0), (x0, y0 + lifted)]
                noisy = corners + generator.uniform(-0.5, 0.5, (4, 2))
                points = np.insert(noisy, 2, 1, axis=1).ravel().tolist()
                if frame.index % 3:  # nobody is seen in every third frame
                    entries.append({"image_id": frame.index, "keypoints": points})
            file = tmp_path / "poses" / part / f"{clip.name}.json"
            file.write_text(json.dumps(entries))
    changes = {"classifier": "none", "poses": str(tmp_path / "poses"), "join_s": 0.0}
    fitted = fit_detector(
        "attributes", data, tmp_path / "bundle", FitOptions(preset="tiny", changes=changes)
    )
    config = fitted.models["*"].config
    assert isinstance(config, AttributesConfig)
    assert config.keypoints == 4
    scores = list(fitted.scorer(clip=f"test/{data.test[0].name}").score(data.test[0].open()))
    told = {score.index: score.parts["pose"] for score in scores if "pose" in score.parts}
    # Where its box is found well enough to know whose pose it is.
    assert np.median([value for index, value in told.items() if index % 3]) > 1
    assert max(value for index, value in told.items() if not index % 3) == 0
