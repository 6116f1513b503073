"""Whatever somebody else's file holds, reading it ends well or in one sentence."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from unicodedata import category

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import hostile_files as files
from awry.detector import Detector
from awry.errors import AwryError
from awry.fitting import FitOptions, fit_detector
from hostile import Mutation, damaged, mutations
from support import moving_square_data

EXAMPLES = int(os.environ.get("AWRY_FUZZ", "12"))
"""Damaged files of each kind; a thousand find what a few do not."""

Make = Callable[[Path], files.Prepared]


@pytest.fixture(scope="session")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    out = tmp_path_factory.mktemp("fitted") / "bundle"
    return fit_detector("flow", moving_square_data(), out, FitOptions(preset="tiny"))


@pytest.fixture(scope="session")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("video") / "a.avi"
    images = np.random.default_rng(0).integers(0, 255, (10, 32, 32, 3), dtype=np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=Fraction(10))
        stream.width = stream.height = 32
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode())
    return path


ALONE: dict[str, Make] = {
    "matlab": files.matlab,
    "matlab-packed": partial(files.matlab, packed=True),
    "matlab-7.3": files.matlab73,
    "labels.csv": partial(
        files.in_folder, name="labels.csv", content="clip,first,last\nb,0,1\nb,3,3\n"
    ),
    "labels-of-a-clip": partial(files.in_folder, name="labels/b.csv", content="0\n1\n1\n0\n"),
    "labels-npy": partial(
        files.in_folder, name="labels/b.npy", content=np.array([0, 1, 0, 1], np.uint8)
    ),
    "masks-npy": partial(
        files.in_folder, name="masks/b.npy", content=np.zeros((4, 8, 12), np.uint8)
    ),
    "scenes.csv": partial(files.in_folder, name="scenes.csv", content="clip,scene\nb,yard\n"),
    "tracks-in-folder": partial(
        files.in_folder, name="tracks/b.txt", content="1,0,1,2,5,6\n1,1,2,2,6,6\n"
    ),
    "ucsd.m": files.ucsd,
    "shanghaitech-labels": partial(files.shanghaitech, name="test_frame_mask"),
    "shanghaitech-masks": partial(files.shanghaitech, name="test_pixel_mask"),
    "ubnormal-tracks": partial(files.ubnormal, name="*_tracks.txt"),
    "ubnormal-map": partial(files.ubnormal, name="*_0002_gt.png"),
    "ubnormal-names": partial(files.ubnormal, name="abnormal_test_video_names.txt"),
    "scores.csv": files.score_table,
    "scores.npy": partial(files.score_table, array=True),
    "scores.jsonl": files.score_lines,
    "scores.parquet": files.score_parquet,
    "kept.gz": files.kept_scores,
    "kept.json": partial(files.kept_scores, packed=False),
    "list": files.label_list,
    "begun.json": files.settings_of_a_fit,
    "detections": files.detections,
    "tracks-corners": partial(
        files.track_file, text="track_id,frame,x_min,y_min,x_max,y_max\n1,0,1,2.5,5,6\n"
    ),
    "tracks-centred": partial(
        files.track_file, text="001.jpg 1 10.5 20 4 6\nT/002.jpg 1 11 20 4 6\n"
    ),
    "frame-counts": files.frame_counts,
    "boxes": files.boxes,
    "metrics.json": files.metrics,
    "run.json": partial(files.run, name="run.json"),
    "run-scores": partial(files.run, name="scores.csv"),
    "feedback": files.feedback,
    "onnx": files.depth_model,
    "darknet-cfg": files.darknet,
    "darknet-weights": partial(files.darknet, weights=True),
    "checkpoint": files.saved_checkpoint,
    "ignore": partial(files.ignored, text="polygon:0,0;20,0;0,30"),
    "ignore-box": partial(files.ignored, text="rectangle:1,2,30,"),
    "exclude": files.excluded,
    "png": partial(files.picture, suffix=".png"),
    "jpeg": partial(files.picture, suffix=".jpg"),
    "tiff": partial(files.picture, suffix=".tif"),
    "mnist": files.mnist,
    "bmp": partial(files.picture, suffix=".bmp"),
    "site": files.site,
}


def attack(prepared: files.Prepared, examples: int) -> None:
    """Damage the file in many ways; only errors of awry may come of it."""
    whole = prepared.file.read_bytes()
    prepared.read()

    @settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(mutations)
    def damage(changes: list[Mutation]) -> None:
        prepared.file.write_bytes(damaged(whole, changes))
        prepared.seal()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                prepared.read()
            except AwryError as error:
                said = str(error)
                assert not any(category(sign) in ("Cc", "Cf", "Zl", "Zp") for sign in said), said
                assert len(said) <= 1500

    damage()


@pytest.mark.parametrize("name", ALONE)
def test_a_damaged_file_ends_in_one_sentence(tmp_path: Path, name: str) -> None:
    attack(ALONE[name](tmp_path), EXAMPLES)


@pytest.mark.parametrize("make", [files.umn, files.subway, files.video])
def test_a_damaged_file_beside_a_video(tmp_path: Path, video: Path, make) -> None:
    attack(make(tmp_path, video), EXAMPLES)


@pytest.mark.parametrize("sealed", [False, True], ids=["torn", "forged"])
@pytest.mark.parametrize("name", ["manifest.json", "model.safetensors"])
def test_a_bundle_from_a_stranger(
    tmp_path: Path, fitted: Detector, name: str, sealed: bool
) -> None:
    attack(files.bundle(tmp_path, fitted, name, sealed=sealed), EXAMPLES)
