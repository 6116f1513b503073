"""docs/watch.md: its tables, settings and commands are those of the program."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any, get_args

import pytest
import typer.main

from awry.cli.app import app
from awry.watch.messages import CameraState, Flag
from awry.watch.site.read import parse_site
from awry.watch.site.shapes import fields_of
from support import docs_script

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs/watch.md").read_text("utf-8")
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.M | re.S)


@pytest.fixture(scope="module")
def maker() -> ModuleType:
    return docs_script("make_settings")


def test_the_tables_are_the_model_s(maker: ModuleType) -> None:
    assert maker.page() == PAGE, "run: make tables"
    for part in maker.PARTS.values():
        assert {name for name, _ in maker.described(part)} >= set(fields_of(part))


def test_the_example_is_a_site(tmp_path: Path) -> None:
    (tmp_path / "webhook.secret").write_text("word")
    names = {"MQTT_PASSWORD": "w", "APPRISE_ADDRESS": "mailto://x", "DOOR_PASSWORD": "w"}
    examples = [text for kind, text in BLOCK.findall(PAGE) if kind == "yaml"]
    assert examples
    for text in examples:
        read = parse_site(text.encode(), tmp_path / "site.yaml", environment=names)
        assert (read.problems, read.warnings) == ((), ())
        assert set(read.site.cameras) == {"door", "yard"}


def words_typed() -> list[list[str]]:
    lines = [line for kind, text in BLOCK.findall(PAGE) if not kind for line in text.splitlines()]
    return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("awry ")]


@pytest.mark.parametrize("words", words_typed(), ids=" ".join)
def test_every_command_is_there(words: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    while hasattr(command, "commands"):
        command = command.commands[words.pop(0)]
    command.make_context("awry", words, resilient_parsing=False)


def test_every_state_and_flag_is_named() -> None:
    rows = re.findall(r"^\| ([a-z -]+) \| ", PAGE, re.M)
    assert set(get_args(CameraState)) <= set(rows)
    assert all(re.search(rf"\b{flag}\b", PAGE) for flag in get_args(Flag))


def test_files_that_are_named_are_there() -> None:
    for name in re.findall(r"`((?:deploy|docs)/[\w./-]+)`", PAGE):
        assert (ROOT / name).is_file(), name
