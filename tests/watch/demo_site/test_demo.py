from __future__ import annotations

import socket
import stat
import threading
from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.watch import demo_site
from awry.watch.clock import ManualClock
from awry.watch.demo_site import demo as module
from awry.watch.demo_site.demo import (
    DemoSite,
    demo,
    folder_of,
    free_port,
    make_demo,
    past_seconds,
    write_settings,
)
from awry.watch.site.read import read_site


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch, cheap_passwords: None) -> list[object]:
    """A past that is not made, and a site that ends at once; what was asked for."""
    asked: list[object] = []

    class NoPast:
        def __init__(self, site, database, times, say, check) -> None:
            asked.append(times)
            check()

        def make(self) -> None: ...

        def end(self, now: float) -> None:
            asked.append(now)

    monkeypatch.setattr(module, "Past", NoPast)
    monkeypatch.setattr(
        "awry.watch.supervisor.run_site", lambda file, log, stop: asked.append(file) or 0
    )
    return asked


def answering(said: list[str], heard: threading.Event):
    """A site whose page answers until somebody was told of it."""

    def run_site(file: Path, log: object, stop: object) -> int:
        assert said == []
        with socket.create_server(("127.0.0.1", read_site(file).site.web.port)):
            return 0 if heard.wait(10) else 1

    return run_site


def test_the_page_is_named_once_it_answers(
    quick: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    heard = threading.Event()

    def say(text: str) -> None:
        said.append(text)
        if "Ctrl-C" in text:
            heard.set()

    monkeypatch.setattr("awry.watch.supervisor.run_site", answering(said, heard))
    assert demo(port=0, past="2m", say=say) == 0
    assert said[0].startswith("Open http://127.0.0.1:")
    assert "log in as demo with the password" in said[0]


def test_a_site_that_never_answers_is_not_named(quick: list[object]) -> None:
    said: list[str] = []
    assert demo(port=0, past="2m", say=said.append) == 0
    assert said == []


def test_a_temporary_folder_goes(quick: list[object]) -> None:
    said: list[str] = []
    assert demo(port=0, past="2m", say=said.append) == 0
    file = quick[-1]
    assert isinstance(file, Path)
    assert not file.parent.exists()
    assert quick[0].until - quick[0].since == 120


def test_it_stays_where_that_is_wished(quick: list[object], tmp_path: Path) -> None:
    said: list[str] = []
    assert demo(out=tmp_path / "new", port=0, past="2m", say=said.append) == 0
    file = tmp_path / "new" / "site.yaml"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert f"awry watch run {file}" in said[-1]
    with pytest.raises(ConfigError, match="not empty"):
        demo(out=tmp_path / "new", port=0, past="2m")


def test_a_user_is_made_whose_password_is_nowhere_but_said(
    quick: list[object], tmp_path: Path
) -> None:
    clock = ManualClock()
    made = make_demo(tmp_path, port=0, past_s=60, say=lambda said: None, clock=clock)
    assert isinstance(made, DemoSite)
    assert len(made.password) >= 10
    assert made.password not in made.file.read_text()
    assert quick[0].until == clock.now()
    assert f"busy_from={clock.now() + 25:.0f}" in made.file.read_text()
    assert made.log == tmp_path / "run.log"


def test_it_can_be_stopped_while_it_is_made(quick: list[object]) -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        demo(port=0, past="2m", say=lambda said: None, stop=stop)


@pytest.mark.parametrize("past", ["soon", "10s", "3d"])
def test_a_past_that_cannot_be(past: str) -> None:
    with pytest.raises(ConfigError, match="past"):
        past_seconds(past)


def test_a_port_that_is_taken_is_left() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert free_port(port) not in (0, port)


def test_a_folder_that_was_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.tempfile, "mkdtemp", lambda prefix: str(tmp_path / "kept"))
    (tmp_path / "kept").mkdir()
    said: list[str] = []
    with folder_of(None, True, said.append) as folder:
        write_settings(folder / "site.yaml", "store: store\n")
    assert (folder / "site.yaml").is_file()
    assert str(folder) in said[0]
    with folder_of(None, False, said.append):
        pass
    assert not folder.exists()


def test_it_is_a_function_of_the_package() -> None:
    import awry.watch

    assert awry.watch.demo is demo
    assert demo_site.__doc__
