from __future__ import annotations

import csv
import json
import resource
import shutil
import sys
from dataclasses import replace
from functools import partial
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import numpy as np
import pytest

import awry as library
from awry.detector import Detector
from awry.output import tables
from programs import Program
from support import moving_square, serving, write_images

COLUMNS = ["source", "frame", "time_s", "score", "scored", "part.flow"]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def clip(tmp_path: Path, clip_images) -> Path:
    """A folder of pictures that a test may spoil."""
    return write_images(tmp_path / "gate", clip_images(900))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out" / "scores.csv"


def test_a_row_for_each_frame_at_full_precision(awry, bundle: Path, clip: Path, out: Path) -> None:
    said = awry("score", bundle, clip, "--out", out, "--fps", 10)
    assert (said.code, said.err.count("awry:")) == (0, 0)
    rows = rows_of(out)
    assert list(rows[0]) == COLUMNS
    scores = list(library.load(bundle).scorer().score(library.open_source(clip, fps=10)))
    assert [int(row["frame"]) for row in rows] == list(range(60))
    assert [float(row["time_s"]) for row in rows] == [index / 10 for index in range(60)]
    assert [float(row["score"]) for row in rows[1:]] == [score.score for score in scores[1:]]
    assert [row["scored"] for row in rows] == ["0"] + ["1"] * 59
    assert rows[0]["score"] == rows[1]["score"]
    assert [row["part.flow"] for row in rows] == [row["score"] for row in rows]


def test_json_is_alone_on_standard_output(awry, bundle: Path, clip: Path, out: Path) -> None:
    said = awry("score", bundle, clip, "--out", out, "--json")
    assert said.json["frames"] == 60
    (source,) = said.json["sources"]
    assert (source["source"], source["scored"], source["alarms"]) == ("gate", 59, 1)
    assert 30 <= source["peak"] < 45
    assert "scoring gate" in said.err
    assert "give --fps" in said.json["notes"][0]
    assert rows_of(out)[0]["time_s"] == ""


def test_json_lines(awry, bundle: Path, clip: Path, out: Path) -> None:
    lines = out.with_suffix(".jsonl")
    alarms = out.with_name("alarms.jsonl")
    words = ("--out", lines, "--events", alarms, "--fps", 10)
    assert awry("score", bundle, clip, *words).code == 0
    rows = [json.loads(line) for line in lines.read_text().splitlines()]
    assert list(rows[0]) == COLUMNS
    assert rows[0]["scored"] == 0
    (alarm,) = (json.loads(line) for line in alarms.read_text().splitlines())
    assert alarm["parts"] == {"flow": alarm["score"]}
    assert alarm["regions"][0]["box"][0] >= 0


def test_parquet(awry, bundle: Path, clip: Path, out: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="pyarrow is not installed")
    table, regions = out.with_suffix(".parquet"), out.with_name("regions.parquet")
    assert awry("score", bundle, clip, "--out", table, "--regions", regions).code == 0
    found = parquet.read_table(table)
    assert found.column_names == COLUMNS
    assert str(found.schema.field("time_s").type) == "double"
    assert found.num_rows == 60
    assert parquet.read_table(regions).num_rows > 0


def test_parquet_without_pyarrow_is_refused_first(
    awry, bundle: Path, clip: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    said = awry("score", bundle, clip, "--out", out.with_suffix(".parquet"))
    assert said.code == 2
    assert "pip install 'awry[parquet]'" in said.err
    assert "scoring" not in said.err


def test_alarms_with_start_end_peak_regions_and_parts(
    awry, bundle: Path, clip: Path, out: Path
) -> None:
    alarms = out.with_name("alarms.csv")
    said = awry("score", bundle, clip, "--out", out, "--events", alarms, "--fps", 10, "--json")
    (alarm,) = rows_of(alarms)
    assert list(alarm) == tables.EVENT_COLUMNS
    assert 29 <= int(alarm["first"]) <= 31
    assert 44 <= int(alarm["last"]) <= 48
    assert float(alarm["start_s"]) == int(alarm["first"]) / 10
    assert float(alarm["end_s"]) == int(alarm["last"]) / 10
    assert float(alarm["score"]) == max(float(row["score"]) for row in rows_of(out))
    assert json.loads(alarm["parts"]) == {"flow": float(alarm["score"])}
    regions = json.loads(alarm["regions"])
    assert len(regions[0]["box"]) == 4
    every = {tuple(region["box"]) for region in regions}
    assert not any(_inside(one, other) for one in every for other in every - {one})
    since = f"{float(alarm['start_s']):04.1f}"
    assert f"something moves faster than in normal footage, since 00:{since};" in alarm["reason"]
    assert alarm["reason"].endswith("times as far above normal as the threshold.")
    assert alarm["reason"] in said.err.replace("\n", "")
    assert float(alarm["threshold"]) < float(alarm["score"])
    assert said.json["alarms"][0]["calibration"] == alarm["calibration"]


def _inside(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    before = all(a >= b for a, b in zip(one[:2], other[:2], strict=True))
    return before and all(a <= b for a, b in zip(one[2:], other[2:], strict=True))


def test_another_budget_gives_another_threshold(awry, bundle: Path, clip: Path, out: Path) -> None:
    said = awry("score", bundle, clip, "--out", out, "--json")
    words = ("--budget", "300/1000frames")
    other = awry("score", bundle, clip, "--out", out, "--json", *words)
    assert (said.code, other.code) == (0, 0)
    (alarm,), others = said.json["alarms"], other.json["alarms"]
    assert others[0]["threshold"] < alarm["threshold"]
    assert "2 alarms an hour" in alarm["calibration"]
    assert "300 alarms in 1000 frames" in others[0]["calibration"]
    refused = awry("score", bundle, clip, "--out", out, "--budget", "2/year")
    assert refused.code == 2
    assert "Cannot read the alarm budget '2/year'" in refused.err


def test_an_older_bundle_knows_no_other_budget(
    awry, bundle: Path, clip: Path, tmp_path: Path, out: Path
) -> None:
    mine, detector = tmp_path / "bundle", library.load(bundle)
    scenes = {
        name: replace(scene, threshold_interval=None, normal_alarms=None)
        for name, scene in detector.calibration.scenes.items()
    }
    replace(detector, calibration=replace(detector.calibration, scenes=scenes)).save(mine)
    assert awry("score", mine, clip, "--out", out).code == 0
    said = awry("score", mine, clip, "--out", out, "--budget", "1/hour")
    assert said.code == 2
    assert "Refit" in said.err


def test_no_alarm_still_gives_a_table(awry, bundle: Path, tmp_path: Path, out: Path) -> None:
    still = write_images(tmp_path / "still", np.repeat(moving_square(1, 0), 5, axis=0))
    alarms = out.with_name("alarms.csv")
    said = awry("score", bundle, still, "--out", out, "--events", alarms)
    assert "no alarms" in said.out
    assert alarms.read_text() == ",".join(tables.EVENT_COLUMNS) + "\n"


def test_regions_and_maps_show_where(awry, bundle: Path, clip: Path, out: Path) -> None:
    regions, maps = out.with_name("regions.csv"), out.with_name("maps")
    awry("score", bundle, clip, "--out", out, "--regions", regions, "--maps", maps)
    rows = rows_of(regions)
    assert list(rows[0]) == tables.REGION_COLUMNS
    assert all(0 <= float(row["x_min"]) <= float(row["x_max"]) <= 71 for row in rows)
    assert all(0 <= float(row["y_min"]) <= float(row["y_max"]) <= 47 for row in rows)
    assert any(30 <= int(row["frame"]) < 45 for row in rows)
    with np.load(maps / "gate.npz") as stored:
        assert stored["frames"].tolist() == list(range(1, 60))
        assert stored["maps"].shape[0] == 59
        assert stored["maps"].dtype == np.float32


def test_an_overlay_has_every_frame(awry, bundle: Path, clip: Path, out: Path) -> None:
    video = out.with_name("look.mp4")
    assert awry("score", bundle, clip, "--out", out, "--overlay", video, "--fps", 10).code == 0
    with av.open(str(video)) as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
        assert container.streams.video[0].average_rate == 10
    assert len(pictures) == 60
    quiet, loud = pictures[10][-50, 4].astype(int), pictures[36][-50, 4].astype(int)
    assert loud[0] - loud[1] > 100  # the alarm's red label
    assert quiet.max() < 80


def test_several_sources_by_unique_names(
    awry, bundle: Path, clip: Path, make_video, clip_images, tmp_path: Path, out: Path
) -> None:
    for number in range(2):
        make_video(tmp_path / "videos" / f"v{number}.mp4", clip_images(900 + number))
    make_video(tmp_path / "other" / "v0.mp4", clip_images(900)[:20])
    video, alone = out.with_name("look.mp4"), tmp_path / "other" / "v0.mp4"
    words = ("--out", out, "--overlay", video)
    said = awry("score", bundle, tmp_path / "videos", clip, alone, *words)
    assert said.code == 0
    counts: dict[str, int] = {}
    for row in rows_of(out):
        counts[row["source"]] = counts.get(row["source"], 0) + 1
    assert counts == {"v0": 60, "v1": 60, "gate": 60, "v0-2": 20}
    made = sorted(path.name for path in out.parent.iterdir())
    assert made == [*(f"look-{name}.mp4" for name in ("gate", "v0-2", "v0", "v1")), "scores.csv"]


def test_masks_beside_clips_are_not_scored(
    awry, bundle: Path, clip: Path, tmp_path: Path, out: Path
) -> None:
    folder = tmp_path / "Test"
    shutil.copytree(clip, folder / "Test001")
    write_images(folder / "Test001_gt", np.zeros((60, 48, 72, 3), np.uint8))
    said = awry("score", bundle, folder, "--out", out, "--json")
    assert [row["source"] for row in said.json["sources"]] == ["Test001"]
    assert "taken for masks" in " ".join(said.json["notes"])


def test_bad_pictures_among_good_ones(awry, bundle: Path, clip: Path, out: Path) -> None:
    (clip / "011.png").write_bytes(b"")
    (clip / "021.png").write_bytes((clip / "022.png").read_bytes()[:200])
    write_images(clip, moving_square(1, 0, (24, 36)), first=31)
    said = awry("score", bundle, clip, "--out", out, "--json")
    assert said.code == 1
    assert [int(row["frame"]) for row in rows_of(out)] == [
        index for index in range(60) if index not in (10, 20, 30)
    ]
    assert "011.png" in said.err
    assert "021.png" in said.err
    assert "another size than the first (72x48) were left out: 1, the first of" in said.err
    assert len(said.json["failed"]) == 3


def test_bad_sources_among_good_ones(
    awry, bundle: Path, clip: Path, tmp_path: Path, out: Path
) -> None:
    (tmp_path / "videos").mkdir()
    (tmp_path / "videos" / "zero.mp4").write_bytes(b"")
    (tmp_path / "videos" / "words.avi").write_text("no video")
    (tmp_path / "empty").mkdir()
    sources = (tmp_path / "videos", tmp_path / "empty", clip, tmp_path / "nowhere")
    said = awry("score", bundle, *sources, "--out", out, "--json")
    assert said.code == 1
    assert {row["source"] for row in rows_of(out)} == {"gate"}
    for name in ("zero.mp4", "words.avi", "empty", "nowhere"):
        assert any(name in sentence for sentence in said.json["failed"])


@pytest.mark.parametrize("make", ["empty", "zero", "nowhere", "square"])
def test_nothing_to_score_cannot_start(
    awry, bundle: Path, tmp_path: Path, out: Path, make: str
) -> None:
    source = tmp_path / make
    if make == "empty":
        source.mkdir()
    elif make == "zero":
        source = source.with_suffix(".mp4")
        source.write_bytes(b"")
    elif make == "square":
        write_images(source, moving_square(5, 0, (48, 48)))
    said = awry("score", bundle, source, "--out", out, "--json")
    assert (said.code, said.out) == (2, "")
    expected = {
        "empty": "holds nothing to read",
        "zero": "is empty (zero bytes)",
        "nowhere": "Cannot find",
        "square": "another aspect ratio",
    }
    assert expected[make] in said.err
    assert not out.exists()


def test_another_size_of_the_same_aspect_warns(
    awry, bundle: Path, tmp_path: Path, out: Path
) -> None:
    large = write_images(tmp_path / "large", moving_square(5, 0, (96, 144)))
    said = awry("score", bundle, large, "--out", out)
    assert said.code == 0
    assert "awry: The frames are 144x96, but the model was fitted on 72x48" in said.err
    assert len(rows_of(out)) == 5


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("--out", "s.txt"), "its ending must be one of .csv, .jsonl, .parquet"),
        (("--out", "s.csv", "--events", "e.json"), "its ending must be one of"),
        (("--out", "s.csv", "--overlay", "o.gif"), "expected a name that ends in .mp4"),
        (("--out", "s.csv", "--scene", "scen"), "did you mean 'scene'?"),
        (("--out", "s.csv", "--parts", "latent"), "flow has no extra part 'latent'"),
    ],
)
def test_what_is_unknown_is_refused_first(
    awry, bundle: Path, clip: Path, tmp_path: Path, monkeypatch, words, sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    said = awry("score", bundle, clip, *words)
    assert said.code == 2
    assert sentence in said.err
    assert [path.name for path in tmp_path.iterdir()] == ["gate"]


@pytest.mark.parametrize("spoil", ["byte", "newer", "none"])
def test_a_bundle_that_cannot_be_trusted_is_refused(
    awry, bundle: Path, clip: Path, tmp_path: Path, out: Path, spoil: str
) -> None:
    mine = tmp_path / "bundle"
    shutil.copytree(bundle, mine)
    manifest, tensors = mine / "manifest.json", mine / "model.safetensors"
    if spoil == "byte":
        data = bytearray(tensors.read_bytes())
        data[-1] ^= 1
        tensors.write_bytes(data)
    elif spoil == "newer":
        written = json.loads(manifest.read_text())
        manifest.write_text(json.dumps({**written, "format": 99}))
    else:
        manifest.unlink()
    said = awry("score", mine, clip, "--out", out)
    assert said.code == 2
    expected = {"byte": "hash differs", "newer": "Install a newer awry", "none": "is not a bundle"}
    assert expected[spoil] in said.err
    assert not out.exists()


def test_a_full_disk_keeps_what_was_scored(bundle: Path, clip: Path, out: Path) -> None:
    out.parent.mkdir()
    out.write_text("source,frame,time_s,score,scored\nearlier,0,,1.0,1\n")
    few = partial(resource.setrlimit, resource.RLIMIT_FSIZE, (2000, 2000))
    with Program("score", bundle, clip, "--out", out, "--fps", 10, prepare=few) as alone:
        _, said = alone.communicate(timeout=60)
    assert alone.returncode == 2
    written = out.with_name("scores.partial.csv")
    rows = rows_of(written)
    assert f"The {len(rows)} rows written by then are in {written}" in said
    assert 0 < len(rows) < 60
    assert [int(row["frame"]) for row in rows] == list(range(len(rows)))
    assert written.read_text().endswith("\n")
    assert "earlier" in out.read_text()


def test_a_clip_within_the_warm_up_is_said(awry, bundle: Path, tmp_path: Path, out: Path) -> None:
    one = write_images(tmp_path / "one", moving_square(1, 0))
    said = awry("score", bundle, one, "--out", out, "--json")
    assert said.code == 0
    assert "no frame was scored" in said.json["notes"][0]
    assert [(row["score"], row["scored"]) for row in rows_of(out)] == [("0.0", "0")]


def test_a_stream_is_scored_without_telling_its_secrets(
    awry, bundle: Path, tmp_path: Path, make_video, clip_images, out: Path
) -> None:
    content = make_video(tmp_path / "film.mkv", clip_images(900)).read_bytes()

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    maps = out.with_name("maps")
    with serving(answer) as url:
        said = awry("score", bundle, url, "--out", out, "--maps", maps, "--json")
    assert said.code == 0
    assert len(rows_of(out)) == 60
    assert "s3cret" not in said.out + said.err + out.read_text()
    assert "t0ken" not in said.out + said.err + out.read_text()
    assert len(list(maps.glob("*.npz"))) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["film.mkv", "out"]


def test_several_bundles_see_the_same_frames(
    awry, bundle: Path, tmp_path: Path, clip_images
) -> None:
    clip = write_images(tmp_path / "gate", clip_images(900))
    second = tmp_path / "second"
    shutil.copytree(bundle, second)
    words = ("score", bundle, clip, "--also", second, "--fps", 10, "--json")
    said = awry(*words, "--out", tmp_path / "one.csv")
    assert said.code == 0, said.err
    one, two = (tmp_path / name for name in ("one.csv", "one-second.csv"))
    assert one.read_text() == two.read_text()
    assert said.json["also"]["second"]["frames"] == said.json["frames"]


def test_a_bundle_that_cannot_go_on_does_not_stop_the_others(
    awry, bundle: Path, tmp_path: Path, clip_images
) -> None:
    clip = write_images(tmp_path / "gate", clip_images(900))
    other = tmp_path / "other"
    detector = Detector.load(bundle)
    replace(detector, frame_size=(48, 300)).save(other)
    alone = awry("score", bundle, clip, "--fps", 10, "--out", tmp_path / "alone.csv")
    assert alone.code == 0
    words = ("score", bundle, clip, "--also", other, "--fps", 10)
    said = awry(*words, "--out", tmp_path / "one.csv")
    assert said.code == 1
    assert "gate by other: The frames are" in said.err
    assert (tmp_path / "one.csv").read_text() == (tmp_path / "alone.csv").read_text()
