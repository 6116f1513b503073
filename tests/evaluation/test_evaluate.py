from __future__ import annotations

import json
from pathlib import Path

import av
import numpy as np
import pytest

from support import write_images

ROW = {"micro_auc", "macro_auc", "macro_n", "macro_auc_sentinels", "ap"}
ROW |= {"n_frames", "n_abnormal", "n_scored"}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "report"


def test_metrics_and_report(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    said = awry("evaluate", bundle, "--data", shared_data, "--out", out, "--fps", 10, "--json")
    assert said.code == 0
    metrics = said.json
    assert metrics.pop("report") == str(out / "report.html")
    assert metrics == json.loads((out / "metrics.json").read_text())
    assert sorted(path.name for path in out.iterdir()) == ["metrics.json", "report.html"]
    rows = [
        metrics["frame"],
        *(metrics["variants"][name] for name in ("offline", "causal", "clip")),
        *(metrics["content_free"][name] for name in ("constant", "triangle")),
        metrics["references"]["flow"],
    ]
    for row in rows:
        assert row.keys() >= ROW
        assert all(0 <= row[key] <= 1 for key in ("micro_auc", "macro_auc", "ap"))
    frame = metrics["frame"]
    assert (frame["n_frames"], frame["n_abnormal"], frame["n_scored"]) == (120, 30, 118)
    assert (frame["macro_n"], frame["micro_auc"] > 0.95) == (2, True)
    assert metrics["content_free"]["constant"]["micro_auc"] == 0.5
    # The bundle is the motion reference itself.
    assert metrics["references"]["flow"]["micro_auc"] == frame["micro_auc"]
    settings = metrics["settings"]
    assert (settings["method"], settings["preset"], settings["seed"]) == ("flow", "tiny", 0)
    assert (settings["normalisation"], settings["smoothing"]) == ("none", "none")
    assert settings["data"] == {"layout": "folder", "variant": "folder", "fps": 10}
    page = (out / "report.html").read_text()
    assert "<title>flow on yard" in page
    assert 'src="http' not in page


def test_levels_and_speed_of_a_method_that_has_them(
    awry, shared_data: Path, out: Path, tmp_path: Path
) -> None:
    bundle, cache = tmp_path / "ssmtl", tmp_path / "cache"
    words = ("--data", shared_data, "--fps", 10)
    fitted = awry("fit", "ssmtl", *words, "--out", bundle, "--preset", "tiny")
    assert fitted.code == 0, fitted.err
    said = awry("evaluate", bundle, *words, "--out", out, "--cache", cache, "--json")
    assert said.code == 0, said.err
    metrics = said.json
    names = ("object", "frame", "fused")
    assert set(metrics["levels"]) == {*names, *(f"{name}_offline" for name in names)}
    assert metrics["levels"]["fused"] == metrics["frame"]
    assert metrics["levels"]["fused_offline"] == metrics["variants"]["offline"]
    assert not set(names) & set(metrics["parts"])
    assert {"arrow_of_time", "frame_arrow_of_time"} <= set(metrics["parts"])
    # The method gives regions; this folder has nothing to measure them by.
    assert "no true tracks" in metrics["why_not"]["region"]
    assert metrics["speed"]["frames"] == 120
    spent = metrics["speed"]["ms_per_frame"]
    assert set(spent) == {"resize", "detector", "crops", "network", "maps", "all"}
    assert spent["all"] >= sum(value for name, value in spent.items() if name != "all") - 0.1
    assert "Its levels" in (out / "report.html").read_text()


def test_another_budget_is_recorded(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    words = ("--fps", 10, "--no-flow", "--json")
    found = []
    for budget in ("2/hour", "300/1000frames"):
        more = ("--budget", budget) if budget != "2/hour" else ()
        said = awry("evaluate", bundle, "--data", shared_data, "--out", out, *words, *more)
        assert said.code == 0
        scene = said.json["settings"]["calibration"]["*"]
        assert scene.keys() == {"budget", "threshold", "threshold_interval", "how"}
        assert scene["budget"] == budget
        found.append(scene)
    assert found[1]["threshold"] < found[0]["threshold"]
    assert "the budget is 300 alarms in 1000 frames" in found[1]["how"]
    # Eighteen frames are too few for a tail: a guess; and one in twenty of them is less than one.
    assert "a guess" in found[0]["how"]
    low, high = found[0]["threshold_interval"]
    assert low < found[0]["threshold"] < high
    assert found[1]["threshold_interval"] is None


def test_a_threshold_by_hand_is_recorded(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    words = ("evaluate", bundle, "--data", shared_data, "--out", out, "--fps", 10, "--no-flow")
    said = awry(*words, "--json", "--threshold", "1e9")
    assert said.code == 0
    scene = said.json["settings"]["calibration"]["*"]
    assert (scene["budget"], scene["threshold"]) == ("threshold given by hand", 1e9)
    assert scene["how"].startswith("Given by hand.")
    assert said.json["event"]["n_alarms"] == 0
    assert said.json["event"]["budget"] == "threshold given by hand"
    for more, why in (("nan", "expected a finite number"), ("1", "Give --budget or --threshold")):
        budget = ("--budget", "2/day") if more == "1" else ()
        refused = awry(*words, "--threshold", more, *budget)
        assert refused.code == 2
        assert why in refused.err


def test_the_table_for_people(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    said = awry("evaluate", bundle, "--data", shared_data, "--out", out, "--no-flow")
    assert "micro AUC" in said.out
    assert "triangle" in said.out
    assert "reference flow" not in said.out
    assert "report.html" in said.out
    assert "frames in" in said.err


def test_unlabelled_clips_are_scored_and_it_is_said(
    awry, bundle: Path, data: Path, out: Path
) -> None:
    (data / "labels.csv").unlink()
    said = awry("evaluate", bundle, "--data", data, "--out", out)
    assert said.code == 0
    assert "No test clip has labels" in said.out
    metrics = json.loads((out / "metrics.json").read_text())
    assert metrics["frame"]["micro_auc"] is None
    assert metrics["settings"]["n_clips_labelled"] == 0
    assert [clip["n_scored"] for clip in metrics["clips"]] == [59, 59]
    assert "clip1" in (out / "report.html").read_text()


def test_no_test_footage(awry, bundle: Path, data: Path, out: Path) -> None:
    (data / "labels.csv").unlink()
    (data / "test").rename(data / "elsewhere")
    said = awry("evaluate", bundle, "--data", data, "--out", out, "--json")
    assert (said.code, said.out) == (2, "")
    assert "no test clips" in said.err
    assert "awry score" in said.err
    assert not out.exists()


def test_an_unknown_part_is_refused(awry, bundle: Path, shared_data: Path, out: Path) -> None:
    words = ("--parts", "predicton")
    said = awry("evaluate", bundle, "--data", shared_data, "--out", out, *words)
    assert said.code == 2
    assert "no extra part 'predicton'" in said.err


def test_bad_clips_are_listed_and_the_rest_is_measured(
    awry, bundle: Path, data: Path, out: Path
) -> None:
    (data / "test" / "broken.mp4").write_bytes(b"no video")
    (data / "test" / "clip0" / "060.png").write_bytes(b"")
    said = awry("evaluate", bundle, "--data", data, "--out", out, "--json")
    assert said.code == 1
    assert "broken" in said.json["failed"][0]
    assert "broken" in said.err
    assert [clip["clip"] for clip in said.json["clips"]] == ["clip0", "clip1"]
    assert said.json["frame"]["n_frames"] == 119
    assert "060.png" in said.json["settings"]["clip_notes"][0]


def spoil(data: Path, how: str, make_video, clip_images) -> str:
    """Make the labels or masks of clip0 wrong; gives what the sentence must hold."""
    (data / "labels.csv").unlink()
    folder = data / "labels"
    folder.mkdir()
    np.save(folder / "clip1.npy", np.repeat([0, 1], 30))
    if how == "labels longer than the clip":
        np.save(folder / "clip0.npy", np.zeros(61, int))
        return "61 labels for 60 frames"
    if how == "labels longer than the video":
        make_video(data / "test" / "film.mp4", clip_images(900))
        np.save(folder / "film.npy", np.zeros(61, int))
        return "It has 60 frames, but its labels speak of 61"
    if how == "labels shorter than the video":
        make_video(data / "test" / "film.mp4", clip_images(900))
        np.save(folder / "film.npy", np.zeros(59, int))
        return "It has 60 frames, but its labels speak of 59"
    masks = data / "masks" / "clip0"
    if how == "masks of another number":
        write_images(masks, np.zeros((58, 48, 72, 3), np.uint8))
        return "58"
    write_images(masks, np.zeros((60, 24, 36, 3), np.uint8))
    return "36"


@pytest.mark.parametrize(
    "how",
    [
        "labels longer than the clip",
        "labels longer than the video",
        "labels shorter than the video",
        "masks of another number",
        "masks of another size",
    ],
)
def test_labels_that_do_not_fit_are_listed(
    awry, bundle: Path, data: Path, out: Path, make_video, clip_images, how: str
) -> None:
    expected = spoil(data, how, make_video, clip_images)
    said = awry("evaluate", bundle, "--data", data, "--out", out, "--json")
    assert said.code == 1
    (sentence,) = said.json["failed"]
    assert expected in sentence
    assert said.json["settings"]["n_clips_labelled"] == 1


def test_labels_beyond_the_clip_cannot_be_meant(awry, bundle: Path, data: Path, out: Path) -> None:
    (data / "labels.csv").write_text("clip,first,last\nclip0,30,60\n")
    said = awry("evaluate", bundle, "--data", data, "--out", out, "--json")
    assert said.code == 1
    assert "clip0" in said.json["failed"][0]


def test_when_every_clip_fails_nothing_is_written(
    awry, bundle: Path, data: Path, out: Path
) -> None:
    (data / "labels.csv").write_text("clip,first,last\nclip0,30,60\nclip1,30,60\n")
    said = awry("evaluate", bundle, "--data", data, "--out", out)
    assert said.code == 2
    assert "No test clip could be read" in said.err
    assert not out.exists()


def _lossy_video(path: Path, images: np.ndarray, bad: range) -> None:
    """A video of bare JPEG pictures; those of `bad` are unreadable."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=10)
        stream.height, stream.width = images.shape[1:3]
        stream.pix_fmt = "yuvj420p"
        for number, image in enumerate(images):
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                if number in bad:
                    zeros = av.Packet(bytes(300))
                    zeros.stream, zeros.time_base = packet.stream, packet.time_base
                    zeros.pts, zeros.dts = packet.pts, packet.dts
                    packet = zeros
                container.mux(packet)
        container.mux(stream.encode())


def test_lost_frames_move_no_label(
    awry, bundle: Path, tmp_path: Path, out: Path, clip_images
) -> None:
    root = tmp_path / "videos"
    _lossy_video(root / "train/day.avi", clip_images(1), range(0))
    _lossy_video(root / "test/gate.avi", clip_images(900), range(10, 20))
    (root / "labels").mkdir()
    labels = np.zeros(60, np.uint8)
    labels[30:45] = 1
    np.save(root / "labels/gate.npy", labels)
    words = ("--data", root, "--out", out, "--no-flow", "--json")
    said = awry("evaluate", bundle, *words)
    assert said.code == 0
    frame = said.json["frame"]
    assert (frame["n_frames"], frame["n_abnormal"]) == (50, 15)
    assert frame["micro_auc"] > 0.95
    assert "10 frames could not be had" in (out / "report.html").read_text()
    # Sixty frames were filmed, whatever was lost of them.
    for length in (50, 61, 6000):
        np.save(root / "labels/gate.npy", labels.repeat(100)[:length])
        said = awry("evaluate", bundle, *words)
        assert said.code == 2
        assert f"its labels speak of {length}" in said.err


def test_without_a_threshold_frames_are_measured_and_alarms_are_not(
    awry, trained_on_all: Path, shared_data: Path, out: Path
) -> None:
    words = ("evaluate", trained_on_all, "--data", shared_data, "--out", out, "--fps", 10)
    said = awry(*words, "--no-flow", "--json")
    assert said.code == 0
    assert said.json["frame"]["micro_auc"] > 0.5
    assert said.json["event"] is None
    assert "No footage was held back" in said.json["why_not"]["event"]
    scene = said.json["settings"]["calibration"]["*"]
    assert (scene["budget"], scene["threshold"]) == ("no threshold", None)
    assert "No footage was held back" in (out / "report.html").read_text()
