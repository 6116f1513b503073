from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from awry.datasets.base import Clip, Dataset
from awry.datasets.linking import linked_tracks
from awry.errors import DatasetError
from awry.sifting import localisation
from awry.sifting.evaluation import ALIKE, NO_TRUTH, evaluate_run
from awry.sifting.localisation import HOW
from awry.sifting.ranking import rank_archive
from awry.sifting.run import SiftedRun
from awry.sifting.sources import merge_parts

Noise = Callable[..., Clip]
STRANGE = range(10, 16)


def truth(masked: slice, count: int = 30) -> dict[str, object]:
    """Labels, masks and tracks of the box that `noisy_clip` draws, or of another place."""
    labels = np.zeros(count, np.uint8)
    labels[STRANGE] = 1
    masks = np.zeros((count, 40, 60), bool)
    masks[STRANGE, 10:25, masked] = True
    return {
        "labels": lambda: labels,
        "masks": lambda: masks,
        "tracks": lambda: linked_tracks(masks),
    }


def data_set(clip: Noise, masked: slice = slice(20, 40), **changes: object) -> Dataset:
    test = replace(clip("b", STRANGE, seed=2), **truth(masked) | changes)  # type: ignore[arg-type]
    normal = replace(clip("d", seed=5), labels=lambda: np.zeros(30, np.uint8))
    return Dataset("folder", "", None, 25, (clip("a", seed=1), clip("c", seed=3)), (test, normal))


@pytest.fixture(scope="module")
def sift(clip: Noise, options, tmp_path_factory: pytest.TempPathFactory):
    def make(every: int = 1) -> SiftedRun:
        source = merge_parts(data_set(clip))
        out = tmp_path_factory.mktemp("located") / "run"
        thinned = replace(options, every=every, changes={"epochs": 1, "rounds": 1})
        return rank_archive(source.clips, out, thinned, about=source.about).run

    return make


@pytest.fixture(scope="module")
def located(sift) -> SiftedRun:
    return sift()


def test_maps_are_measured_by_masks_and_tracks(located: SiftedRun, clip: Noise, tmp_path) -> None:
    result = evaluate_run(located, data_set(clip), out=tmp_path / "r")
    assert result.pixel is not None
    assert result.region is not None
    assert result.metrics["settings"]["maps"] == HOW
    assert result.metrics["why_not"].keys() == {"event"}
    assert (result.region["n_boxes"], result.region["n_tracks"]) == (6, 1)
    assert result.region["n_frames"] == 120
    assert 0 <= result.region["tbdc"] <= 1
    # The four clips are resampled: two of them are of the training part, which counts as normal.
    assert set(result.metrics["intervals"]["region"]) == {"rbdc", "tbdc"}
    page = (tmp_path / "r" / "report.html").read_text()
    assert "Pixel AUC" in page
    assert "RBDC" in page


def drawn(place: slice) -> np.ndarray:
    """Maps of the four clips, 8x12: a place that is high in the strange frames of `test/b`."""
    maps = np.random.default_rng(0).random((120, 8, 12), np.float32)
    maps[[60 + frame for frame in STRANGE], 2:5, place] = 9
    return maps


def test_the_right_place_finds_all_and_another_one_nothing(
    located: SiftedRun, clip: Noise, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = (
        measured(located, clip, monkeypatch, drawn(place)) for place in (slice(4, 8), slice(9, 12))
    )
    assert (right.region["rbdc"], right.region["tbdc"], right.pixel["auc"]) == (1.0, 1.0, 1.0)
    assert (wrong.region["rbdc"], wrong.region["tbdc"]) == (0.0, 0.0)
    assert wrong.pixel["auc"] < 0.5


def measured(run: SiftedRun, clip: Noise, monkeypatch: pytest.MonkeyPatch, maps: np.ndarray) -> Any:
    monkeypatch.setattr(localisation, "frame_maps", lambda *_, **__: maps.copy())
    return evaluate_run(run, data_set(clip))


def test_each_third_frame_is_measured_by_its_own_masks(sift, clip: Noise) -> None:
    run = sift(every=3)
    result = evaluate_run(run, data_set(clip))
    assert result.region is not None
    assert result.pixel is not None
    # Of the frames 10 to 15, 12 and 15 were sifted; of each clip 10.
    assert (result.region["n_boxes"], result.region["n_tracks"]) == (2, 1)
    assert result.region["n_frames"] == 40
    by_name = {scored.name: scored for scored in result.clips}
    marks = by_name["test/b"].pixel_labels
    assert marks is not None
    assert np.flatnonzero(marks).tolist() == [4, 5]


def test_without_masks_and_tracks_it_is_said(located: SiftedRun, clip: Noise) -> None:
    result = evaluate_run(located, data_set(clip, masks=None, tracks=None))
    assert (result.region, result.pixel) == (None, None)
    assert result.metrics["why_not"]["pixel"] == NO_TRUTH
    assert "maps" not in result.metrics["settings"]


def test_masks_of_other_frames_are_refused(located: SiftedRun, clip: Noise) -> None:
    few = np.zeros((29, 40, 60), bool)
    with pytest.raises(DatasetError, match="test/b: It has 30 frames, but its masks speak of 29"):
        evaluate_run(located, data_set(clip, masks=lambda: few))


def test_a_run_without_learners_keeps_its_frame_level(
    located: SiftedRun, clip: Noise, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(located.folder, tmp_path / "run"))
    broken = replace(located, folder=folder)
    (broken.home / "model.safetensors").write_bytes(b"nothing")
    result = evaluate_run(broken, data_set(clip))
    assert result.micro_auc is not None
    assert result.metrics["why_not"]["region"].startswith("There are no maps:")


def test_frames_that_are_all_alike_have_no_maps(located: SiftedRun, clip: Noise) -> None:
    flat = located.with_scores(np.zeros(120), "round_1")
    result = evaluate_run(flat, data_set(clip))
    assert result.metrics["why_not"]["pixel"] == ALIKE


def test_ignored_places_are_never_where(clip: Noise, options, tmp_path: Path) -> None:
    """With the box's own place ignored, no region may lie there."""
    source = merge_parts(data_set(clip))
    blind = replace(options, ignore=("columns:0-29",), changes={"epochs": 1, "rounds": 1})
    run = rank_archive(source.clips, tmp_path / "run", blind, about=source.about).run
    for scored in evaluate_run(run, data_set(clip)).clips:
        assert scored.detections is not None
        centres = scored.detections.boxes[:, [0, 2]].mean(1)
        assert (centres >= 29).all()
