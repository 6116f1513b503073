"""Small footage that tests make on the spot."""

from __future__ import annotations

import importlib.util
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache, partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any
from unittest.mock import patch

import cv2
import numpy as np
from ray import cloudpickle
from scipy.signal import lfilter
from scipy.special import log_ndtr
from torch import nn

from awry.cluster.work import Failed, answer_of, made
from awry.evaluation.protocol import evaluate_frames
from awry.evaluation.scored_clip import ScoredClip
from awry.frames import Frame
from awry.methods.registry import method_class
from awry.studies.corruptions import corrupt
from awry.testing.case import Case
from awry.testing.footage import moving_square as moving_square
from awry.testing.footage import moving_square_data as moving_square_data
from awry.training.footage import Run
from awry.video.source import SourceHealth

TRUTH = {"a": np.repeat([0, 1], 10), "b": np.tile([0, 1], 8)}
"""Labels of two clips, and scores that follow them loosely."""
SERIES = {
    name: np.random.default_rng(seed).normal(size=len(labels)) + labels
    for seed, (name, labels) in enumerate(TRUTH.items())
}


@cache
def case_of(name: str) -> Case:
    """A method that is fitted once at `tiny`, for all tests of one process."""
    return Case(method_class(name))


@contextmanager
def sent_to_workers() -> Iterator[list[Any]]:
    """Inside, tasks go the way to workers and back, pickled, and are done here, the last one first.

    Yields:
        the tasks that were done.
    """
    from awry.cluster import pool

    tasks_done: list[Any] = []

    class Pool:
        def run(self, work: Any, tasks: Any) -> Iterator[tuple[Any, Any]]:
            packed = [cloudpickle.dumps(task) for task in tasks]
            tasks = [cloudpickle.loads(one) for one in packed]
            call = made(cloudpickle.loads(cloudpickle.dumps(work)))
            for task in reversed(tasks):
                answer = cloudpickle.loads(cloudpickle.dumps(answer_of(partial(call, task))))
                tasks_done.append(task)
                yield task, answer.error() if isinstance(answer, Failed) else answer

    with patch.object(pool, "current_pool", Pool):
        yield tasks_done


def write_images(folder: Path, images: np.ndarray, suffix: str = ".png", first: int = 1) -> Path:
    """Write pictures as numbered files."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, image in enumerate(images, first):
        cv2.imwrite(str(folder / f"{number:03d}{suffix}"), image[..., ::-1])
    return folder


def jpeg(image: np.ndarray) -> bytes:
    """An RGB picture as JPEG."""
    return cv2.imencode(".jpg", np.ascontiguousarray(image[..., ::-1]))[1].tobytes()


class _QuietServer(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news here."""


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server on loopback that answers every request so; gives an address with secrets in it."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *args: object) -> None:
            pass

    server = _QuietServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://guard:s3cret@127.0.0.1:{server.server_address[1]}/../live?token=t0ken"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def talking(talk: Callable[[socket.socket, socket.socket], None]) -> Iterator[int]:
    """A server on loopback for one connection: `talk(connection, listener)`; gives its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            with suppress(OSError), listener.accept()[0] as connection:
                talk(connection, listener)

        thread = threading.Thread(target=run)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.close()
            thread.join()


def rtsp_camera(stream: bytes) -> Callable[[socket.socket, socket.socket], None]:
    """An RTSP camera for `talking`: it sends a transport stream in RTP over TCP, then hangs up."""
    media = "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\nm=video 0 RTP/AVP 33\r\n"
    heads = {
        "OPTIONS": "Public: DESCRIBE, SETUP, PLAY\r\n",
        "DESCRIBE": f"Content-Type: application/sdp\r\nContent-Length: {len(media)}\r\n",
        "SETUP": "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\nSession: 1\r\n",
        "PLAY": "Session: 1\r\n",
    }

    def talk(connection: socket.socket, _: socket.socket) -> None:
        asked = ""
        with connection.makefile("rb") as lines:
            while asked != "PLAY":
                asked = lines.readline().decode().split()[0]
                number = ""
                while line := lines.readline().strip():
                    if line.lower().startswith(b"cseq:"):
                        number = line.split(b":")[1].decode().strip()
                answer = f"RTSP/1.0 200 OK\r\nCSeq: {number}\r\n{heads[asked]}\r\n"
                connection.sendall((answer + (media if asked == "DESCRIBE" else "")).encode())
        for number, start in enumerate(range(0, len(stream), 7 * 188)):
            piece = struct.pack(">BBHII", 0x80, 33, number, 0, 1) + stream[start : start + 7 * 188]
            connection.sendall(struct.pack(">cBH", b"$", 0, len(piece)) + piece)

    return talk


class Camera:
    """A live source of given frames; a step that is no number is called between them."""

    fps, is_live = 10.0, True

    def __init__(
        self,
        steps: Sequence[int | Callable[[], object]],
        error: Exception | None = None,
        name: str = "gate",
    ) -> None:
        self.name, self.health = name, SourceHealth()
        self.steps, self.error = steps, error
        self.ended = False
        self.stopped = threading.Event()
        self.images = moving_square(64, 0, speed=6)

    def stop(self) -> None:
        self.stopped.set()

    def __iter__(self) -> Iterator[Frame]:
        try:
            for step in self.steps:
                if callable(step):
                    step()
                else:
                    yield Frame(step, step / 10, self.images[step % 64])
            if self.error:
                raise self.error
        finally:
            self.ended = True


def exponential_scores(length: int, seed: int) -> np.ndarray:
    """float64 (length,): scores with an exponential tail that move slowly, as a clip's do.

    An autoregressive Gaussian that forgets within 5 frames, brought to the exponential
    distribution of mean 1.
    """
    memory = np.exp(-1 / 5)
    noise = np.random.default_rng(seed).normal(size=length + 200)
    walk = lfilter([np.sqrt(1 - memory**2)], [1.0, -memory], noise)[200:]
    return -log_ndtr(-walk)


def noise_run(
    length: int, seed: int = 0, scene: str = "a", size: tuple[int, int] = (16, 24)
) -> Run:
    """A training run of random pictures, uint8 (length, H, W, 3)."""
    images = np.random.default_rng(seed).integers(0, 256, (length, *size, 3), dtype=np.uint8)
    return Run(f"clip-{seed}", scene, 0, images, 10.0)


def write_mnist(folder: Path, digits: int = 10) -> Path:
    """MNIST's four files with two pictures a digit, all of the brightness that says which."""
    raw = folder / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for part, base in (("train", 100), ("t10k", 200)):
        labels = np.repeat(np.arange(digits), 2).astype(np.uint8)
        pictures = np.broadcast_to(base + labels[:, None, None], (len(labels), 28, 28))
        sizes = np.array([len(labels), 28, 28], ">i4").tobytes()
        header = bytes([0, 0, 8, 3]) + sizes
        (raw / f"{part}-images-idx3-ubyte").write_bytes(header + pictures.astype("u1").tobytes())
        header = bytes([0, 0, 8, 1]) + sizes[:4]
        (raw / f"{part}-labels-idx1-ubyte").write_bytes(header + labels.tobytes())
    return folder


def stir(module: nn.Module) -> None:
    """Give batch normalisation statistics and weights as after some training."""
    for part in module.modules():
        if isinstance(part, nn.BatchNorm2d | nn.BatchNorm3d):
            assert part.running_mean is not None
            assert part.running_var is not None
            part.running_mean.normal_(0, 0.3)
            part.running_var.uniform_(0.3, 1.5)
            if part.affine:
                part.weight.data.uniform_(0.5, 1.5)
                part.bias.data.normal_(0, 0.3)


def street(length: int = 60, size: tuple[int, int] = (72, 96)) -> np.ndarray:
    """A picture with surfaces, edges and texture, dark and bright, in which something moves."""
    draws = np.random.default_rng(7)
    coarse = draws.integers(30, 180, (9, 12, 3)).astype(np.uint8)
    scene = cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC)
    texture = sum(
        cv2.resize(draws.normal(0, 8, (size[0] // cell, size[1] // cell)), size[::-1])
        for cell in (2, 4, 8, 16)
    )
    scene = np.clip(scene + texture[:, :, None], 0, 255).astype(np.uint8)
    images = np.repeat(scene[None], length, axis=0)
    for number, image in enumerate(images):
        place = number % (size[1] - 12)
        image[40:64, place : place + 10] = (190, 40, 60)
    return images


def spoiled_pictures(frames: list[Frame], name: str, severity: int, **how: Any) -> np.ndarray:
    """What a corruption makes of frames, uint8 (n, H, W, 3)."""
    return np.stack([frame.image for frame in corrupt(frames, name, severity, 0, **how)])


def black_frames(length: int) -> list[Frame]:
    """Frames without any light."""
    return [Frame(index, None, np.zeros((240, 320, 3), np.uint8)) for index in range(length)]


def frame_level() -> dict[str, Any]:
    """Frame figures of three clips, as `metrics.json` has them, without the other levels."""
    own = {"micro_auc": 0.9215, "macro_auc": 0.88, "macro_n": 3, "macro_auc_sentinels": 0.86}
    constant = {"micro_auc": 0.5, "macro_auc": None, "macro_n": 0, "macro_auc_sentinels": None}
    empty: dict[str, Any] = {"variants": {}, "references": {}, "levels": {}, "parts": {}}
    intervals = {"frame": [0.9, 0.95], "content_free": {"constant": None}}
    return {
        **empty,
        "frame": {**own, "ap": 0.8},
        "content_free": {"constant": {**constant, "ap": 0.25}},
        "intervals": {**empty, **intervals, "frame_figures": {"ap": [0.7, 0.9]}},
        "settings": {
            "interval": "over clips",
            "smoothing": "none",
            "future_seen": {"none": "3 frames"},
        },
        **{"region": None, "pixel": None, "event": None, "why_not": {"region": "no boxes"}},
    }


_GENERATOR = np.random.default_rng(0)
CLIP_LABELS = {"a": np.repeat([0, 1, 0], 20), "b": np.tile(np.repeat([0, 1], 6), 5)}
"""Labels of two clips of 60 frames, and scores that mostly agree with them."""
CLIP_SCORES = {
    name: _GENERATOR.normal(size=len(marks)) + 2.0 * marks for name, marks in CLIP_LABELS.items()
}


def figures_alone(result: Any) -> dict[str, Any]:
    """What `awry.measure` gives, without where scores and labels came from."""
    values = result.to_dict()
    settings = {k: v for k, v in values["settings"].items() if k not in ("method", "labels")}
    settings.get("event", {}).pop("alarms", None)
    return {**values, "settings": settings}


def measured_clips(strength: float, frames: int = 30, **settings: Any) -> dict[str, Any]:
    """`metrics.json` of six labelled clips; the stronger, the more their scores tell."""
    rng = np.random.default_rng(4)
    clips = []
    for number in range(6):
        truth = (np.arange(frames) > 3 * number).astype(np.uint8)
        noise = rng.normal(size=30)[:frames]
        everything = np.ones(frames, bool)
        clips.append(
            ScoredClip(f"clip{number}", "yard", 10.0, noise + strength * truth, everything, truth)
        )
    return evaluate_frames(clips, settings=settings)


def docs_script(name: str) -> ModuleType:
    """A script of docs/ that writes a page, as a module."""
    file = Path(__file__).resolve().parents[1] / "docs" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
