from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from awry.frames import Frame
from awry.progress import Silent
from awry.sifting.review.pictures import Pictures, Store, around
from awry.sifting.review.session import ReviewSession
from awry.sifting.run import RankedClip
from awry.video import VideoFile
from awry.video.files import VideoFile as File


def opened(data: bytes | None) -> Image.Image:
    assert data is not None
    return Image.open(io.BytesIO(data))


def test_a_frame_as_it_was_sifted(session: ReviewSession, sifted: Path) -> None:
    pictures = Pictures(session)
    picture = opened(pictures.frame(1, 17))
    assert (picture.format, picture.size) == ("JPEG", (72, 48))
    video = VideoFile(sifted.parent / "videos" / "gate1.mp4")
    expected = [frame.image for frame in video][17].astype(int)
    shown = np.asarray(picture).astype(int)
    assert np.abs(shown[8:] - expected[8:]).mean() < 6
    assert shown[:3].mean() < 6  # ignored rows are black


def test_heat_changes_with_learning(session: ReviewSession) -> None:
    pictures = Pictures(session)
    moment = session.moments[0]
    plain, heat = (
        pictures.frame(moment.clip, moment.place),
        pictures.heat(moment.clip, moment.place),
    )
    assert opened(heat).size == opened(plain).size
    assert heat != plain
    assert pictures.heat(moment.clip, moment.place) is heat
    before = session.heat(moment.clip, moment.place)
    session.mark(moment, "normal")
    session.retrain(Silent())
    assert not np.array_equal(before, session.heat(moment.clip, moment.place))
    assert pictures.heat(moment.clip, moment.place) is not heat


def test_the_seconds_around_a_frame_move(session: ReviewSession) -> None:
    clip = opened(Pictures(session).clip(0, 20))
    assert (clip.format, clip.size) == ("WEBP", (72, 48))
    assert clip.n_frames == 40  # 10 a second, less than 2 s on each side
    clip.seek(1)
    clip.load()
    assert clip.info["duration"] == 100
    assert opened(Pictures(session).clip(0, 0)).n_frames == 21


def test_pictures_are_read_once_and_jumped_to(session: ReviewSession, monkeypatch) -> None:
    def refuse(self: File) -> None:
        raise AssertionError("read from the start")

    monkeypatch.setattr(File, "__iter__", refuse)
    pictures = Pictures(session)
    first = pictures.frame(0, 30)
    monkeypatch.setattr(session, "_clips", {})
    assert pictures.frame(0, 30) is first
    assert pictures.frame(0, 31) is None
    assert pictures.clip(0, 31) is None


def test_of_a_clip_with_faults_nothing_is_jumped_to(session: ReviewSession, monkeypatch) -> None:
    pictures = Pictures(session)
    good = pictures.frame(0, 30)
    clips = [replace(clip, notes=("A frame is lost.",)) for clip in session.run.clips]
    session.run = replace(session.run, clips=tuple(clips))
    reads = []
    original = File.__iter__
    monkeypatch.setattr(File, "__iter__", lambda self: reads.append(1) or original(self))
    assert Pictures(session).frame(0, 30) == good
    assert reads == [1]


def test_videos_that_are_gone_give_no_pictures(sifted: Path, tmp_path: Path) -> None:
    import json

    folder = Path(shutil.copytree(sifted, tmp_path / "run"))
    facts = json.loads((folder / "run.json").read_text())
    facts["about"]["sources"] = [str(tmp_path / "gone")]
    (folder / "run.json").write_text(json.dumps(facts))
    session = ReviewSession(folder)
    assert Pictures(session).frame(0, 3) is None
    assert len(session.notes) == 1
    assert session.notes[0].startswith("No picture can be shown. There is nothing to sift.")
    session.close()


def ranked(times: list[float], fps: float | None = 25.0) -> RankedClip:
    series = np.array(times, float)
    return RankedClip("c", "s", fps, np.arange(len(times)), series, series, {"sp": series})


@pytest.mark.parametrize(
    ("rate", "step", "count"),
    [(10, 1 / 10, 41), (12, 1 / 12, 48), (25, 3 / 25, 34), (30, 3 / 30, 41), (60, 5 / 60, 48)],
)
def test_at_most_four_seconds_and_twelve_a_second(rate: int, step: float, count: int) -> None:
    places, between = around(ranked([n / rate for n in range(rate * 20)]), rate * 10)
    assert between == pytest.approx(step)
    assert len(places) == count
    assert np.ptp(places) / rate <= 4


def test_around_without_times_at_the_edge_and_alone() -> None:
    unknown = ranked([np.nan] * 100, None)
    places, between = around(unknown, 50)
    assert (places.min(), places.max(), between) == (30, 70, pytest.approx(0.1))
    assert around(ranked([0.0, 0.1, 0.2]), 0)[0].tolist() == [0, 1, 2]
    assert around(ranked([0.0]), 0) == (np.array([0]), pytest.approx(1 / 12))
    far = ranked([0.0, 10.0, 20.0])
    assert around(far, 1)[0].tolist() == [1]


def test_the_store_is_bounded_and_keeps_what_is_used() -> None:
    store, made = Store(1000), []

    def get(key: str, size: int) -> None:
        store.get(key, lambda: made.append(key) or bytes(size))

    for key in "abcd":
        get(key, 240)
    get("a", 240)
    get("e", 240)
    assert made == list("abcde")
    get("a", 240)
    get("b", 240)
    assert made == [*"abcde", "b"]
    get("big", 900)
    get("big", 900)
    assert made[-2:] == ["big", "big"]
    assert store.get("none", lambda: None) is None


def test_a_flood_of_requests_decodes_in_two_threads(session: ReviewSession, monkeypatch) -> None:
    pictures, seen = Pictures(session), set()
    real = Pictures._frames

    def watched(self: Pictures, clip: int, places: np.ndarray) -> Iterator[Frame]:
        seen.add(threading.current_thread().name)
        return real(self, clip, places)

    monkeypatch.setattr(Pictures, "_frames", watched)
    with ThreadPoolExecutor(12) as browsers:
        found = list(browsers.map(lambda place: pictures.frame(0, place), range(24)))
    assert all(found)
    assert seen <= {"decoding_0", "decoding_1"}
