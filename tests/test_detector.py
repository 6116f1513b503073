"""Fitting, calibrating, saving and loading, whatever the method."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch

import awry
from awry.datasets.base import Clip, Dataset
from awry.detector import Detector, load, scored, scored_live
from awry.devices import PROCESSOR, Compute, using
from awry.errors import ConfigError
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame, FrameScore
from awry.methods import registry
from awry.methods.base import Method, MethodConfig, Scorer, Setting
from awry.scoring.calibration import Budget
from awry.training.footage import Footage, working_folder
from awry.training.loop import FitContext
from awry.training.split import Exclusion
from awry.video.memory import ArraySource
from awry.video.source import SourceHealth
from support import moving_square, moving_square_data, write_images


class BrightnessScorer(Scorer):
    """The blue channel is the score; the map is a constant."""

    def _push(self, frame: Frame) -> list[FrameScore]:
        Brightness.scored.append(place(frame.image))
        value = float(frame.image[0, 0, 2])
        shown = np.full((2, 2), value, np.float32) if self.setting.maps else None
        return [FrameScore(frame.index, frame.time_s, value, {"blue": value}, shown)]


class Brightness(Method):
    """Learns nothing, and remembers which frames it was given."""

    name = "brightness"
    Config = MethodConfig
    presets: ClassVar = {"cpu": {}, "tiny": {}}
    trained: ClassVar[list[tuple[int, int]]] = []
    scored: ClassVar[list[tuple[int, int]]] = []

    def fit(self, footage: Footage, context: FitContext) -> None:
        for part in ("train", "validation"):
            for run in footage.runs(part, (8, 8)):
                Brightness.trained += [place(image) for image in run.images]
        self._scenes = "".join(footage.scenes)

    def scorer(self, setting: Setting) -> Scorer:
        return BrightnessScorer(setting)

    def state(self) -> dict[str, torch.Tensor]:
        return {"scenes": torch.tensor([ord(letter) for letter in self._scenes])}

    def load_state(self, tensors: dict[str, torch.Tensor]) -> None:
        self._scenes = "".join(chr(number) for number in tensors["scenes"].tolist())

    @property
    def extra_parts(self) -> tuple[str, ...]:
        return ("costly",)


def place(image: np.ndarray) -> tuple[int, int]:
    """Clip and frame, as `numbered` wrote them into the picture."""
    return int(image[0, 0, 0]), int(image[0, 0, 1])


class BrightnessPoint:
    """Stands for an entry point."""

    def load(self) -> type[Method]:
        return Brightness


@pytest.fixture(autouse=True)
def _brightness(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {**registry._found(), "brightness": BrightnessPoint()}
    monkeypatch.setattr(registry, "_found", lambda: found)
    Brightness.trained, Brightness.scored = [], []


def numbered(clip: int, blue: np.ndarray) -> np.ndarray:
    """uint8 (n, 8, 8, 3): red says which clip, green which frame, blue is the score."""
    images = np.zeros((len(blue), 8, 8, 3), np.uint8)
    images[..., 0] = clip
    images[..., 1] = np.arange(len(blue))[:, None, None]
    images[..., 2] = blue[:, None, None]
    return images


def brightness_data(blues: dict[str, list[np.ndarray]]) -> Dataset:
    """Clips by scene; clip k of all is numbered k."""
    clips: list[Clip] = []
    for scene, series in blues.items():
        for blue in series:
            images = numbered(len(clips), blue)
            opener = _opener(images)
            clips.append(Clip(f"c{len(clips)}", opener, scene))
    return Dataset("memory", "", None, 10.0, tuple(clips), ())


def _opener(images: np.ndarray) -> Callable[[], ArraySource]:
    return lambda: ArraySource(images, 10.0)


def ramp(low: int, high: int, length: int = 100) -> np.ndarray:
    return np.linspace(low, high, length).round().astype(np.uint8)


TWO_SCENES = {"a": [ramp(0, 50)], "b": [ramp(100, 200)]}


def test_calibration_footage_is_never_trained_on(tmp_path: Path) -> None:
    data = brightness_data({"a": [ramp(0, 50), ramp(0, 50, 60)], "b": [ramp(0, 9)]})
    detector = fit_detector("brightness", data, tmp_path / "b", FitOptions())
    clips = detector.facts.data.parts["calibration"]
    calibration = {(int(c[1:]), i) for c, first, last in clips for i in range(first, last)}
    assert calibration == {(1, i) for i in range(44, 60)} | {(2, i) for i in range(90, 100)}
    trained = set(Brightness.trained)
    assert len(trained) == 260 - len(calibration)
    assert not trained & calibration
    assert calibration <= set(Brightness.scored)


def test_thresholds_come_from_what_was_held_back_scene_by_scene(tmp_path: Path) -> None:
    detector = fit_detector("brightness", brightness_data(TWO_SCENES), tmp_path / "b", FitOptions())
    for scene, blue in (("a", TWO_SCENES["a"][0]), ("b", TWO_SCENES["b"][0])):
        held_back = blue[80:].astype(float)
        found = detector.calibration.scene(scene)
        assert found.frames == 20
        assert found.location == pytest.approx(held_back.mean())
        # Two seconds cannot show two alarms an hour, so the threshold lies above all of it.
        upper = np.quantile(held_back, 0.9)
        step = np.maximum(held_back - upper, 0).sum() / (0.1 * len(held_back))
        expected = held_back.max() + step * np.log(900)
        as_it_is = replace(found, spread=None).with_budget(Budget(2.0))
        assert as_it_is.threshold == pytest.approx(expected)
        # Brightness rose all the time, so it may well have risen further in another clip.
        assert found.spread is not None
        assert found.threshold == found.spread.threshold() > expected
        assert "one clip, which cannot show how far clips differ" in found.how
    pooled = detector.calibration.scene("unheard-of")
    assert pooled == detector.calibration.scene("*")
    assert pooled.frames == 40
    assert pooled.threshold > 200


def test_each_stream_gets_its_scenes_map_levels(tmp_path: Path) -> None:
    detector = fit_detector("brightness", brightness_data(TWO_SCENES), tmp_path / "b", FitOptions())
    for scene in ("a", "b", "unheard-of"):
        setting = detector.scorer(scene).setting
        assert setting.map_levels == detector.calibration.scene(scene).map_thresholds != ()
        assert setting.frame_size == (8, 8)
    assert detector.scorer(maps=False).setting.map_levels == ()
    assert detector.scorer(parts=["all"]).setting.parts == ("costly",)
    assert detector.scorer(parts=["costly"], fps=5).setting.parts == ("costly",)
    with pytest.raises(ConfigError, match="did you mean 'costly'"):
        detector.scorer(parts=["costy"])


@pytest.mark.parametrize("per_scene", [False, True])
def test_models_for_all_or_for_each_scene(tmp_path: Path, per_scene: bool) -> None:
    options = FitOptions(per_scene=per_scene)
    detector = fit_detector("brightness", brightness_data(TWO_SCENES), tmp_path / "b", options)
    detector.save(tmp_path / "b")
    for found in (detector, Detector.load(tmp_path / "b")):
        models = {scene: model._scenes for scene, model in found.models.items()}  # type: ignore
        assert models == ({"a": "a", "b": "b"} if per_scene else {"*": "ab"})
        assert set(found.calibration.scenes) == {"*", "a", "b"}
    assert set(detector.facts.data.parts) == {"train", "validation", "calibration"}
    assert len(Brightness.trained) == 180


def test_per_scene_models_of_a_real_method(tmp_path: Path) -> None:
    """The scene's own scorer is used; another scene is refused, since no model is its own."""
    slow, fast = (moving_square(60, 1, speed=speed) for speed in (1, 8))
    train = (Clip("slow", _opener(slow), "slow"), Clip("fast", _opener(fast), "fast"))
    data = Dataset("memory", "", None, 10.0, train, ())
    options = FitOptions(preset="relative", per_scene=True)
    fit_detector("flow", data, tmp_path / "b", options).save(tmp_path / "b")
    detector = Detector.load(tmp_path / "b")

    def highest(scene: str) -> float:
        found = detector.scorer(scene).score(ArraySource(fast))
        return max(score.score for score in found if score.score is not None)

    assert highest("slow") > 1.5 * highest("fast")
    with pytest.raises(ConfigError, match="none for 'unheard-of'"):
        highest("unheard-of")
    # Words are the method's, and the height that of each scene or of all pooled.
    usual = detector.calibration
    assert usual is not None
    for scene in ("slow", "*"):
        explainer = detector.explainer(scene)
        assert explainer.height(usual.scene(scene).threshold) == pytest.approx(1.0)
        reason = explainer.reason(FrameScore(0, 0.0, 9.0, {"flow": 9.0}), None)
        assert reason.startswith("Something moves faster than in normal footage;")


def test_strangest_moments_name_the_clips_own_frames(tmp_path: Path) -> None:
    blue = ramp(0, 10, 200)
    blue[[20, 150]] = 250, 240
    other = ramp(0, 10, 200)
    other[[33, 70, 195]] = 230, 220, 255  # 195 is in the calibration part
    data = brightness_data({"a": [blue], "b": [other]})
    exclude = (Exclusion("c1", 30, 31),)
    detector = fit_detector("brightness", data, tmp_path / "b", FitOptions(exclude=exclude))
    found = [(m.clip, m.frame.index, m.score.index, m.value) for m in detector.strangest]
    assert found[:4] == [
        ("c0", 20, 20, 250),
        ("c0", 150, 150, 240),
        ("c1", 33, 33, 230),
        ("c1", 70, 70, 220),
    ]
    for moment in detector.strangest:
        assert place(moment.frame.image) == (int(moment.clip[1:]), moment.frame.index)
    assert len(found) <= 10


class Lossy(ArraySource):
    """Lost its frames 10 to 29."""

    def __iter__(self) -> Iterator[Frame]:
        yield from (frame for frame in super().__iter__() if not 10 <= frame.index < 30)


def test_lost_frames_do_not_mix_the_parts(tmp_path: Path) -> None:
    images = numbered(0, ramp(0, 100))
    data = Dataset("memory", "", None, 10.0, (Clip("c0", lambda: Lossy(images, 10)),), ())
    detector = fit_detector("brightness", data, tmp_path / "b", FitOptions())
    assert {i for _, i in Brightness.trained} == {*range(10), *range(30, 90)}
    assert detector.calibration.scene("*").location == pytest.approx(ramp(0, 100)[80:].mean())


def test_a_bundle_gives_back_the_detector(tmp_path: Path) -> None:
    options = FitOptions(ignore=("rows:0-1",), budget=Budget(3, "1000 frames"), seed=5)
    data = moving_square_data(length=40)
    detector = fit_detector("flow", data, tmp_path / "b", options)
    detector.save(tmp_path / "b")
    loaded = Detector.load(tmp_path / "b")
    assert loaded.method == "flow"
    assert loaded.calibration == detector.calibration
    assert loaded.calibration.scene("*").budget == Budget(3, "1000 frames")
    assert loaded.ignore == detector.ignore
    assert loaded.ignore.specs == ["rows:0-1"]
    assert loaded.frame_size == (48, 72)
    assert loaded.facts.seed == 5
    assert loaded.facts.data.scenes == ["yard"]
    assert {"awry", "torch"} <= set(loaded.facts.versions)
    loaded.save(tmp_path / "again")
    assert Detector.load(tmp_path / "again").facts == loaded.facts


def test_a_loaded_bundle_takes_another_budget(tmp_path: Path) -> None:
    data = moving_square_data(length=40)
    detector = fit_detector(
        "flow", data, tmp_path / "b", FitOptions(budget=Budget(3, "1000 frames"))
    )
    detector.save(tmp_path / "b")
    other = Detector.load(tmp_path / "b").with_budget(Budget(300, "1000 frames"))
    again = fit_detector(
        "flow", data, tmp_path / "c", FitOptions(budget=Budget(300, "1000 frames"))
    )
    assert other.calibration == again.calibration != detector.calibration
    assert other.models["*"].state().keys() == detector.models["*"].state().keys()
    by_hand = other.with_threshold(0.5)
    by_hand.save(tmp_path / "d")
    kept = Detector.load(tmp_path / "d").calibration
    assert kept == by_hand.calibration
    assert (kept.scene("*").threshold, kept.scene("*").budget) == (0.5, None)


def test_a_data_sets_own_ignore_regions_count_too(tmp_path: Path) -> None:
    data = brightness_data(TWO_SCENES)
    with_region = Dataset("m", "", None, 10.0, data.train, (), ignore=("rows:0-0",))
    detector = fit_detector(
        "brightness", with_region, tmp_path / "b", FitOptions(ignore=("columns:7-7",))
    )
    assert detector.ignore.specs == ["rows:0-0", "columns:7-7"]
    assert set(Brightness.scored) == {(0, 0)}  # the corner is black


def test_a_bundle_of_a_method_that_is_not_installed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit_detector("brightness", brightness_data(TWO_SCENES), tmp_path / "b", FitOptions()).save(
        tmp_path / "b"
    )
    monkeypatch.undo()
    with pytest.raises(ConfigError, match="no method 'brightness'"):
        Detector.load(tmp_path / "b")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"seed": 1}, "seed (0 then, 1 now)"),
        ({"changes": {"blur": 3}}, "config.blur (9 then, 3 now)"),
        ({"per_scene": True}, "per_scene (False then, True now)"),
        ({"every": 2}, "every (1 then, 2 now)"),
        ({"ignore": ("rows:0-1",)}, "ignore (none then, rows:0-1 now)"),
        ({"validation": 0.2}, "shares (0.1, 0.1 then, 0.2, 0.1 now)"),
        ({"exclude": (Exclusion("train-0", 0, 1),)}, "exclude (none then, train-0:0-1 now)"),
        ({"seed": 1, "every": 2}, "seed (0 then, 1 now); every (1 then, 2 now)"),
    ],
)
def test_resume_with_other_settings_is_refused(
    tmp_path: Path, changed: dict[str, Any], said: str
) -> None:
    data = moving_square_data(clips=1, length=30)
    start = FitOptions(preset="tiny")
    fit_detector("flow", data, tmp_path / "b", start)
    fit_detector("flow", data, tmp_path / "b", FitOptions(preset="tiny", resume=True))
    pretend_checkpoint(tmp_path / "b")
    with pytest.raises(ConfigError, match=re.escape(f"otherwise: {said}. Give the same settings")):
        fit_detector(
            "flow", data, tmp_path / "b", FitOptions(preset="tiny", resume=True, **changed)
        )


def pretend_checkpoint(bundle: Path) -> None:
    folder = working_folder(bundle) / "fit" / "0"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "checkpoint.safetensors").touch()


def test_resume_with_another_method_or_footage_is_refused(tmp_path: Path) -> None:
    data = moving_square_data(clips=1, length=30)
    fit_detector("flow", data, tmp_path / "b", FitOptions(preset="tiny"))
    pretend_checkpoint(tmp_path / "b")
    with pytest.raises(ConfigError, match=r"method \(flow then, knn now\)"):
        fit_detector("knn", data, tmp_path / "b", FitOptions(preset="tiny", resume=True))
    other = moving_square_data(seed=1, clips=1, length=30)
    with pytest.raises(ConfigError, match=r"otherwise: footage\.train-0 \("):
        fit_detector("flow", other, tmp_path / "b", FitOptions(preset="tiny", resume=True))


def test_a_new_start_forgets_the_old_checkpoint(tmp_path: Path) -> None:
    """Or a later --resume would go on from a fit with other settings."""
    data = moving_square_data(clips=1, length=80)
    fit_detector("daml", data, tmp_path / "b", FitOptions(preset="tiny", seed=0))
    folder = working_folder(tmp_path / "b") / "fit"
    (checkpoint,) = folder.rglob("*.safetensors")
    with pytest.raises(ConfigError, match="--overwrite throws it away"):
        fit_detector("brightness", data, tmp_path / "b", FitOptions(preset="tiny", seed=1))
    assert checkpoint.exists()
    fit_detector(
        "brightness", data, tmp_path / "b", FitOptions(preset="tiny", seed=1, overwrite=True)
    )
    assert not checkpoint.exists()


class Late(Scorer):
    """Scores two frames late."""

    lookahead = 2

    def __init__(self) -> None:
        super().__init__(Setting())
        self._owed: list[Frame] = []

    def _push(self, frame: Frame) -> list[FrameScore]:
        self._owed.append(frame)
        return [self._answer()] if len(self._owed) > 2 else []

    def _flush(self) -> list[FrameScore]:
        return [self._answer() for _ in range(len(self._owed))]

    def _answer(self) -> FrameScore:
        frame = self._owed.pop(0)
        return FrameScore(frame.index, None, float(frame.image[0, 0, 2]))


def test_scored_gives_each_frame_back_with_its_score() -> None:
    """Also where scores come late, and without holding more than is owed."""
    thinned = list(scored(Late(), ArraySource(numbered(0, ramp(0, 60, 31))), every=3))
    assert [frame.index for frame, _ in thinned] == list(range(31))
    assert all(frame.index == score.index for frame, score in thinned)
    assert [score.score is None for _, score in thinned] == [i % 3 > 0 for i in range(31)]
    blue = ramp(0, 60, 31)
    found = list(scored(Late(), ArraySource(numbered(0, blue))))
    assert [frame.index for frame, _ in found] == list(range(31))
    assert all(frame.index == score.index for frame, score in found)
    assert [score.score for _, score in found] == blue.tolist()


def test_thinning_goes_by_the_place_of_a_frame_not_by_how_many_came() -> None:
    frames = [f for f in ArraySource(numbered(0, ramp(0, 60, 31))) if f.index not in (3, 4, 10)]
    found = [score.index for _, score in scored(Late(), frames, every=3) if score.score is not None]
    assert found == [0, 6, 9, 12, 15, 18, 21, 24, 27, 30]


def test_live_frames_are_scored_when_they_are_there() -> None:
    images = numbered(0, ramp(0, 60, 31))
    frames = list(ArraySource(images))
    assert list(scored_live(Late(), frames)) == list(scored(Late(), frames))
    thinned = list(scored_live(Late(), frames, every=3))
    assert [score.score is None for _, score in thinned] == [i % 3 > 0 for i in range(31)]
    # Frames 1 to 4 never came: the next one is scored, and the grid goes on from there.
    gaps = [frames[0], None, *frames[5:12], None]
    found = list(scored_live(BrightnessScorer(Setting()), gaps, every=3))
    assert [pair and pair[0].index for pair in found] == [0, None, *range(5, 12), None]
    assert [pair[0].index for pair in found if pair and pair[1].score is not None] == [0, 5, 8, 11]


class Endless:
    """A source whose reading is watched."""

    def __init__(self, images: np.ndarray) -> None:
        self.images, self.read = images, 0
        self.name, self.fps, self.health = "endless", None, SourceHealth()

    def __iter__(self) -> Iterator[Frame]:
        for index, image in enumerate(self.images):
            self.read = index + 1
            yield Frame(index, None, image)


def test_scored_reads_no_further_than_it_must() -> None:
    source = Endless(numbered(0, ramp(0, 60, 31)))
    pairs = scored(BrightnessScorer(Setting()), source)
    next(pairs)
    assert source.read == 1


def test_the_api_of_five_lines(tmp_path: Path) -> None:
    footage, video = tmp_path / "footage", tmp_path / "video"
    for number in range(3):
        write_images(footage / "train" / f"c{number}", moving_square(30, number))
    write_images(video, moving_square(12, 9, speed=6))

    awry.fit("flow", footage, out=tmp_path / "bundle", preset="cpu")
    scorer = awry.load(tmp_path / "bundle").scorer()
    scores = []
    for frame in awry.open_source(video):
        for score in scorer.push(frame):
            scores.append((score.index, score.score))

    assert [index for index, _ in scores] == list(range(12))
    assert all(value is not None and value > 2 for _, value in scores[1:])


def test_one_broken_video_among_good_footage_is_left_out_and_recorded(tmp_path: Path) -> None:
    for number in range(3):
        write_images(tmp_path / "data" / "train" / f"c{number}", moving_square(30, number))
    (tmp_path / "data" / "train" / "a-broken.mp4").write_bytes(b"")
    result = awry.fit("daml", tmp_path / "data", out=tmp_path / "bundle", preset="tiny")
    (failed,) = result.failed
    assert failed.startswith("a-broken was left out: ")
    assert "zero bytes" in failed


def test_a_detector_goes_where_it_is_wanted(bundle: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWRY_DEVICE", "cpu")
    plain, rounded = load(bundle), load(bundle, precision="bf16")
    assert plain.compute == PROCESSOR
    assert plain.runs_in == {"runtime": "pytorch", "precision": "fp32", "device": "cpu"}
    assert rounded.runs_in["precision"] == "bf16"
    assert load(plain) is plain
    assert load(plain, device="cpu", precision="fp32") is plain
    assert load(rounded).compute == Compute("cpu", "bf16")
    assert load(rounded, precision="16").runs_in["precision"] == "fp16"
    assert rounded.digest() == plain.digest()
    with using(Compute("cpu", "bf16")):
        assert load(bundle).compute.rounds
        assert load(plain) is plain


def test_a_device_that_is_not_there_is_refused(bundle: Path) -> None:
    with pytest.raises(ConfigError, match=r"no device 'cuda:99' here: there is auto.*cpu"):
        load(bundle, device="cuda:99")
