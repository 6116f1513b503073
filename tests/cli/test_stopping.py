"""How an endless `awry score` ends: in order, at once, or by being killed."""

from __future__ import annotations

import csv
import io
import json
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from programs import Program
from support import moving_square, serving

Until = Callable[[Callable[[], bool]], None]


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def pictures_of(path: Path) -> int:
    with av.open(str(path)) as container:
        return len(list(container.decode(video=0)))


@contextmanager
def scoring(bundle: Path, out: Path, *words: object) -> Iterator[tuple[Program, Until]]:
    """`awry score` on an endless stream; the second value waits until something is true of it.

    The camera is never far ahead of the rows, so that no frame is skipped.
    """
    sent, over = threading.Condition(), threading.Event()
    partial = out.with_name(f"{out.stem}.partial{out.suffix}")

    def endless(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "multipart/x-mixed-replace; boundary=next")
        handler.end_headers()
        number = 0
        while not over.wait(0.01):
            if number > 5 and not has(partial, number - 5)():
                continue
            buffer = io.BytesIO()
            Image.fromarray(moving_square(1, number)[0]).save(buffer, "JPEG")
            head = f"--next\r\nContent-Type: image/jpeg\r\nContent-Length: {buffer.tell()}\r\n\r\n"
            try:
                handler.wfile.write(head.encode() + buffer.getvalue() + b"\r\n")
            except OSError:
                break
            number += 1
            with sent:
                sent.notify_all()

    def until(true: Callable[[], bool]) -> None:
        with sent:
            assert sent.wait_for(true, 120)

    with (
        serving(endless) as url,
        Program("score", bundle, url, "--out", out, *words) as process,
    ):
        try:
            yield process, until
        finally:
            over.set()


def has(path: Path, lines: int) -> Callable[[], bool]:
    return lambda: path.exists() and path.read_bytes().count(b"\n") > lines


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_orderly_end_writes_what_was_scored(bundle: Path, tmp_path: Path, number: int) -> None:
    out, video = tmp_path / "s.csv", tmp_path / "look.mp4"
    maps = tmp_path / "maps"
    words = ("--overlay", video, "--maps", maps, "--json")
    with scoring(bundle, out, *words) as (process, until):
        until(has(tmp_path / "s.partial.csv", 20))
        process.send_signal(number)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    summary = json.loads(said)
    assert summary["interrupted"] is True
    assert summary["failed"] == []
    assert any("stopped by" in note for note in summary["notes"])
    rows = rows_of(out)
    assert len(rows) == summary["frames"] >= 20
    assert rows[0]["time_s"] == "0.0"
    assert pictures_of(video) == len(rows)
    (stored,) = maps.iterdir()
    with np.load(stored) as found:
        assert found["maps"].shape[0] == len(rows) - 1  # the first is warm-up
    assert sorted(path.name for path in tmp_path.iterdir()) == ["look.mp4", "maps", "s.csv"]


def test_a_killed_run_loses_nothing_that_was_scored(bundle: Path, tmp_path: Path, awry) -> None:
    out, video = tmp_path / "s.csv", tmp_path / "look.mp4"
    partial = tmp_path / "s.partial.csv"
    words = ("--overlay", video, "--regions", tmp_path / "r.jsonl", "--maps", tmp_path / "maps")
    with scoring(bundle, out, *words) as (process, until):
        until(has(partial, 60))
        process.kill()
        process.wait()
    rows = rows_of(partial)
    assert len(rows) > 59
    assert [int(row["frame"]) for row in rows] == list(range(len(rows)))
    for line in (tmp_path / "r.partial.jsonl").read_text().splitlines():
        assert "box" not in json.loads(line)
    assert pictures_of(tmp_path / "look.partial.mp4") > 0
    (growing,) = (tmp_path / "maps").iterdir()
    assert np.load(growing)["map"].shape[0] >= len(rows) - 3
    labels = tmp_path / "labels.csv"
    name = rows[0]["source"]
    lines = [f"{name},{row['frame']},{int(row['frame']) % 2}\n" for row in rows]
    labels.write_text("clip,frame,label\n" + "".join(lines))
    measured = awry("metrics", "frame", "--scores", partial, "--labels", labels, "--json")
    assert measured.code == 0, measured.err


def test_the_second_signal_ends_at_once_with_a_sentence(bundle: Path, tmp_path: Path) -> None:
    out = tmp_path / "s.csv"
    with scoring(bundle, out) as (process, until):
        until(has(tmp_path / "s.partial.csv", 20))
        process.send_signal(signal.SIGSTOP)  # both signals are there before it goes on
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.send_signal(signal.SIGCONT)
        _, said = process.communicate(timeout=60)
    assert process.returncode in (130, 143)
    assert "Traceback" not in said
    assert said.splitlines()[-1].startswith("awry: stopped by")
    assert len(rows_of(tmp_path / "s.partial.csv")) >= 20
    assert not out.exists()


def test_another_run_never_takes_what_a_dead_one_left(
    bundle: Path, tmp_path: Path, awry, clip_images, make_video
) -> None:
    clip = make_video(tmp_path / "clip.mp4", clip_images(900))
    left = tmp_path / "out" / "s.partial.csv"
    left.parent.mkdir()
    left.write_text("source,frame,time_s,score,scored\nnight,0,,1.0,1\n")
    said = awry("score", bundle, clip, "--out", left.with_name("s.csv"), "--json")
    assert said.code == 0
    kept = left.with_name("s.partial-1.csv")
    assert rows_of(kept)[0]["source"] == "night"
    assert any(kept.name in note for note in said.json["notes"])
    assert sorted(path.name for path in left.parent.iterdir()) == ["s.csv", "s.partial-1.csv"]


def test_two_runs_do_not_share_a_place(bundle: Path, tmp_path: Path, awry) -> None:
    out = tmp_path / "s.csv"
    with scoring(bundle, out) as (process, until):
        until(has(tmp_path / "s.partial.csv", 5))
        said = awry("score", bundle, tmp_path, "--out", out)
        assert said.code == 2
        process.terminate()
        process.communicate(timeout=60)
    assert process.returncode == 0
