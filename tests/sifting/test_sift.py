from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest

TINY = ("--preset", "tiny", "--fps", 10)


def test_a_ranking_events_and_a_page(merged_run: Path) -> None:
    with (merged_run / "scores.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {row["source"] for row in rows} == {
        *(f"train/day{n}" for n in range(3)),
        *(f"test/clip{n}" for n in range(2)),
    }
    with (merged_run / "events.csv").open() as file:
        events = list(csv.DictReader(file))
    scores = [float(event["score"]) for event in events]
    assert scores == sorted(scores, reverse=True)
    assert set(json.loads(events[0]["parts"])) >= {"sp", "isolation_forest", "initial"}
    page = (merged_run / "report.html").read_text()
    assert "Strangest moments" in page
    assert "awry review" in page
    assert page.count("under its anomaly map") == min(len(events), 24)


def test_any_videos_and_one_that_is_broken(awry, make_video, clip_images, tmp_path: Path) -> None:
    make_video(tmp_path / "in" / "good.mp4", clip_images(1))
    (tmp_path / "in" / "bad.mp4").write_bytes(b"no video")
    out = tmp_path / "run"
    said = awry("sift", tmp_path / "in", tmp_path / "nowhere", "--out", out, *TINY, "--json")
    assert said.code == 1
    assert said.json["clips"] == 1
    assert "bad was left out" in said.err
    assert "Cannot find" in said.err
    assert (out / "report.html").is_file()
    plain = awry("sift", tmp_path / "in" / "good.mp4", "--out", tmp_path / "other", *TINY)
    assert plain.code == 0
    assert "strangest moments" in plain.out


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ((), "Give either sources, or --data DIR --merged"),
        (("a.mp4", "--data", "d", "--merged"), "Give either sources"),
        (("--data", "d"), "add --merged"),
        (("nowhere.mp4",), "There is nothing to sift"),
        (("rtsp://camera/live",), "is a stream or a camera, without an end"),
    ],
)
def test_refusals(awry, tmp_path: Path, words: tuple[str, ...], expected: str) -> None:
    said = awry("sift", *words, "--out", tmp_path / "run")
    assert (said.code, said.out) == (2, "")
    assert expected in said.err
    assert not (tmp_path / "run").exists()


def test_pictures_as_they_are_where_a_layout_ignores_a_caption(
    awry, make_video, clip_images, tmp_path: Path
) -> None:
    """UMN's caption is ignored by its layout, and is there with --ignore none."""
    images = np.zeros((40, 240, 320, 3), np.uint8) + 90
    images[:, 100:140, 100:140] += np.random.default_rng(0).integers(
        0, 20, (40, 40, 40, 3), dtype=np.uint8
    )
    images[30:36, 4:20, 4:150] = 255
    make_video(tmp_path / "Trim1.mp4", images)
    (tmp_path / "labels.json").write_text('{"Trim1": [[31, 36]]}')
    peaks = {}
    for name, words in (("ignored", ()), ("as it is", ("--ignore", "none"))):
        out = tmp_path / name.replace(" ", "-")
        said = awry("sift", "--data", tmp_path, "--merged", "--out", out, *TINY, *words, "--json")
        assert said.code == 0, said.err
        assert json.loads((out / "run.json").read_text())["ignore"] == (
            [] if words else ["rows:0-23", "rectangle:250,198,,"]
        )
        with (out / "scores.csv").open() as file:
            rows = list(csv.DictReader(file))
        top = sorted(rows, key=lambda row: -float(row["initial"]))[:4]
        peaks[name] = sum(row["source"].startswith("test/") for row in top)
    assert peaks["as it is"] == 4
