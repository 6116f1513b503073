"""A sifted archive of small videos."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from awry.sifting.review.server import application, guarded
from awry.sifting.review.session import ReviewSession
from support import moving_square

CLIPS, LENGTH = 4, 40


def strange_square(seed: int) -> np.ndarray:
    """A square that walks, and now and then jumps."""
    images = moving_square(LENGTH, seed, size=(48, 72))
    fast = moving_square(LENGTH, seed + 50, size=(48, 72), speed=9)
    for begin in (6, 28):
        images[begin : begin + 5] = fast[begin : begin + 5, ::-1]
    return images


@pytest.fixture(scope="session")
def sifted(awry: Callable, make_video: Callable, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four videos; tests only read it."""
    folder = tmp_path_factory.mktemp("review")
    for number in range(CLIPS):
        make_video(folder / "videos" / f"gate{number}.mp4", strange_square(number))
    network = ("backbone=random:resnet18", "batch=8")
    settings = (*network, "feedback_epochs=6", "abnormal_share=0.2", "epochs=1")
    changes = [word for setting in settings for word in ("--set", setting)]
    words = ("--preset", "tiny", "--ignore", "rows:0-3", *changes)
    said = awry("sift", folder / "videos", "--out", folder / "run", *words)
    assert said.code == 0, said.err
    return folder / "run"


@pytest.fixture
def run_folder(sifted: Path, tmp_path: Path) -> Path:
    """A run that a test may change; the videos stay where they are."""
    return Path(shutil.copytree(sifted, tmp_path / "run"))


@pytest.fixture
def session(run_folder: Path) -> Iterator[ReviewSession]:
    found = ReviewSession(run_folder)
    yield found
    found.close()


@pytest.fixture
def app(session: ReviewSession) -> Iterator[FastAPI]:
    """A review's application without its guards."""
    made = application(session)
    yield made
    made.state.reviewing.learning.wait()


@pytest.fixture
def served(app: FastAPI) -> Iterator[TestClient]:
    """A review as browsers on this machine ask it."""
    with TestClient(guarded(app, ""), "http://localhost") as client:
        yield client
