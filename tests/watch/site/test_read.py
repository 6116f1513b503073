"""A site's file, with all its mistakes at once and each where it belongs."""

from __future__ import annotations

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awry.errors import AwryError, ConfigError
from awry.watch.site.problems import SiteError
from awry.watch.site.read import parse_site, read_site

GOOD = """
store: ./store
timezone: Europe/Vienna
schedules:
  night: [mon-fri 18:00-07:00]
retention: {days: 2w}
defaults:
  budget: 2/day
cameras:
  door:
    detect: rtsp://root:${WORD}@10.0.0.5/live
    learn: 24h
    armed: night
  yard:
    detect: rtsp://10.0.0.6/live
    bundle: bundles/yard
    budget: 1/week
"""


def parsed(text: str, **names: str):
    return parse_site(text.encode(), Path("/etc/awry/site.yaml"), environment=names)


def test_a_site(tmp_path: Path) -> None:
    path = tmp_path / "site.yaml"
    path.write_text(GOOD)
    read = read_site(path, environment={"WORD": "a@b"})
    door, yard = read.site.cameras["door"], read.site.cameras["yard"]
    assert door.detect.get_secret_value() == "rtsp://root:a%40b@10.0.0.5/live"
    assert (door.budget, yard.budget) == ("2/day", "1/week")
    assert (door.learn.seconds, door.armed) == (86_400, "night")
    assert yard.bundle == tmp_path / "bundles/yard"
    assert read.site.store == tmp_path / "store"
    assert read.site.retention.days == 14
    assert (read.misconfigured, read.problems, read.warnings) == ({}, (), ())
    assert read.names == ("door", "yard")
    assert len(read.version) == 64


def test_one_camera_s_mistakes_are_that_camera_s() -> None:
    text = GOOD + "    budgte: 1\n    pre_roll_s: 1h\n    zones: 3\n"
    read = parsed(text, WORD="w")
    assert list(read.site.cameras) == ["door"]
    assert read.misconfigured == {
        "yard": "line 18, budgte: unknown key; did you mean 'budget'?; line 19, pre_roll_s: "
        "expected a value less than or equal to 60; line 20, zones: expected a list."
    }
    assert [problem.camera for problem in read.problems] == ["yard"] * 3


def test_a_secret_that_is_not_there_is_one_camera_s_too() -> None:
    read = parsed(GOOD)
    assert list(read.site.cameras) == ["yard"]
    assert "WORD of the environment is not set" in read.misconfigured["door"]


def test_a_name_that_is_none_is_told_but_not_used() -> None:
    read = parsed(GOOD + "  ../up:\n    detect: rtsp://x\n", WORD="w")
    assert list(read.site.cameras) == ["door", "yard"]
    assert read.misconfigured == {}
    assert read.problems[0].camera == "../up"


def test_names_that_clash() -> None:
    read = parsed("store: s\ncameras:\n  a-b: {detect: 'http://x'}\n  a_b: {detect: 'http://y'}\n")
    assert list(read.site.cameras) == ["a-b"]
    assert "too much like a-b" in read.misconfigured["a_b"]


def test_all_problems_of_a_site_are_told_at_once() -> None:
    with pytest.raises(SiteError) as error:
        parsed(
            "stoer: x\nweb: {port: 99999, host: [1]}\ntimezone: Europe/Viena\nnotify: {a: 1}\n"
            "defaults: {budget: 1, name: x, pre_roll_s: 99}\ncameras: {a: {detect: []}}\n"
        )
    told = sorted((problem.line, problem.where) for problem in error.value.problems)
    assert told == [
        (1, "stoer"),
        (1, "store"),
        (2, "web.host"),
        (2, "web.port"),
        (3, "timezone"),
        (4, "notify"),
        (5, "defaults.budget"),
        (5, "defaults.name"),
        (5, "defaults.pre_roll_s"),
        (6, "cameras.a.detect"),
    ]
    assert "did you mean 'store'" in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "there is nothing in it"),
        ("# only this\n", "there is nothing in it"),
        ("- a\n", "line 1: expected a mapping"),
        ("cameras: [a]\nstore: x\n", "line 1, cameras: expected a mapping of names"),
        ("store: [\n", "this is no YAML"),
    ],
)
def test_what_is_no_site(text: str, said: str) -> None:
    with pytest.raises(SiteError, match=said):
        parsed(text)


def test_odd_things_are_warnings() -> None:
    text = GOOD + "  again: {detect: 'rtsp://10.0.0.6/live'}\n"
    (warning,) = parsed(text, WORD="w").warnings
    assert str(warning) == "line 18, cameras.again.detect: it has the same address as yard"


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"awry watch init gone\.yaml makes one"):
        read_site(tmp_path / "gone.yaml")
    with pytest.raises(ConfigError, match="Is a directory"):
        read_site(tmp_path)


def test_no_secret_is_in_what_is_said_or_shown(tmp_path: Path) -> None:
    text = (
        "store: s\nmqtt: {host: b, password: s3cret, port: x}\n"
        "notify: [{name: A, to: 'tgram://s3cret/1'}]\n"
        "cameras: {a: {detect: 's3cret', record: 'x:s3cret@y'}, b: {detect: [s3cret]}}\n"
    )
    with pytest.raises(SiteError) as error:
        parsed(text)
    assert "s3cret" not in str(error.value) + repr(error.value.problems)
    read = parsed(GOOD, WORD="s3cret")
    assert "s3cret" not in repr(read) + read.site.model_dump_json()


@given(st.text("abc:-[]{}&*!|>%@`'\"#?,\n \t0.~"))
def test_whatever_is_typed_ends_in_settings_or_in_an_error_of_ours(text: str) -> None:
    with suppress(AwryError):
        assert parsed(f"store: s\n{text}").version


def test_the_reader_loads_neither_torch_nor_av() -> None:
    code = (
        "import sys, awry.watch.site.read, awry.watch.site.edit, awry.watch.site.diff\n"
        "print(sorted({'torch', 'av', 'cv2', 'numpy'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
