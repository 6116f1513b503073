"""Small whole files of every kind that awry reads from others, each with what reads it."""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pyarrow as pa
import scipy.io
import torch
from onnx import TensorProto, helper, numpy_helper
from PIL import Image
from pyarrow import parquet
from torch import nn

from awry.cli.compare import show_comparison
from awry.datasets import open_dataset
from awry.datasets.tracks import read_tracks
from awry.datasets.truth import with_tracks
from awry.detector import Detector, scored
from awry.errors import ConfigError
from awry.evaluation.comparison import compare_runs, read_runs
from awry.evaluation.files.boxes import (
    check_box_files,
    read_detection_files,
    read_frame_counts,
    read_track_files,
)
from awry.evaluation.files.frames import read_frame_files
from awry.exporting.darknet.network import DarknetNetwork
from awry.exporting.darknet.settings import read_settings
from awry.exporting.darknet.weights import read_weights
from awry.frames import FrameScore, Region
from awry.methods.sdor import SDOR
from awry.score_run.kept import KeptSource, Recorder
from awry.sifting.options import SiftOptions
from awry.sifting.ranking import rank_archive
from awry.sifting.review.log import FeedbackLog
from awry.sifting.run_folder import load_run
from awry.teachers.depth import load_depth
from awry.teachers.objects import load_detector
from awry.training import checkpoint
from awry.training.split import Exclusion
from awry.video import open_source
from awry.video.ignore import IgnoreRegions
from awry.video.memory import ArraySource
from awry.watch.site.edit import change_site
from awry.watch.site.read import read_site
from darknet_files import write_network, yolov3
from support import write_images, write_mnist


@dataclass(frozen=True)
class Prepared:
    """A whole file, and what reads it."""

    file: Path
    read: Callable[[], Any]
    seal: Callable[[], None] = lambda: None


def _pictures(folder: Path, count: int = 4) -> None:
    images = np.random.default_rng(1).integers(0, 255, (count, 8, 12, 3), dtype=np.uint8)
    write_images(folder, images, first=0)


def _truth(root: Path) -> None:
    """Everything that a data set's test clips can say."""
    data = with_tracks(open_dataset(root))
    for clip in data.test:
        for part in (clip.labels, clip.masks, clip.tracks):
            if part is not None:
                part()


_MASKS = np.zeros((4, 8, 12), np.uint8)
_MASKS[2, 3:6, 4:8] = 1


def _avenue(root: Path) -> Path:
    _pictures(root / "testing_videos" / "01")
    file = root / "ground_truth_demo" / "testing_label_mask" / "1_label.mat"
    file.parent.mkdir(parents=True)
    return file


def _cells() -> np.ndarray:
    cells = np.empty((1, len(_MASKS)), object)
    for k, mask in enumerate(_MASKS):
        cells[0, k] = mask
    return cells


def matlab(root: Path, *, packed: bool = False) -> Prepared:
    file = _avenue(root)
    scipy.io.savemat(file, {"volLabel": _cells()}, do_compression=packed)
    return Prepared(file, partial(_truth, root))


def matlab73(root: Path) -> Prepared:
    file = _avenue(root)
    with h5py.File(file, "w", userblock_size=512) as stored:
        parts = [stored.create_dataset(f"m{k}", data=mask.T) for k, mask in enumerate(_MASKS)]
        references = np.array([part.ref for part in parts], h5py.ref_dtype)[:, None]
        stored.create_dataset("volLabel", data=references)
    whole = bytearray(file.read_bytes())
    head = b"MATLAB 7.3 MAT-file".ljust(124) + b"\x00\x02IM"
    whole[: len(head)] = head
    file.write_bytes(bytes(whole))
    return Prepared(file, partial(_truth, root))


def _folder(root: Path) -> None:
    _pictures(root / "train" / "a")
    _pictures(root / "test" / "b")


def in_folder(root: Path, name: str, content: str | np.ndarray) -> Prepared:
    """A file beside a plain folder's clips."""
    _folder(root)
    file = root / name
    file.parent.mkdir(exist_ok=True)
    if isinstance(content, str):
        file.write_text(content, "utf-8")
    else:
        np.save(file, content)
    return Prepared(file, partial(_truth, root))


def ucsd(root: Path) -> Prepared:
    _pictures(root / "Train" / "Train001")
    _pictures(root / "Test" / "Test001")
    file = root / "Test" / "UCSDped2.m"
    file.write_text("TestVideoFile = {};\nTestVideoFile{end+1}.gt_frame = [1:2, 4];\n")
    return Prepared(file, partial(_truth, root))


def shanghaitech(root: Path, name: str) -> Prepared:
    _pictures(root / "testing" / "frames" / "01_0001")
    file = root / "testing" / name / "01_0001.npy"
    file.parent.mkdir(parents=True)
    np.save(file, _MASKS if "pixel" in name else np.array([0, 0, 1, 0]))
    return Prepared(file, partial(_truth, root))


def umn(root: Path, video: Path) -> Prepared:
    (root / "Trim1.avi").write_bytes(video.read_bytes())
    file = root / "labels.json"
    file.write_text('{"Trim1": [[5, 6], [8, 9, "plaza"]], "Trim2": []}')
    return Prepared(file, partial(_truth, root))


def subway(root: Path, video: Path) -> Prepared:
    (root / "subway_exit.avi").write_bytes(video.read_bytes())
    file = root / "subway.json"
    file.write_text('{"exit": {"train": [[0, 3]], "abnormal": [[5, 6]]}}')
    return Prepared(file, partial(_truth, root))


def mnist(root: Path) -> Prepared:
    """The digits that move."""
    file = write_mnist(root) / "MNIST" / "raw" / "train-images-idx3-ubyte"
    return Prepared(file, lambda: open_dataset(root, format="digits"))


def ubnormal(root: Path, name: str) -> Prepared:
    scene = root / "Scene1"
    _pictures(scene / "normal_scene_1_scenario_1")
    clip = "abnormal_scene_1_scenario_1"
    _pictures(scene / clip)
    folder = scene / f"{clip}_annotations"
    write_images(folder, np.repeat(_MASKS[..., None], 3, 3), first=0)
    for k in range(len(_MASKS)):
        (folder / f"{k:03d}.png").rename(folder / f"{clip}_{k:04d}_gt.png")
    (folder / f"{clip}_tracks.txt").write_text("1,1,2\n2.0,3,3\n")
    for kind in ("normal_training", "normal_test", "abnormal_test"):
        (root / f"{kind}_video_names.txt").write_text("normal_scene_1_scenario_1\n")
    (root / "abnormal_test_video_names.txt").write_text(f"{clip}\n")
    return Prepared(next(root.rglob(name)), partial(_truth, root))


def score_table(root: Path, *, array: bool = False) -> Prepared:
    (root / "labels.csv").write_text("clip,frame,label\na,0,0\na,1,1\nb,0,0\nb,1,1\n")
    file = root / "scores.csv"
    file.write_text('clip,frame,score,scored\na,0,0.5,1\n"a",1,2.5,1\nb,0,.1,0\nb,1,3e-1,1\n')
    labels = root / "labels.csv"
    if array:
        file, labels = root / "s.npy", root / "l.npy"
        np.save(file, np.array([0.5, 1.5, 2.5]))
        np.save(labels, np.array([0, 1, 0]))
    return Prepared(file, partial(read_frame_files, file, labels, fps=10.0))


def score_lines(root: Path) -> Prepared:
    (root / "labels.csv").write_text("clip,frame,label\na,0,0\na,1,1\n")
    file = root / "scores.jsonl"
    file.write_text(
        '{"source": "a", "frame": 0, "score": 0.5}\n{"source": "a", "frame": 1, "score": 2}\n'
    )
    return Prepared(file, partial(read_frame_files, file, root / "labels.csv"))


def kept_scores(root: Path, *, packed: bool = True) -> Prepared:
    """What workers finished, for `--resume`; its lines are damaged where they are not packed."""
    recorder = Recorder()
    recorder.begin((48, 72), None)
    for index in range(3):
        region = Region((1.0, 2.0, 3.0, 4.0), 0.5, {"p": 0.5}, "person")
        recorder.add("", FrameScore(index, index / 10, 0.5, {"p": 0.5}, regions=(region,)))
    data = recorder.end(10.0, {"": [None]}, {"": []}, [])
    file = root / "kept"
    file.write_bytes(data if packed else gzip.decompress(data))

    def read() -> None:
        content = file.read_bytes()
        list(KeptSource("gate", content if packed else gzip.compress(content)).lines())

    return Prepared(file, read)


def score_parquet(root: Path) -> Prepared:
    (root / "labels.csv").write_text("clip,frame,label\na,0,0\na,1,1\n")
    file = root / "scores.parquet"
    table = pa.table({"source": ["a", "a"], "frame": [0, 1], "score": [0.5, 2.0]})
    parquet.write_table(table, file)
    return Prepared(file, partial(read_frame_files, file, root / "labels.csv"))


def settings_of_a_fit(root: Path) -> Prepared:
    """What `fit --resume` finds of the fit before."""
    begun = root / "begun.json"
    begun.write_text(json.dumps({"config": {}, "seed": 0, "ignore": [], "every": 1}))
    options = SiftOptions(preset="tiny", resume=True)

    def read() -> None:
        with suppress(ConfigError):  # other settings than these
            rank_archive([], root, options)

    return Prepared(begun, read)


def label_list(root: Path) -> Prepared:
    (root / "s.txt").write_text("0.1\n0.2\n0.3\n")
    file = root / "l.txt"
    file.write_text("0\n1\n0\n")
    return Prepared(file, partial(read_frame_files, root / "s.txt", file))


def detections(root: Path) -> Prepared:
    file, tracks = root / "a.csv", root / "t" / "a.txt"
    tracks.parent.mkdir()
    tracks.write_text("1,0,1,2,5,6\n1,1,2,2,6,6\n")
    file.write_text("frame,x_min,y_min,x_max,y_max,score\n0,1,2,5,6,.5\n1,2,2,6,6,0.9\n")

    def read() -> None:
        found, _ = read_detection_files(file, frame_size=(8, 12))
        truth, _ = read_track_files(tracks, frame_size=(8, 12))
        check_box_files(truth, found, 4)

    return Prepared(file, read)


def track_file(root: Path, text: str) -> Prepared:
    file = root / "a.txt"
    file.write_text(text)
    return Prepared(file, partial(read_tracks, file))


def frame_counts(root: Path) -> Prepared:
    file = root / "frames.csv"
    file.write_text("clip,frames\na,10\nb,20\n")
    return Prepared(file, partial(read_frame_counts, str(file)))


def boxes(root: Path) -> Prepared:
    file = root / "boxes.csv"
    file.write_text(
        "clip,frame,x_min,y_min,x_max,y_max,confidence,class\n"
        "a,0,1,2,5,6,0.5,person\na,1,2,2,6,6,.9,3\ntest/b,0,1,1,3,3,1,car\n"
    )
    return Prepared(file, partial(load_detector, f"boxes:{file}"))


def metrics(root: Path) -> Prepared:
    clips = [{"clip": name, "n_frames": 10, "n_abnormal": 3, "labels_sha256": "a"} for name in "ab"]
    found = {
        "settings": {"method": "flow", "smoothing": "none", "variants": {"x": "y"}},
        "frame": {"micro_auc": 0.9, "macro_auc": 0.8, "ap": 0.7, "n_frames": 20},
        "region": {"rbdc": 0.5, "tbdc": 0.6, "alpha": 0.1},
        "clips": clips,
        "bootstrap": {
            "clips": ["a", "b"],
            "seed": 0,
            "resamples": 3,
            "values": {"frame.micro_auc": [0.8, 0.9, 0.85], "frame.ap": [0.5, None, 0.6]},
        },
    }
    for name in ("a.json", "b.json"):
        (root / name).write_text(json.dumps(found, indent=1))

    def read() -> None:
        runs = read_runs([root / "a.json", root / "b.json"])
        found = compare_runs(runs, despite_differences=True)
        show_comparison({**found, "written": []})

    return Prepared(root / "b.json", read)


def run(root: Path, name: str) -> Prepared:
    config = SDOR.configure("tiny").model_dump(mode="json")
    clip = {"scene": "s", "fps": 25.0, "frames": 3, "lost": 0, "notes": ["one"]}
    facts = {
        "format": 1,
        "method": "sdor",
        "transductive": True,
        "preset": "tiny",
        "seed": 0,
        "config": config,
        "ignore": ["rows:0-1"],
        "every": 1,
        "about": {"layout": "folder", "data": "x"},
        "history": [],
        "seconds": 1.5,
        "notes": [],
        "failed": [],
        "versions": {"awry": "0.1"},
        "machine": "x",
        "clips": [{"name": "a", **clip}, {"name": "b", **clip}],
    }
    (root / "run.json").write_text(json.dumps(facts, indent=1))
    rows = [f"{c},{k},{k / 25},{k * 0.5},{k * 0.25}" for c in "ab" for k in range(3)]
    (root / "scores.csv").write_text("\n".join(["source,frame,time_s,score,initial", *rows, ""]))

    def read() -> None:
        found = load_run(root)
        assert found.config is not None
        assert found.options is not None
        assert len(found.scores) == 6
        assert isinstance(found.events, list)

    return Prepared(root / name, read)


def bundle(root: Path, fitted: Detector, name: str, *, sealed: bool) -> Prepared:
    """A bundle; `sealed`: hashes are made right again after each change."""
    out = root / "bundle"
    fitted.save(out)
    images = np.random.default_rng(2).integers(0, 255, (12, 48, 72, 3), dtype=np.uint8)

    def read() -> None:
        detector = Detector.load(out)
        assert detector.every >= 1
        found = scored(detector.scorer(), ArraySource(images, 10.0), detector.every)
        values = np.array([np.nan if s.score is None else s.score for _, s in found])
        detector.calibration.alarms(values, "*")
        assert detector.runs_in

    def seal() -> None:
        manifest = out / "manifest.json"
        try:
            found = json.loads(manifest.read_text("utf-8"))
            found.pop("manifest_sha256", None)
            for one in found["files"]:
                found["files"][one] = hashlib.sha256((out / one).read_bytes()).hexdigest()
            digest = hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest()
            manifest.write_text(json.dumps({**found, "manifest_sha256": digest}), "utf-8")
        except Exception:
            return

    return Prepared(out / name, read, seal if sealed else lambda: None)


def picture(root: Path, suffix: str) -> Prepared:
    image = np.random.default_rng(1).integers(0, 255, (16, 24, 3), dtype=np.uint8)
    file = root / f"a{suffix}"
    Image.fromarray(image).save(file)
    return Prepared(file, lambda: list(open_source(file)))


def video(root: Path, made: Path) -> Prepared:
    file = root / made.name
    file.write_bytes(made.read_bytes())
    return Prepared(file, lambda: list(open_source(file)))


def feedback(root: Path) -> Prepared:
    file = root / "feedback.jsonl"
    file.write_text(
        '{"source": "a", "frame": 1, "label": "normal", "time": "t"}\n'
        '{"undo": true, "source": "a", "frame": 1, "time": "t"}\n'
        '{"source": "b", "frame": 2, "label": "abnormal", "time": "t"}\n'
        '{"learned": 1, "marks": 1, "time": "t"}\n'
    )

    def read() -> None:
        log = FeedbackLog(file)
        assert log.exported() is not None
        assert log.fresh is not None

    return Prepared(file, read)


def site(root: Path) -> Prepared:
    """A site's settings with everything in them, read and changed."""
    file = root / "site.yaml"
    file.write_text(
        "store: s  # here\nname: yard\ntimezone: Europe/Vienna\nretention: {days: 30d, gib: 5GiB}\n"
        "schedules:\n  night: [mon-fri 18:00-07:00, 'sat,sun 00:00-24:00']\n"
        "mqtt: {host: b, port: 1883, password: '${WORD}'}\n"
        "notify:\n  - {name: me, to: 'mailto://x', cameras: [door], schedule: night}\n"
        "defaults: {budget: 2/day, learn: 24h}\n"
        "cameras:\n  door:\n    detect: rtsp://u:${WORD}@door:554/live\n    cooldown_s: 1m\n"
        "    zones:\n      - {name: a, alarm: only, polygon: [[0, 0], [1, 0.5], [0.5, 1]]}\n"
        "  yard: {detect: 'http://yard', learn: from here, armed: night}\n"
    )

    def read() -> None:
        names = {"WORD": "w"}
        assert read_site(file, environment=names).version
        change_site(file, lambda values: values.update(name="other"), environment=names)

    return Prepared(file, read)


def saved_checkpoint(root: Path) -> Prepared:
    file = root / "checkpoint.safetensors"
    model = nn.Linear(3, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    checkpoint.save(file, model, optimizer, checkpoint.Progress(history=[{"loss": 1.5}]))

    def read() -> None:
        _, parts = checkpoint.load(file, model)
        checkpoint.restore_optimizer(optimizer, parts["optimizer"])

    return Prepared(file, read)


def ignored(root: Path, text: str) -> Prepared:
    """A region as a user types it."""
    file = root / "ignore.txt"
    file.write_text(text)

    def read() -> None:
        IgnoreRegions.parse([file.read_text("utf-8", errors="surrogateescape")]).mask(48, 72)

    return Prepared(file, read)


def excluded(root: Path) -> Prepared:
    file = root / "exclude.txt"
    file.write_text("clip:10-20")
    return Prepared(file, lambda: Exclusion.parse(file.read_text("utf-8", errors="replace")))


def depth_model(root: Path) -> Prepared:
    """A network in ONNX: the mean of the colours, times a weight."""
    picture = helper.make_tensor_value_info("picture", TensorProto.FLOAT, [1, 3, 32, 32])
    depth = helper.make_tensor_value_info("depth", TensorProto.FLOAT, [1, 32, 32])
    weight = numpy_helper.from_array(np.full((1, 32, 32), 0.5, np.float32), "weight")
    nodes = [
        helper.make_node("ReduceMax", ["picture"], ["most"], axes=[1], keepdims=0),
        helper.make_node("Mul", ["most", "weight"], ["depth"]),
    ]
    graph = helper.make_graph(nodes, "depth", [picture], [depth], [weight])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    file = root / "depth.onnx"
    file.write_bytes(model.SerializeToString())
    image = np.full((16, 24, 3), 90, np.uint8)
    return Prepared(file, lambda: load_depth(f"onnx:{file}")(image))


def darknet(root: Path, *, weights: bool = False) -> Prepared:
    """A network's settings, or its weights."""
    files = write_network(root, yolov3(32, 1, blocks=(1, 1), scales=2, repeats=1))

    def read() -> None:
        settings = read_settings(files[0])
        DarknetNetwork(settings, read_weights(files[1], settings))

    return Prepared(files[weights], read)
