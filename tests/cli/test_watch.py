"""`awry watch` as a person types it; each command's function has tests of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import awry.watch
from awry.cli import watch as command
from awry.errors import MissingError
from awry.watch.keeper.replay import Replayed, ReplayedEvent
from awry.watch.told import Told


@pytest.fixture
def site(tmp_path: Path, cheap_passwords: None) -> Path:
    path = tmp_path / "site.yaml"
    path.write_text(
        "store: store\nweb: {enabled: false}\nretention: {gib: 0.001, free_gib: 0}\n"
        "cameras: {door: {detect: 'rtsp://root:s3cret@127.0.0.1:9/live'}}\n"
    )
    path.chmod(0o600)
    return path


def test_a_new_site(tmp_path: Path, awry: Any) -> None:
    path = tmp_path / "site.yaml"
    said = awry("watch", "init", path, "--camera", "door=rtsp://root:s3cret@door/live")
    assert said.code == 0
    assert "door: rtsp://***@door/live" in said.out
    assert "s3cret" not in said.out + said.err
    again = awry("watch", "init", path)
    assert (again.code, "left as it is" in again.err) == (2, True)
    assert awry("watch", "init", tmp_path / "b.yaml", "--json").json["cameras"] == {}
    without = awry("watch", "init", tmp_path / "c.yaml").out
    assert "it says where its page is, and cameras are added there" in without


def test_cameras_are_asked_for_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    typed = iter(["rtsp://door", "door", "rtsp://yard", "yard", ""])
    monkeypatch.setattr(command.typer, "prompt", lambda *_, **__: next(typed))
    assert command.asked_cameras() == ["door=rtsp://door", "yard=rtsp://yard"]


def test_a_check(site: Path, awry: Any) -> None:
    fine = awry("watch", "check", site, "--no-cameras", "--no-load")
    assert (fine.code, fine.err) == (0, "")
    assert "problems: 0, warnings: 0; it would run." in fine.out
    away = awry("watch", "check", site)
    assert away.code == 1
    assert "awry: camera door: detect: Cannot open the stream rtsp://***@127.0.0.1:9" in away.err
    assert "s3cret" not in away.out + away.err
    site.write_text("stoer: 1\n")
    broken = awry("watch", "check", site)
    assert broken.code == 2
    assert "line 1, stoer: unknown key; did you mean 'store'?" in broken.err
    assert awry("watch", "check", site, "--json").json["runs"] is False
    assert awry("watch", "check", site.parent / "gone.yaml").code == 2


def test_the_store_s_commands_before_there_is_one(site: Path, awry: Any) -> None:
    for words in (("status",), ("events",), ("fsck",), ("user", "list"), ("token", "list")):
        said = awry("watch", *words, site)
        assert said.code == 2
        assert "holds no database yet" in said.err


def test_the_store_s_commands(site: Path, tmp_path: Path, awry: Any) -> None:
    (tmp_path / "word").write_text("correct horse battery\n")
    assert awry("watch", "user", "add", site, "anna", "--password", tmp_path / "word").code == 0
    assert "no camera was ever watched" in awry("watch", "status", site).out
    assert awry("watch", "status", site, "--json").json["running"] is False
    assert awry("watch", "events", site).out == "no event.\n"
    assert "agree" in awry("watch", "fsck", site).out
    assert "database and 0 files" in awry("watch", "backup", site, tmp_path / "copy").out
    again = awry("watch", "backup", site, tmp_path / "copy")
    assert (again.code, "never overwrites" in again.err) == (2, True)
    assert "no stored scores" in awry("watch", "replay", site, "door", "--threshold", 1).err


def test_what_is_wrong_with_a_store_is_exit_code_1(
    site: Path, awry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = {"sound": False, "repaired": None}
    told = Told(values, ({"said": "clip.mp4 is on the disk, but not in the ledger."},))
    monkeypatch.setattr(awry_watch(), "fsck", lambda *_, **__: told, raising=False)
    said = awry("watch", "fsck", site)
    assert (said.code, said.out) == (1, "")
    assert "not in the ledger" in said.err


def test_events_and_more_of_them(site: Path, awry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    told = Told({"next": "1_a", "events": []}, ({"uid": "a", "camera": "door", "why": "[b] \x1b"},))
    monkeypatch.setattr(awry_watch(), "events", lambda *_, **__: told, raising=False)
    said = awry("watch", "events", site)
    assert "door" in said.out
    assert "More: --cursor 1_a" in said.out
    assert "\x1b" not in said.out


def test_replayed_events_have_times_for_people(
    site: Path, awry: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = ReplayedEvent(1_800_000_000.0, 1_800_000_002.5, 1_800_000_001.0, 1.23456, "day")
    found = Replayed(
        *("door", "b", "budget 1/week", 1_799_990_000.0, 1_800_000_060.0, 60.0),
        thresholds={"day": 1.0},
        how={"day": "by hand"},
        events=(event,),
        were=(),
    )
    monkeypatch.setattr(awry_watch(), "replay", lambda *_, **__: found, raising=False)
    said = awry("watch", "replay", site, "door").out
    assert "2027-01-15 08:00:00" in said
    assert "2.5" in said
    assert "1.235" in said
    assert "new: 1 (there were 0)" in said


@pytest.mark.parametrize("code", [0, 143])
def test_run_ends_with_the_site_s_exit_code(
    site: Path, awry: Any, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    monkeypatch.setattr(awry_watch(), "run", lambda *_, **__: code, raising=False)
    assert awry("watch", "run", site).code == code


def test_the_schema_is_json(awry: Any) -> None:
    assert awry("watch", "schema").json["title"] == "Settings of awry watch"


def test_without_the_extra(site: Path, awry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: object, **__: object) -> None:
        raise MissingError("awry watch needs ruamel: pip install 'awry[watch]'.")

    monkeypatch.setattr(awry_watch(), "check", missing, raising=False)
    said = awry("watch", "check", site)
    assert (said.code, said.err) == (
        2,
        "awry: awry watch needs ruamel: pip install 'awry[watch]'.\n",
    )


def awry_watch() -> Any:
    return awry.watch
