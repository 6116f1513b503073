"""The site's file while it runs: what is sound is taken over, what is broken changes nothing."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from awry.errors import AwryError
from awry.watch.supervisor.reload import SiteFile

HEAD = "store: {store}\ncameras:\n"


class Bench:
    def __init__(self, folder: Path) -> None:
        self.path, self.store = folder / "site.yaml", folder / "store"
        self.version = 0

    def write(self, cameras: str, store: str | None = None) -> None:
        self.path.write_text(HEAD.format(store=store or self.store) + cameras)
        self.version += 1
        os.utime(self.path, ns=(self.version * 10**9, self.version * 10**9))


DOOR = "  door: {detect: 'rtsp://a/1'}\n"
YARD = "  yard: {detect: 'rtsp://b/1'}\n"
BROKEN = "  door: {detect: 'rtsp://a/1', budget: 7/fortnight}\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    one = Bench(tmp_path)
    one.write(DOOR + YARD)
    return one


def test_a_change_is_noticed_every_few_seconds(bench: Bench) -> None:
    file = SiteFile(bench.path)
    file.first()
    assert not file.changed(100.0)
    bench.write(DOOR)
    assert not file.changed(101.0)
    assert file.changed(102.0)
    loaded = file.again()
    assert (list(loaded.site.cameras), loaded.said, loaded.refused) == (
        ["door"],
        "camera yard removed.",
        False,
    )
    assert not file.changed(110.0)
    bench.path.unlink()
    assert not file.changed(120.0)


def test_a_broken_file_at_the_start_is_an_error(bench: Bench) -> None:
    bench.path.write_text("store: [")
    with pytest.raises(AwryError):
        SiteFile(bench.path).first()


def test_a_broken_camera_at_the_start_is_its_own_affair(bench: Bench) -> None:
    bench.write(BROKEN + YARD)
    loaded = SiteFile(bench.path).first()
    assert list(loaded.site.cameras) == ["yard"]
    assert "budget" in loaded.misconfigured["door"]
    assert loaded.refused


@pytest.mark.parametrize("text", ["store: [", "- a list", "", "stroe: x\nstore: y\n"])
def test_a_file_that_breaks_while_the_site_runs_changes_nothing(bench: Bench, text: str) -> None:
    file = SiteFile(bench.path)
    before = file.first().site
    bench.path.write_text(text)
    loaded = file.again()
    assert loaded.site == before
    assert loaded.refused
    assert loaded.said.startswith("The settings stay as they were: ")
    bench.write(DOOR)
    assert list(file.again().site.cameras) == ["door"]


def test_a_camera_that_breaks_while_it_runs_runs_on(bench: Bench) -> None:
    file = SiteFile(bench.path)
    before = file.first().site
    bench.write(BROKEN + YARD.replace("b/1", "b/2"))
    loaded = file.again()
    assert loaded.site.cameras["door"] == before.cameras["door"]
    assert loaded.site.cameras["yard"].detect.get_secret_value() == "rtsp://b/2"
    assert loaded.misconfigured == {}
    assert loaded.refused
    assert loaded.said.startswith("camera yard: detect. ")
    assert loaded.said.endswith("It runs on as before.")


def test_a_new_camera_that_is_broken_is_misconfigured(bench: Bench) -> None:
    bench.write(YARD)
    file = SiteFile(bench.path)
    file.first()
    bench.write(BROKEN + YARD)
    loaded = file.again()
    assert list(loaded.site.cameras) == ["yard"]
    assert loaded.misconfigured.keys() == {"door"}


def test_another_store_needs_a_new_start(bench: Bench) -> None:
    file = SiteFile(bench.path)
    before = file.first().site
    bench.write(DOOR, store=f"{bench.store}-2")
    loaded = file.again()
    assert loaded.site == before
    assert "store cannot change while the site runs" in loaded.said
