"""A camera's detector, learned from footage in a store."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from awry.detector import load
from awry.errors import TrainingError
from awry.progress import Silent
from awry.training.bundle import MANIFEST
from awry.video.writer import VideoWriter
from awry.watch.clock import ManualClock
from awry.watch.messages import BundleState
from awry.watch.site.model import Camera, Learning
from awry.watch.site.portions import TrainerSettings
from awry.watch.store.models import Base, BundleRow, EventRow, FootageRow
from awry.watch.trainer import core
from awry.watch.trainer.core import train
from scorer_fakes import bright_detector
from support import moving_square, write_images

FITTED = replace(bright_detector(), frame_size=(48, 72))
CORNER = ((0.0, 0.0), (0.2, 0.0), (0.2, 0.2))


def write_video(path: Path, images: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, 10.0, size=images.shape[1:3]) as writer:
        for image in images:
            writer.write(image)


def fake_fit(method: str, data: Any, *, out: Path, **options: Any) -> Any:
    """A fit that reads its footage, and makes a bundle of nothing but a name."""
    assert all(len(list(clip.open())) for clip in data.train)
    out.mkdir(parents=True)
    (out / MANIFEST).touch()
    return SimpleNamespace(detector=FITTED)


class Site:
    """A store with a database, and footage of a camera: files of six seconds."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.engine: Engine = create_engine(
            "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False}
        )
        Base.metadata.create_all(self.engine)
        self.clock = ManualClock(10_000.0)
        self.said: list[BundleState] = []
        self.learn = Learning(method="knn", preset="tiny")

    def gather(self, files: int) -> None:
        rows = []
        for number in range(files):
            path = f"footage/gate/{number}.mp4"
            write_video(self.root / path, moving_square(60, number))
            start = 100.0 * number
            rows.append(FootageRow(camera="gate", path=path, start=start, end=start + 6, bytes=1))
        self.add(*rows)

    def add(self, *rows: Any) -> None:
        with Session(self.engine) as session, session.begin():
            session.add_all(rows)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        with Session(self.engine) as session:
            yield session

    def settings(self, **other: Any) -> TrainerSettings:
        camera = Camera(
            name="gate", detect=SecretStr(""), learn=self.learn, budget="2/hour", ignore=(CORNER,)
        )
        return TrainerSettings(camera=camera, store=self.root, device="cpu", **other)

    def train(self, check: Callable[[], None] = lambda: None, **other: Any) -> BundleState:
        settings = self.settings(**other)
        return train(settings, self.reading, self.clock, self.said.append, Silent(), check)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    yield made
    made.engine.dispose()


def test_a_detector_is_fitted_and_tried_on_what_was_held_back(site: Site) -> None:
    site.gather(5)
    times = {"start": 210.0, "end": 212.0, "peak_at": 211.0}
    site.add(
        EventRow(
            uid="e", camera="gate", bundle="b", state="ended", score=1, threshold=1,
            label="abnormal", **times,
        ),
        BundleRow(camera="gate", path="bundles/gate/4", state="retired", at=1.0),
        BundleRow(camera="gate", path="bundles/gate/7", state="failed", at=2.0),
    )  # fmt: skip
    site.learn = Learning(method="daml", preset="tiny")
    state = site.train()
    assert [one.state for one in site.said] == ["fitting", "shadow"]
    assert state is site.said[-1]
    assert {(one.camera, one.path, one.method) for one in site.said} == {
        ("gate", "bundles/gate/5", "daml")
    }
    assert state.detail.startswith("On 6 seconds of footage that it never saw it would have given")
    facts = json.loads(state.facts)
    assert facts["rate"] == 10.0
    assert facts["light"] == "day"
    assert facts["held_back_s"] == pytest.approx(6.0)
    assert facts["allowed"] == pytest.approx(2 * 6.0 / 3600, abs=1e-4)
    bundle = site.root / "bundles" / "gate" / "5"
    detector = load(bundle, device="cpu")
    assert detector.facts.data.fps == 10.0
    assert detector.frame_size == (48, 72)
    assert detector.ignore.specs == ["polygon:0,0;14,0;14,9"]
    assert str(detector.calibration.scene("*").budget) == "2/hour"
    parts = detector.facts.data.parts
    spans = [span for part in parts.values() for span in part]
    assert not any(clip == "0002-2" and first < 60 and last > 50 for clip, first, last in spans)
    assert not (bundle.parent / "5.work").exists()


def test_too_little_footage_is_a_sentence_and_worth_another_try(site: Site) -> None:
    state = site.train()
    assert [one.state for one in site.said] == ["failed"]
    assert "no footage of gate to learn from yet" in state.detail
    assert json.loads(state.facts) == {"retry_s": 3600.0}
    assert not list((site.root / "bundles").rglob("*.json"))


@pytest.mark.parametrize(
    ("learn", "said"),
    [
        (Learning(method="knnn"), "did you mean 'knn'"),
        (Learning(method="knn", preset="tinny"), "no preset 'tinny'"),
        (Learning(method="knn", options={"kk": 1}), "no setting 'kk'"),
        (Learning(method="knn", folder=Path("/nowhere/at/all")), "nowhere"),
    ],
)
def test_mistakes_of_the_settings_are_sentences(site: Site, learn: Learning, said: str) -> None:
    site.gather(1)
    site.learn = learn
    state = site.train()
    assert state.state == "failed"
    assert said in state.detail
    assert not list((site.root / "bundles").rglob("*.plan.json"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (TrainingError("The loss is NaN."), "The loss is NaN."),
        (ZeroDivisionError("division by zero"), "The fit failed: division by zero."),
        (MemoryError(), "The fit failed: The memory does not suffice."),
    ],
)
def test_a_fit_that_fails_leaves_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch, error: Exception, said: str
) -> None:
    def fails(*args: Any, **options: Any) -> None:
        raise error

    site.gather(1)
    monkeypatch.setattr(core, "fit", fails)
    assert site.train().detail == said
    assert list((site.root / "bundles" / "gate").iterdir()) == []


def test_a_fit_that_was_killed_goes_on_with_the_same_footage(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []

    def killed(method: str, data: Any, **options: Any) -> None:
        asked.append({"clips": len(data.train), **options})
        checkpoint = options["out"].with_name("1.work") / "fit" / "0" / "checkpoint"
        checkpoint.parent.mkdir(parents=True)
        checkpoint.touch()
        raise KeyboardInterrupt

    site.gather(4)
    monkeypatch.setattr(core, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        site.train()
    site.add(BundleRow(camera="gate", path="bundles/gate/1", state="fitting", at=1.0))
    more = "footage/gate/more.mp4"
    site.add(FootageRow(camera="gate", path=more, start=9e3, end=9e3 + 6, bytes=1))
    write_video(site.root / more, moving_square(60, 9))

    def goes_on(method: str, data: Any, **options: Any) -> Any:
        asked.append({"clips": len(data.train), **options})
        return fake_fit(method, data, **options)

    monkeypatch.setattr(core, "fit", goes_on)
    monkeypatch.setattr(core, "load", lambda path, device: FITTED)
    state = site.train()
    assert state.path == "bundles/gate/1"
    assert state.state == "shadow"
    assert [one["resume"] for one in asked] == [False, True]
    assert asked[0]["clips"] == asked[1]["clips"]
    assert "goes on being fitted" in site.said[-2].detail

    # Killed after the bundle was whole, before the keeper knew: it is told again, not fitted.
    monkeypatch.setattr(core, "fit", killed)
    assert site.train().path == "bundles/gate/1"
    # Once the keeper knows, another fit has another number.
    with Session(site.engine) as session, session.begin():
        session.query(BundleRow).one().state = "active"
    with pytest.raises(KeyboardInterrupt):
        site.train(reason="refit")
    plans = [path.name for path in (site.root / "bundles" / "gate").glob("*.plan.json")]
    assert plans == ["2.plan.json"]
    assert (site.root / "bundles" / "gate" / "1" / MANIFEST).is_file()


def test_other_settings_begin_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def killed(method: str, data: Any, **options: Any) -> None:
        raise KeyboardInterrupt

    site.gather(2)
    monkeypatch.setattr(core, "fit", killed)
    with pytest.raises(KeyboardInterrupt):
        site.train()
    site.add(BundleRow(camera="gate", path="bundles/gate/1", state="fitting", at=1.0))
    site.learn = Learning(method="flow", preset="tiny")
    with pytest.raises(KeyboardInterrupt):
        site.train()
    plans = [path.name for path in (site.root / "bundles" / "gate").glob("*.plan.json")]
    assert plans == ["2.plan.json"]


def test_a_folder_is_learned_from(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core, "fit", fake_fit)
    for number in range(6):
        write_images(site.root / "own" / f"{number}", moving_square(60, number), ".bmp")
    site.learn = Learning(method="knn", preset="tiny", folder=site.root / "own")
    state = site.train()
    assert state.state == "shadow", state.detail
    assert json.loads(state.facts)["held_back_s"] == pytest.approx(6.0)


def test_reading_can_be_ended(site: Site) -> None:
    def check() -> None:
        raise KeyboardInterrupt

    site.gather(2)
    with pytest.raises(KeyboardInterrupt):
        site.train(check)
