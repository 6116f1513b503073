"""Other normal footage to calibrate on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import awry
from awry.datasets.base import Clip, Dataset
from awry.errors import ConfigError, FootageError
from awry.fitting import FitOptions, fit_detector
from awry.video.memory import ArraySource
from support import moving_square, write_images


def normal(seeds: range, scene: str = "yard", size: tuple[int, int] = (48, 72)) -> Dataset:
    """A normal clip of 60 frames for each seed."""

    def clip(seed: int) -> Clip:
        images = moving_square(60, seed, size)
        return Clip(f"c{seed}", lambda: ArraySource(images, fps=10, name=f"c{seed}"), scene)

    return Dataset("memory", "still", None, 10.0, tuple(map(clip, seeds)), ())


def fitted(data: Dataset, out: Path, **options: object) -> awry.Detector:
    return fit_detector("flow", data, out / "b", FitOptions(preset="tiny", **options))  # type: ignore[arg-type]


def test_the_threshold_is_that_of_the_same_frames_held_back(tmp_path: Path) -> None:
    own = fitted(normal(range(10)), tmp_path, validation=0, calibration=0.2)
    other = fitted(normal(range(8)), tmp_path, validation=0, calibration=normal(range(8, 10)))
    assert own.calibration.has_thresholds
    assert other.calibration.to_json() == own.calibration.to_json()
    assert other.facts.data.parts == own.facts.data.parts
    assert own.facts.data.calibrated_on is None
    about = other.facts.data.calibrated_on
    assert about is not None
    assert (about["layout"], about["scenes"]) == ("memory", ["yard"])
    assert about["fingerprint"] not in ("", other.facts.data.fingerprint)
    split = other.facts.data.split
    assert split is not None
    assert (split.validation, split.calibration, split.per_clip) == (0, 0, False)


def test_validation_footage_counts_unless_other_footage_is_given(tmp_path: Path) -> None:
    both = fitted(normal(range(10)), tmp_path, validation=0.2, calibration=0.2)
    alone = fitted(normal(range(10)), tmp_path, validation=0, calibration=0.2)
    given = fitted(normal(range(8)), tmp_path, validation=0.25, calibration=normal(range(8, 10)))
    frames = [one.calibration.scene("yard").frames for one in (both, alone, given)]
    assert frames[0] == 2 * frames[1] == 2 * frames[2]


def test_it_is_kept_in_the_bundle(tmp_path: Path) -> None:
    detector = fitted(normal(range(3)), tmp_path, calibration=normal(range(8, 10)))
    detector.save(tmp_path / "bundle")
    again = awry.load(tmp_path / "bundle")
    assert again.facts.data.calibrated_on == detector.facts.data.calibrated_on
    assert again.calibration == detector.calibration


def test_frames_that_are_trained_on_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"holds c2, which is trained on as c2.*too low"):
        fitted(normal(range(4)), tmp_path, calibration=normal(range(2, 6)))


def test_another_view_is_refused_before_anything_is_trained(tmp_path: Path) -> None:
    with pytest.raises(FootageError, match=r"its frames are 48x48, those of the training .* 72x48"):
        fitted(normal(range(3)), tmp_path, calibration=normal(range(8, 9), size=(48, 48)))


def test_its_only_scene_is_the_training_footages(tmp_path: Path) -> None:
    detector = fitted(normal(range(3)), tmp_path, calibration=normal(range(8, 10), "elsewhere"))
    assert set(detector.calibration.scenes) == {"*", "yard"}


def test_a_scene_without_a_model_is_refused(tmp_path: Path) -> None:
    data = normal(range(4))
    gate = [replace(clip, scene="gate") for clip in data.train[2:]]
    data = replace(data, train=(*data.train[:2], *gate))
    other = normal(range(8, 10), "roof")
    with pytest.raises(ConfigError, match=r"c8 shows the scene 'roof'.*no model"):
        fitted(data, tmp_path, per_scene=True, calibration=other)
    assert "roof" in fitted(data, tmp_path, calibration=other).calibration.scenes


def test_what_cannot_be_read_of_it_is_listed(tmp_path: Path) -> None:
    other = normal(range(8, 10))
    narrow = normal(range(20, 21), size=(48, 48)).train[0]
    failed = fitted(
        normal(range(3)), tmp_path, calibration=replace(other, train=(*other.train, narrow))
    ).facts.data.failed
    assert len(failed) == 1
    assert failed[0].startswith("calibration footage: c20 was left out")


def test_a_fit_goes_on_with_the_same_footage_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.work" / "fit" / "0").mkdir(parents=True)
    (tmp_path / "b.work" / "fit" / "0" / "checkpoint").write_text("")
    fitted_with = normal(range(8, 10))
    fitted(normal(range(3)), tmp_path, calibration=fitted_with, overwrite=True)
    (tmp_path / "b.work" / "fit" / "0").mkdir(parents=True, exist_ok=True)
    (tmp_path / "b.work" / "fit" / "0" / "checkpoint").write_text("")
    # What only calibrates may change: nothing was trained on it.
    fitted(normal(range(3)), tmp_path, calibration=normal(range(7, 9)), resume=True)
    (tmp_path / "b.work" / "fit" / "0").mkdir(parents=True, exist_ok=True)
    (tmp_path / "b.work" / "fit" / "0" / "checkpoint").write_text("")
    with pytest.raises(ConfigError, match=r"--resume.*shares"):
        fitted(normal(range(3)), tmp_path, calibration=None, resume=True)


def test_a_copy_of_a_training_clip_is_refused_by_any_name(tmp_path: Path) -> None:
    data = normal(range(3))
    renamed = replace(normal(range(1)), train=(replace(data.train[1], name="other"),))
    with pytest.raises(FootageError, match="holds other, which is trained on as"):
        fitted(data, tmp_path, calibration=renamed)


def test_no_output_replaces_it(shared_data: Path, tmp_path: Path) -> None:
    night = tmp_path / "night"
    write_images(night / "a", moving_square(9, 3))
    with pytest.raises(awry.AwryError, match="night"):
        awry.fit("flow", shared_data, out=night, calibration=night, fps=10)
    assert [path.name for path in night.iterdir()] == ["a"]
