"""The motion reference measures pixels a frame, and gives on Ped2 what docs/measurement.md says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch
from sklearn.metrics import roc_auc_score

from awry.datasets import open_dataset
from awry.datasets.base import Clip
from awry.devices import PROCESSOR, Compute
from awry.errors import BundleError, ConfigError, FootageError, TrainingError
from awry.frames import Frame
from awry.methods.base import Setting
from awry.methods.flow import Flow, carried, in_boxes
from awry.scoring.fill import fill_unscored
from awry.teachers.objects import DetectorOptions
from awry.teachers.objects.foreground import ForegroundDetector
from awry.training.footage import Footage
from awry.training.loop import FitContext
from awry.video.cache import FrameCache
from awry.video.ignore import IgnoreRegions
from awry.video.memory import ArraySource


def square(length: int, speed: int, top: int = 4) -> np.ndarray:
    """uint8 (length, 176, 160, 3): a textured square that moves before a textured wall."""
    generator = np.random.default_rng(0)

    def texture(height: int, width: int) -> np.ndarray:
        noise = cv2.GaussianBlur(generator.random((height, width)), (0, 0), 5)
        return np.interp(noise, (noise.min(), noise.max()), (0, 255)).astype(np.uint8)

    wall, patch = texture(176, 160) // 2, texture(80, 80) // 2 + 120
    images = np.stack([wall] * length)
    for number, image in enumerate(images):
        left = 10 + number * speed
        image[top : top + 80, left : left + 80] = patch
    return np.repeat(images[..., None], 3, axis=3)


def flow(**changes: Any) -> Flow:
    return Flow(Flow.configure("tiny", changes))


def scores(method: Flow, images: np.ndarray, **setting: Any) -> list[float | None]:
    scorer = method.scorer(Setting(**setting))
    return [score.score for score in scorer.score(ArraySource(images))]


def fitted(method: Flow, clips: dict[str, np.ndarray], folder: Path) -> Flow:
    made = [
        Clip(name, lambda images=images: ArraySource(images, 10, "c"), scene=name)
        for name, images in clips.items()
    ]
    method.fit(Footage(made, FrameCache(folder, 2**28)), FitContext(folder / "fit"))
    return method


@pytest.mark.parametrize("speed", [1, 3])
def test_the_score_is_the_speed_in_pixels_a_frame(speed: int) -> None:
    first, *rest = scores(flow(), square(8, speed))
    assert first is None
    assert rest == pytest.approx([speed] * 7, rel=0.2)


def test_nothing_moves_in_a_still_picture() -> None:
    assert scores(flow(), square(3, 0))[1:] == pytest.approx([0, 0], abs=0.05)


def test_the_magnitude_is_averaged_over_a_box() -> None:
    found = [scores(flow(blur=side), square(3, 3))[1] or 0.0 for side in (1, 9, 159)]
    assert found[0] > found[1] > found[2] > 0


def test_the_map_shows_where_it_moves() -> None:
    found = list(flow().scorer(Setting()).score(ArraySource(square(3, 3, top=92))))[-1]
    assert found.map is not None
    y, x = np.unravel_index(found.map.argmax(), found.map.shape)
    assert 92 <= y * 176 / found.map.shape[0] < 172
    assert 10 <= x * 160 / found.map.shape[1] < 96
    assert found.parts == {"flow": found.score}


def test_ignored_regions_do_not_move() -> None:
    setting = {"ignore": IgnoreRegions.parse(["rows:0-100"])}
    assert scores(flow(), square(3, 3), **setting)[1:] == pytest.approx([0, 0], abs=0.1)


def test_relative_scores_ask_what_is_usual_there(tmp_path: Path) -> None:
    """3 pixels a frame are three times what the upper half knows; the lower half is still."""
    method = fitted(flow(relative=True, quantile=1.0), {"c": square(20, 1)}, tmp_path)
    here, there = (scores(method, square(8, 3, top=top))[1:] for top in (4, 92))
    assert np.median(here) == pytest.approx(3, rel=0.2)
    assert np.median(there) == pytest.approx(3 / 0.5, rel=0.2)
    own = scores(method, square(8, 1))[1:]
    assert max(own) == pytest.approx(1, rel=0.2)


def test_each_scene_has_its_own_usual(tmp_path: Path) -> None:
    clips = {"slow": square(20, 1), "fast": square(20, 3)}
    method = fitted(flow(relative=True, quantile=1.0), clips, tmp_path)
    moving = square(8, 3)
    slow, fast, unknown = (
        np.median(scores(method, moving, scene=scene)[1:]) for scene in ("slow", "fast", "new")
    )
    assert slow > 2 * fast
    assert unknown == pytest.approx(fast, rel=0.2)  # pooled: 3 pixels a frame are known
    again = flow(relative=True, quantile=1.0)
    again.load_state(method.state())
    assert scores(again, moving, scene="slow") == scores(method, moving, scene="slow")


def test_relative_needs_a_fit_and_its_own_tensors() -> None:
    with pytest.raises(TrainingError, match="has not been fitted"):
        flow(relative=True).scorer(Setting())
    for foreign in ({}, {"nonsense": torch.zeros(3)}, {"usual.yard": torch.ones(2, 2)}):
        with pytest.raises(BundleError, match="do not fit"):
            flow(relative=True).load_state(foreign)


def test_clips_of_one_frame_have_no_flow_to_learn_from(tmp_path: Path) -> None:
    clips = [Clip(f"c{i}", lambda: ArraySource(square(1, 0), 10, "c"), scene="a") for i in range(9)]
    footage = Footage(clips, FrameCache(tmp_path, 2**28))
    with pytest.raises(FootageError, match="two consecutive frames"):
        flow(relative=True).fit(footage, FitContext(tmp_path / "fit"))


def boxes_file(folder: Path, *boxes: tuple[int, int, int, int]) -> str:
    file = folder / "boxes.csv"
    rows = [f"c,{frame},{','.join(map(str, box))},0.9" for frame in range(8) for box in boxes]
    file.write_text("\n".join(["clip,frame,x_min,y_min,x_max,y_max,confidence", *rows]) + "\n")
    return f"boxes:{file}"


def test_with_a_detector_the_fastest_object_counts(tmp_path: Path) -> None:
    moving, still = (30, 10, 80, 70), (20, 110, 90, 170)
    for boxes, speed in (((still,), 0.0), ((moving, still), 3.0)):
        method = flow(detector=boxes_file(tmp_path, *boxes))
        assert scores(method, square(8, 3), clip="c")[1:] == pytest.approx([speed] * 7, abs=0.5)
    scorer = method.scorer(Setting(clip="c"))
    shown = [score.map for score in scorer.score(ArraySource(square(8, 3)))][-1]
    assert shown is not None
    assert shown[40 * shown.shape[0] // 176, 50 * shown.shape[1] // 160] > 2
    assert shown[150 * shown.shape[0] // 176, 50 * shown.shape[1] // 160] < 0.5
    assert shown[90 * shown.shape[0] // 176, 50 * shown.shape[1] // 160] == 0


def test_the_detector_goes_where_the_method_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    class Anything(ForegroundDetector):
        needs_neighbours = False

    opened: list[Compute] = []

    def opening(
        what: str, options: DetectorOptions, exported: object, *, compute: Compute
    ) -> Anything:
        opened.append(compute)
        return Anything(options)

    monkeypatch.setattr("awry.methods.flow.load_detector", opening)
    method, card = flow(detector="onnx:any.onnx"), Compute("cuda:0")
    method.scorer(Setting())
    method.on(card).scorer(Setting())
    assert opened == [PROCESSOR, card]


def test_a_median_is_not_moved_by_what_crosses_a_corner() -> None:
    values = np.zeros((20, 20), np.float32)
    values[:5, :5] = 9
    filled = in_boxes(values, np.array([[0, 0, 10, 10], [0, 0, 4, 4]], np.float32))
    assert (filled[2, 2], filled[8, 8], filled[15, 15]) == (9, 0, 0)


def test_a_detector_of_moving_regions_is_refused(tmp_path: Path) -> None:
    method = flow(detector="foreground")
    with pytest.raises(ConfigError, match="looks at later frames"):
        fitted(method, {"c": square(20, 1)}, tmp_path)


def test_another_detector_than_the_fitted_one_is_refused(tmp_path: Path) -> None:
    boxes = boxes_file(tmp_path, (30, 10, 80, 70))
    other = flow(detector=boxes, detector_fingerprint="0123456789abcdef")
    with pytest.raises(BundleError, match="weights or options are others"):
        other.scorer(Setting())
    # Box files are others for other footage: none is held to those of the fit.
    assert fitted(flow(detector=boxes), {"c": square(20, 1)}, tmp_path).config.detector == boxes


def test_a_stream_begins_anew_after_flush() -> None:
    scorer = flow().scorer(Setting())
    for image in square(2, 3):
        scorer.push(Frame(0, None, image))
    scorer.flush()
    assert scorer.push(Frame(0, None, square(9, 3)[-1]))[0].score is None


@pytest.mark.slow
@pytest.mark.shared
def test_ped2(shared: Path) -> None:
    data = open_dataset(shared / "data" / "UCSDped2")
    found, labels = [], []
    for clip in data.test:
        assert clip.labels is not None
        scorer = flow().scorer(Setting(maps=False))
        found.append(fill_unscored([s.score for s in scorer.score(clip.open())])[0])
        labels.append(clip.labels())
    assert sum(map(len, found)) == 2010
    auc = roc_auc_score(np.concatenate(labels), np.concatenate(found))
    assert auc == pytest.approx(0.874, abs=0.003)


@pytest.mark.parametrize("speed", [12, -12])
def test_a_region_lies_where_the_thing_is_now(speed: int) -> None:
    """A flow lies at the pixels of the frame before: at 5 frames a second it is far behind."""
    images = square(4, abs(speed))
    if speed < 0:
        images = np.ascontiguousarray(images[:, :, ::-1])
    scorer = flow().scorer(Setting(map_levels=(abs(speed) / 2,)))
    *_, found = scorer.score(ArraySource(images))
    assert found.regions
    box = max(found.regions, key=lambda one: one.score).box
    begin = 10 + 3 * abs(speed) if speed > 0 else 160 - 10 - 3 * abs(speed) - 80
    assert min(box[2], begin + 80) - max(box[0], begin) > 70  # of the square's 80
    middle, now = (box[0] + box[2]) / 2, begin + 40
    assert abs(middle - now) < abs(middle - (now - speed))


def test_ignored_places_stay_without_motion_that_was_carried_there() -> None:
    ignore = IgnoreRegions.parse(["columns:90-159"])
    scorer = flow().scorer(Setting(map_levels=(12.0,), ignore=ignore, frame_size=(176, 160)))
    for score in scorer.score(ArraySource(square(3, 24))):
        if score.map is not None:
            assert not np.asarray(score.map)[:, 24:].any()


def test_values_are_carried_whole_and_what_leaves_the_picture_is_gone() -> None:
    values = np.zeros((64, 64), np.float32)
    field = np.zeros((64, 64, 2), np.float32)
    values[16:32, 16:32] = 2.0
    field[16:32, 16:32] = (20.0, 8.0)
    wanted = np.zeros((16, 16), np.float32)
    wanted[6:10, 9:13] = 2.0
    assert np.array_equal(carried(values, field, 1, 4), wanted)
    field[16:32, 16:32] = (-40.0, 0.0)
    assert not carried(values, field, 1, 4).any()


def test_a_thing_that_grows_stays_one_piece() -> None:
    """Coming nearer, its pixels go apart; between them is no hole."""
    y, x = np.mgrid[:64, :64].astype(np.float32)
    field = 0.4 * np.stack([x - 32, y - 32], axis=-1)
    moved = carried(np.full((64, 64), 2.0, np.float32), field, 1, 4)
    assert (moved[2:-2, 2:-2] == 2.0).all()
