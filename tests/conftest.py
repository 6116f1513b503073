"""What several tests need: the shared data, small footage, and commands as a person types them."""

from __future__ import annotations

import gc
import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import typer.main
import typer.testing
from safetensors.torch import save

from awry.cli.app import app
from awry.exporting import bundles
from awry.exporting.networks import to_onnx
from awry.methods.graphs import Graph
from awry.video.writer import VideoWriter
from support import moving_square, write_images

ROOT = Path(__file__).resolve().parent.parent
ABNORMAL = slice(30, 45)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Nothing that is collected is ever garbage: to look for some takes a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.fixture(scope="session", autouse=True)
def temporary_files_go_too(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Workers end without Python's own tidying, so what awry makes lies where pytest removes it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("temporary")))
        yield


@pytest.fixture(scope="session", autouse=True)
def commands_once() -> Iterator[None]:
    """Typer makes all commands anew at each call, a tenth of a second; here once for all tests."""
    made = cache(typer.main.get_command)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(typer.main, "get_command", made)
        patch.setattr(typer.testing, "_get_command", made)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """The shared data folder; a test that asks for it is skipped where it is not there."""
    places = [os.environ.get("AWRY_SHARED"), str(ROOT.parent / "shared")]
    for place in places:
        if place and (Path(place) / "data").is_dir():
            return Path(place)
    pytest.skip("needs the shared data folder ($AWRY_SHARED or ../shared)")


def described(graph: Graph) -> str:
    """What a network's file follows from: its layers, its weights and what it takes and gives."""
    weights = {key: value.contiguous() for key, value in graph.module.state_dict().items()}
    inputs = {name: (example.dtype, example.shape) for name, example in graph.inputs.items()}
    text = f"{graph.module!r} {inputs} {graph.outputs} {hashlib.sha256(save(weights)).hexdigest()}"
    return hashlib.sha256(text.encode()).hexdigest()


def list_operators_once(patch: pytest.MonkeyPatch) -> None:
    """PyTorch lists ONNX's operators anew for each network, half a second; here once for all."""
    from torch.onnx._internal.exporter._registration import ONNXRegistry

    if not hasattr(ONNXRegistry.from_torchlib, "cache_info"):
        made = cache(ONNXRegistry.from_torchlib)
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(made))


@pytest.fixture(scope="session", autouse=True)
def exported_once() -> Iterator[None]:
    """The same network becomes a file once for all bundles: it takes seconds."""
    files: dict[tuple[str, str, str], bytes] = {}

    def remembered(graph: Graph, name: str, method: str) -> bytes:
        key = (described(graph), name, method)
        if key not in files:
            list_operators_once(patch)
            files[key] = to_onnx(graph, name, method)
        return files[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundles, "to_onnx", remembered)
        yield


class Said:
    """What a command came to."""

    def __init__(self, result: Any) -> None:
        self.code: int = result.exit_code
        self.out: str = result.stdout
        self.err: str = result.stderr

    @property
    def json(self) -> Any:
        """Standard output, which must be JSON and nothing else."""
        return json.loads(self.out)


Awry = Callable[..., Said]


@pytest.fixture(scope="session")
def awry() -> Awry:
    """Runs a command in this process; faults of the program are raised."""

    def run(*words: object) -> Said:
        result = typer.testing.CliRunner().invoke(app, [str(word) for word in words])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result)

    return run


def running_square(seed: int, size: tuple[int, int] = (48, 72)) -> np.ndarray:
    """A clip in whose middle the square runs."""
    images = moving_square(60, seed, size)
    images[ABNORMAL] = moving_square(60, seed + 50, size, speed=8)[ABNORMAL]
    return images


def write_video(path: Path, images: np.ndarray, fps: float = 10) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps, size=images.shape[1:3]) as writer:
        for image in images:
            writer.write(image)
    return path


def write_film(path: Path, images: np.ndarray, fps: int = 10, keys: int = 12) -> Path:
    """A video with a key frame every so many frames, and pictures built on later ones between."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"bf": "2", "sc_threshold": "0"})
        stream.height, stream.width = images.shape[1:3]
        stream.codec_context.gop_size = keys
        for image in images:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.fixture(scope="session")
def make_video() -> Callable[..., Path]:
    return write_video


@pytest.fixture(scope="session")
def clip_images() -> Callable[..., np.ndarray]:
    return running_square


def write_data(root: Path) -> Path:
    for number in range(3):
        write_images(root / "train" / f"day{number}", moving_square(60, number))
    for number in range(2):
        write_images(root / "test" / f"clip{number}", running_square(900 + number))
    (root / "labels.csv").write_text("clip,first,last\nclip0,30,44\nclip1,30,44\n")
    return root


@pytest.fixture(scope="session")
def shared_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A plain folder that tests only read."""
    return write_data(tmp_path_factory.mktemp("data") / "yard")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A plain folder that a test may spoil."""
    return write_data(tmp_path / "yard")


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashing a password is meant to take long; here it need not."""
    from argon2 import PasswordHasher

    cheap = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("awry.watch.web.passwords.PasswordHasher", cheap)


@pytest.fixture(scope="session")
def bundle(awry: Awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The motion reference, fitted; tests only read it."""
    out = tmp_path_factory.mktemp("bundle") / "flow"
    said = awry("fit", "flow", "--data", shared_data, "--out", out, "--preset", "tiny", "--fps", 10)
    assert said.code == 0, said.err
    return out


@pytest.fixture(scope="session")
def trained_on_all(awry: Awry, shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with nothing held back, so that there is no threshold."""
    out = tmp_path_factory.mktemp("trained-on-all") / "flow"
    words = ("fit", "flow", "--data", shared_data, "--out", out, "--preset", "tiny", "--fps", 10)
    said = awry(*words, "--validation", 0, "--calibration", 0)
    assert said.code == 0, said.err
    assert "No footage was held back to take an alarm threshold from" in said.out
    assert "Nothing is held back for an alarm threshold" in said.err
    return out
