"""Streams and cameras in `score_sources`: together, anew after a loss, with clock times."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

import awry
from awry.detector import Detector
from awry.errors import AwryError, ConfigError, SourceError
from awry.frames import Event
from awry.progress import Silent
from awry.score_run import ScoreOptions, ScoreResult, score_sources
from awry.video.open import Found, FoundSource
from support import Camera, moving_square_data


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> Detector:
    out = tmp_path_factory.mktemp("live") / "flow"
    return awry.fit("flow", moving_square_data(), out=out).detector


class Said(Silent):
    """What a reporter was told."""

    def __init__(self) -> None:
        self.messages: list[str] = []
        self.begun: list[Event] = []

    def message(self, sentence: str) -> None:
        self.messages.append(sentence)

    def alarm_begins(self, event: Event) -> None:
        self.begun.append(event)


Score = Callable[..., tuple[ScoreResult, list[dict[str, str]]]]


@pytest.fixture
def score(detector: Detector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Score:
    """Score cameras by their names; several answers of one name come one after the other."""

    def run(
        cameras: dict[str, list[Camera | AwryError]], said: Said | None = None, **options: object
    ) -> tuple[ScoreResult, list[dict[str, str]]]:
        def opened(name: str) -> Camera:
            answer = cameras[name].pop(0)
            if isinstance(answer, AwryError):
                raise answer
            return answer

        def found(what: str, fps: float | None) -> Found:
            return Found((FoundSource(what, f"rtsp://{what}", lambda: opened(what)),))

        monkeypatch.setattr("awry.score_run.run.find_sources", found)
        monkeypatch.setattr("awry.video.reconnect.FIRST_WAIT_S", 0.0)
        out = tmp_path / "s.csv"
        result = score_sources(detector, list(cameras), ScoreOptions(out, **options), said)
        with out.open(newline="") as file:
            return result, list(csv.DictReader(file))

    return run


def patient(*steps: int | Callable[[], object], error: Exception | None = None) -> Camera:
    """A camera whose frames wait."""
    camera = Camera(steps, error)
    camera.is_live = False
    return camera


def frames_of(rows: list[dict[str, str]], name: str) -> list[int]:
    return [int(row["frame"]) for row in rows if row["source"] == name]


def test_several_streams_are_read_at_the_same_time_and_scored_in_turns(score: Score) -> None:
    later = threading.Event()
    first = patient(0, lambda: later.wait(20), *range(1, 10))
    second = patient(*range(5), later.set, *range(5, 10))
    result, rows = score({"a": [first], "b": [second]})
    assert later.is_set()
    assert not result.failed
    assert frames_of(rows, "a") == frames_of(rows, "b") == list(range(10))
    # The first one had one frame when the second was through half of its own.
    names = [row["source"] for row in rows]
    assert names.index("b") < names.index("a") + 5
    assert [source.frames for source in result.sources] == [10, 10]
    assert not [one for one in threading.enumerate() if one.name.startswith("reader of")]


def test_one_stream_that_fails_does_not_keep_the_others(score: Score) -> None:
    lost = patient(0, 1, error=SourceError("Lost it."))
    cameras = {"a": [SourceError("Nobody answers.")], "b": [lost], "c": [patient(*range(6))]}
    result, rows = score(cameras)
    assert frames_of(rows, "b") == [0, 1]
    assert frames_of(rows, "c") == list(range(6))
    assert result.failed == [
        "a: Nobody answers.",
        "b: Lost it. What was scored by then is kept.",
    ]


def test_what_is_wrong_is_said_when_it_happens(score: Score) -> None:
    said = Said()
    told = threading.Event()
    camera = patient(0, 1, lambda: camera.health.notes.append("Odd."), 2, lambda: told.wait(20), 3)
    said.message = lambda sentence: (said.messages.append(sentence), told.set())  # type: ignore
    result, rows = score({"a": [camera]}, said)
    assert told.is_set()
    assert said.messages == ["a: Odd."]
    assert result.failed == ["a: Odd."]
    assert len(rows) == 4


def test_skipped_frames_are_said_and_no_failure(score: Score) -> None:
    said = Said()
    more, taken = threading.Event(), threading.Event()
    said.advance = lambda *_, **__: (more.set(), taken.wait(20))  # type: ignore
    camera = Camera([0, lambda: more.wait(20), *range(1, 20), taken.set])
    result, rows = score({"a": [camera]}, said)
    assert frames_of(rows, "a") == [0, *range(12, 20)]
    assert not result.failed
    assert said.messages[0].startswith("a: Frames are skipped from frame 1 on")
    assert any("11 of 20 frames were skipped" in note for note in result.notes)


def test_a_lost_stream_is_opened_anew(score: Score) -> None:
    def cameras() -> dict[str, list[Camera | AwryError]]:
        lost = [patient(*range(3), error=SourceError("Lost it.")) for _ in range(2)]
        return {"a": [lost[0], SourceError("Nobody answers."), lost[1], patient(*range(2))]}

    result, rows = score(cameras(), reconnect=True)
    assert frames_of(rows, "a") == list(range(8))
    times = [float(row["time_s"]) for row in rows]
    assert times == sorted(times)
    assert sum("Connected again" in sentence for sentence in result.failed) == 2
    result, rows = score(cameras(), reconnect=True, attempts=1)
    assert frames_of(rows, "a") == [0, 1, 2]
    assert "Gave up after 1 attempts" in result.failed[-1]
    _, rows = score(cameras())
    assert frames_of(rows, "a") == [0, 1, 2]


def test_clock_times_stand_beside_seconds(score: Score) -> None:
    knowing = patient(*range(40))
    knowing.started_at = datetime.fromisoformat("2026-11-28T23:59:59+01:00")
    said = Said()
    result, rows = score({"a": [patient(*range(3))], "b": [knowing]}, said)
    assert [row["clock"] for row in rows if row["source"] == "a"] == [""] * 3
    clocks = {row["time_s"]: row["clock"] for row in rows if row["source"] == "b"}
    assert clocks["0.0"] == "2026-11-28T23:59:59.000+01:00"
    assert clocks["1.2"] == "2026-11-29T00:00:00.200+01:00"
    alarms = [event for event in result.alarms if event.source == "b"]
    assert alarms
    assert all(event.clock == clocks[str(event.start_s)] for event in alarms)
    assert all(event.clock for event in said.begun if event.source == "b")

    start = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
    _, rows = score({"a": [patient(*range(3))]}, start=start)
    assert rows[2]["clock"] == "2026-01-01T00:00:00.200+00:00"
    with pytest.raises(ConfigError, match="A start was given for 2 sources"):
        score({"a": [patient(0)], "b": [patient(0)]}, start=start)
    _, rows = score({"a": [patient(*range(3))]})
    assert "clock" not in rows[0]


def test_an_end_is_heard_while_no_frame_comes(
    score: Score, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    @contextmanager
    def flag() -> Iterator[list[bool]]:
        yield asked

    monkeypatch.setattr("awry.score_run.run.interrupt_flag", flag)
    camera = patient(0, 1, lambda: asked.append(True), lambda: camera.stopped.wait(20))
    result, rows = score({"a": [camera]})
    assert frames_of(rows, "a") in ([0], [0, 1])
    assert result.interrupted
    assert not result.failed
