"""What every registered method must keep."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from awry.detector import Detector
from awry.errors import BundleError, ConfigError, FrameError
from awry.export import ExportOptions, export
from awry.export.parity import FLOOR
from awry.fitting import FitOptions, fit
from awry.frames import Frame, FrameScore
from awry.methods.base import Method
from awry.registry import method_class, method_names
from awry.training.footage import Footage
from awry.video.cache import FrameCache
from support import moving_square_data

TOLERANCE = {"rtol": 1e-5, "atol": 1e-7}


@pytest.fixture(scope="module", params=method_names())
def name(request: pytest.FixtureRequest) -> str:
    """Every method's name in turn."""
    return str(request.param)


@pytest.fixture(scope="module")
def fitted(name: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Detector, Path]:
    """A detector of that method at its `tiny` preset, and its saved bundle."""
    out = tmp_path_factory.mktemp(name) / "bundle"
    detector = fit(name, moving_square_data(), out, FitOptions(preset="tiny", seed=3))
    detector.save(out)
    return detector, out


def frames(count: int = 60, seed: int = 5, size: tuple[int, int] = (48, 72)) -> list[Frame]:
    """A clip that the methods have not seen."""
    clip = moving_square_data(seed=seed, length=count, size=size).train[0]
    return list(clip.open())


def pushed(detector: Detector, clip: list[Frame]) -> list[FrameScore]:
    scorer = detector.scorer()
    return [score for frame in clip for score in scorer.push(frame)] + scorer.flush()


def values(scores: list[FrameScore]) -> np.ndarray:
    return np.array([np.nan if score.score is None else score.score for score in scores])


def test_every_frame_gets_one_score_in_order(fitted: tuple[Detector, Path]) -> None:
    clip = frames()
    scores = pushed(fitted[0], clip)
    assert [score.index for score in scores] == [frame.index for frame in clip]
    assert [score.time_s for score in scores] == [frame.time_s for frame in clip]
    assert np.isfinite(values(scores)).any()


def test_warmup_and_lookahead_are_as_declared(fitted: tuple[Detector, Path]) -> None:
    scorer = fitted[0].scorer()
    clip = frames()
    owed: list[int] = []
    longest = 0
    for number, frame in enumerate(clip):
        owed.append(frame.index)
        for score in scorer.push(frame):
            assert score.index == owed.pop(0)
            assert (score.score is None) == (score.index < scorer.warmup)
        longest = max(longest, len(owed))
        if number >= scorer.lookahead:
            assert len(owed) <= scorer.lookahead
    # No more is declared than is needed, either.
    assert longest == scorer.lookahead
    assert scorer.causal == (scorer.lookahead == 0)
    assert scorer.smoothing.strip()
    assert [score.index for score in scorer.flush()] == owed


def test_batched_path_equals_push(fitted: tuple[Detector, Path]) -> None:
    clip = frames()
    one, other = pushed(fitted[0], clip), list(fitted[0].scorer().score(iter(clip)))
    np.testing.assert_allclose(values(one), values(other), **TOLERANCE)
    for left, right in zip(one, other, strict=True):
        assert left.parts.keys() == right.parts.keys()
        assert (left.map is None) == (right.map is None)
        if left.map is not None and right.map is not None:
            np.testing.assert_allclose(left.map, right.map, rtol=1e-4, atol=1e-6)


def test_time_is_told_by_stage(fitted: tuple[Detector, Path]) -> None:
    detector = fitted[0]
    scorer, clip = detector.scorer(), frames()
    begun = time.perf_counter()
    list(scorer.score(iter(clip)))
    assert 0 < sum(scorer.seconds.values()) <= time.perf_counter() - begun
    (model,) = detector.models.values()
    if model.graphs():
        assert {"resize", "network", "maps"} <= set(scorer.seconds)


@pytest.mark.parametrize("length", [1, 2, 33, 47])
def test_scores_do_not_depend_on_what_follows(fitted: tuple[Detector, Path], length: int) -> None:
    """Neither on chunking nor on batch-mates nor, beyond the look-ahead, on the future."""
    clip = frames()
    whole = values(list(fitted[0].scorer().score(iter(clip))))
    part = values(list(fitted[0].scorer().score(iter(clip[:length]))))
    settled = max(0, length - fitted[0].scorer().lookahead)
    np.testing.assert_allclose(part[:settled], whole[:settled], **TOLERANCE)


def test_a_scorer_starts_anew_after_flush(fitted: tuple[Detector, Path]) -> None:
    clip = frames(40)
    scorer = fitted[0].scorer()
    first = [s for f in clip for s in scorer.push(f)] + scorer.flush()
    second = [s for f in clip for s in scorer.push(f)] + scorer.flush()
    np.testing.assert_array_equal(values(first), values(second))


def test_save_and_load_give_equal_scores(fitted: tuple[Detector, Path]) -> None:
    clip = frames(40)
    loaded = Detector.load(fitted[1])
    np.testing.assert_array_equal(values(pushed(fitted[0], clip)), values(pushed(loaded, clip)))
    assert loaded.calibration == fitted[0].calibration


def test_the_same_seed_gives_the_same_scores(
    name: str, fitted: tuple[Detector, Path], tmp_path: Path
) -> None:
    again = fit(name, moving_square_data(), tmp_path / "b", FitOptions(preset="tiny", seed=3))
    clip = frames(40)
    np.testing.assert_array_equal(values(pushed(fitted[0], clip)), values(pushed(again, clip)))


def test_every_trainable_parameter_gets_a_gradient(name: str, tmp_path: Path) -> None:
    method: Method = method_class(name)(method_class(name).configure("tiny"))
    footage = Footage(moving_square_data().train, FrameCache(tmp_path, 2**28))
    losses = method.training_losses(footage)
    for loss in losses:
        loss.backward()
    parameters = [p for module in method.trained_modules() for p in module.named_parameters()]
    assert bool(parameters) == bool(losses)
    assert not [key for key, p in parameters if p.grad is None or not p.grad.abs().sum() > 0]


def test_nan_is_refused(fitted: tuple[Detector, Path]) -> None:
    image = np.full((48, 72, 3), np.nan, np.float32)
    with pytest.raises(FrameError, match=r"Frame 7 holds NaN"):
        fitted[0].scorer().push(Frame(7, None, image))  # type: ignore[arg-type]


def test_grey_is_refused_with_what_was_expected(fitted: tuple[Detector, Path]) -> None:
    with pytest.raises(FrameError, match=r"expected uint8 \(H, W, 3\) RGB"):
        fitted[0].scorer().push(Frame(0, None, np.zeros((48, 72), np.uint8)))


def test_a_size_change_mid_stream_is_refused(fitted: tuple[Detector, Path]) -> None:
    scorer = fitted[0].scorer()
    scorer.push(frames(1)[0])
    with pytest.raises(FrameError, match="the stream began with 72x48"):
        scorer.push(Frame(1, None, np.zeros((96, 144, 3), np.uint8)))


def test_another_aspect_ratio_is_refused(fitted: tuple[Detector, Path]) -> None:
    with pytest.raises(FrameError, match="another aspect ratio"):
        fitted[0].scorer().push(Frame(0, None, np.zeros((48, 48, 3), np.uint8)))


def test_another_size_of_the_same_aspect_is_resized_with_a_warning(
    fitted: tuple[Detector, Path],
) -> None:
    clip = frames(30, size=(96, 144))
    with pytest.warns(UserWarning, match="they are resized"):
        scores = pushed(fitted[0], clip)
    assert len(scores) == 30


def test_an_empty_clip_gives_nothing(fitted: tuple[Detector, Path]) -> None:
    assert list(fitted[0].scorer().score(iter([]))) == []
    assert fitted[0].scorer().flush() == []


def test_a_clip_of_one_frame_is_answered(fitted: tuple[Detector, Path]) -> None:
    assert len(pushed(fitted[0], frames(1))) == 1


def test_ignored_pixels_never_count(name: str, tmp_path: Path) -> None:
    options = FitOptions(preset="tiny", ignore=("rows:0-23",))
    detector = fit(name, moving_square_data(), tmp_path / "b", options)
    clip = frames(40)
    changed = []
    for frame in clip:
        image = frame.image.copy()
        image[:24] = np.random.default_rng(frame.index).integers(0, 255, (24, 72, 3))
        changed.append(replace(frame, image=image))
    np.testing.assert_array_equal(values(pushed(detector, clip)), values(pushed(detector, changed)))


def test_a_foreign_bundle_is_refused(name: str, fitted: tuple[Detector, Path]) -> None:
    tensors = {"nonsense": __import__("torch").zeros(3)}
    method = method_class(name)(fitted[0].models["*"].config)
    with pytest.raises(BundleError, match="do not fit"):
        method.load_state(tensors)


def test_a_bundle_holds_only_safetensors_and_json(fitted: tuple[Detector, Path]) -> None:
    assert {file.suffix for file in fitted[1].iterdir()} <= {".safetensors", ".json"}
    json.loads((fitted[1] / "manifest.json").read_text())


def test_an_unknown_setting_suggests_the_nearest(name: str) -> None:
    kind = method_class(name)
    key = next(iter(kind.Config.model_fields))
    with pytest.raises(ConfigError, match=f"did you mean '{key}'"):
        kind.configure("tiny", {key + "x": 1})
    with pytest.raises(ConfigError, match="did you mean 'tiny'"):
        kind.configure("tinny")


@pytest.fixture(autouse=True)
def _no_unexpected_warning() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


def test_an_exported_bundle_scores_the_same(fitted: tuple[Detector, Path], tmp_path: Path) -> None:
    """Whatever a method calls its networks, and however often it asks them."""
    detector, clip = fitted[0], frames(40)
    whole = moving_square_data(seed=5, length=60).train[0]
    if not next(iter(detector.models.values())).graphs():
        pytest.skip("this method has no network")
    # Tiny fits know next to no spread of normal scores, by which some methods divide.
    options = ExportOptions(tolerance=1e-2)
    about = export(detector, tmp_path / "out", options, whole)
    assert max(about["parity"]["networks"].values()) < 1e-4
    one, other = pushed(detector, clip), pushed(Detector.load(tmp_path / "out"), clip)
    least = FLOOR * options.tolerance * np.nanmax(np.abs(values(one)))
    np.testing.assert_allclose(values(one), values(other), rtol=options.tolerance, atol=least)
    for left, right in zip(one, other, strict=True):
        assert left.parts.keys() == right.parts.keys()
        assert (left.map is None) == (right.map is None)
