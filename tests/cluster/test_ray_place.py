"""A Ray of our own, one that was there before, and none."""

from __future__ import annotations

import socket
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from awry.cluster import Pool, ray_place
from awry.cluster.ray_place import _here, _imported, _short_place, _within
from awry.devices import Compute, using
from awry.errors import AwryError, ConfigError, MissingError
from awry.runtimes import threads

ray = _imported()


@pytest.fixture
def closed_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


@pytest.fixture
def short_place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="r-", dir="/tmp") as folder:
        monkeypatch.setattr("tempfile.tempdir", folder)
        yield Path(folder)


def test_ours_is_ended_and_one_that_was_there_is_not(short_place: Path) -> None:
    with Pool(1) as outer:
        assert ray.get_runtime_context().gcs_address.startswith("127.0.0.1:")
        assert list(short_place.iterdir())
        with Pool() as inner:
            assert inner.workers == 1
        assert ray.is_initialized()
        with Pool(5) as inner:
            assert inner.workers == 1
            assert inner.notes == ["5 workers were asked for; the Ray there has room for 1."]
        with Pool(cpus=0.25) as inner:
            assert inner.workers == 4
        with pytest.raises(AwryError, match=r"take 0.5 GPUs, and the Ray there has 0\."):
            Pool(gpus=0.5)
        with pytest.raises(AwryError, match="A worker takes 2 cores, and the Ray there has 1"):
            Pool(cpus=2)
        with pytest.raises(ConfigError, match="on a Ray already"):
            Pool(1, "auto")
        assert list(outer.run(abs, [-1])) == [(-1, 1)]
    assert not ray.is_initialized()
    assert list(short_place.iterdir()) == []


def test_a_long_place_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/" + "a" * 60)
    assert _short_place() == "/tmp"


@pytest.mark.parametrize("scheme", ["ray://", ""])
def test_nobody_answers(scheme: str, closed_port: int) -> None:
    with pytest.raises(AwryError, match=f"No Ray answers at {scheme}127.0.0.1:{closed_port}"):
        Pool(2, f"{scheme}127.0.0.1:{closed_port}")


def test_somebody_else_answers() -> None:
    with pytest.raises(AwryError, match="No Ray answers at auto"):
        Pool(2, "auto")


@pytest.mark.parametrize("on", ["rays", "http://a:1", "ray://", "ray://a", "a:b", ""])
def test_no_place(on: str) -> None:
    with pytest.raises(ConfigError, match=f"Cannot work on '{on}'"):
        Pool(2, on)


def test_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MissingError, match=r"pip install 'awry\[cluster\]'"):
        Pool(2)


class Small:
    """What a Ray says that has one graphics card."""

    @staticmethod
    def cluster_resources() -> dict[str, float]:
        return {"CPU": 4.0, "GPU": 1.0}


def test_more_workers_than_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    place = _here(Small, 2, 1, 0.5)
    assert (place.workers, place.share) == (2, max(1, threads() // 2))
    assert "2 workers share 1 cores" in place.notes[0]
    with pytest.raises(AwryError, match=r"take 1.5 GPUs, and the Ray there has 1\."):
        _here(Small, 3, 1, 0.5)


def test_room_is_what_the_scarcest_leaves() -> None:
    assert _within(Small, None, 1, 0.5).workers == 2
    assert _within(Small, None, 0.5, 0).workers == 8
    place = _within(Small, None, 2, 0)
    assert (place.workers, place.share) == (2, 2)


@pytest.mark.parametrize(("workers", "share"), [(1, 1.0), (2, 1.0), (3, 0.5), (6, 0.3333)])
def test_workers_share_the_cards_of_a_machine(
    monkeypatch: pytest.MonkeyPatch, workers: int, share: float
) -> None:
    monkeypatch.setattr(ray_place, "available", lambda: ("cuda:0", "cuda:1", "cpu"))
    assert ray_place._cards_each(workers) == 0
    with using(Compute("cuda:0")):
        assert ray_place._cards_each(workers) == share
        assert ray_place._cards_each() == 1
