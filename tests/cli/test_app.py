from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from awry.cli import app as cli
from awry.cli.app import app

COMMANDS = ("demo", "fit", "score", "alarms", "evaluate", "datasets", "methods", "doctor")


def invoke(*words: str):
    return CliRunner().invoke(app, list(words))


def test_help_imports_nothing_heavy() -> None:
    code = """
import sys
from awry.cli.app import main
sys.argv = ["awry", "--help"]
try:
    main()
finally:
    heavy = {"torch", "torchvision", "cv2", "av", "sklearn", "scipy", "matplotlib", "numpy"}
    print(sorted(heavy & sys.modules.keys()), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0
    assert done.stderr.strip() == "[]"
    assert all(command in done.stdout for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_json(command: str) -> None:
    said = invoke(command, "--help")
    assert said.exit_code == 0
    assert "--json" in said.stdout


def test_version() -> None:
    said = invoke("--version")
    assert (said.exit_code, said.stdout.strip()) == (0, version("awry"))


@pytest.mark.parametrize("words", [(), ("fitt",), ("fit",), ("methods", "--jsno")])
def test_what_cannot_be_understood_is_exit_code_2(words: tuple[str, ...]) -> None:
    assert invoke(*words).exit_code == 2


def test_a_fault_of_the_program_is_not_exit_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """1 would say that the rest was done."""

    def broken() -> None:
        raise RuntimeError("wires crossed")

    monkeypatch.setattr(cli, "app", broken)
    with pytest.raises(SystemExit) as exit:
        cli.main()
    assert exit.value.code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "wires crossed" in said.err
    assert "report" in said.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (OSError(13, "Permission denied", "there"), 2),
        (EOFError(), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_what_the_system_refuses_is_one_line(
    monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def refuse() -> None:
        raise error

    monkeypatch.setattr("awry.method_list.list_methods", refuse)
    said = invoke("methods", "--json")
    assert said.exit_code == code
    assert said.stdout == ""
    assert said.stderr.startswith("awry: ")
    assert said.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "words",
    [
        ("fit", "flow", "--data", "{}", "--out", "x"),
        ("fit", "{}", "--data", "x", "--out", "x"),
        ("fit", "flow", "--data={}", "--out", "x"),
        ("score", "{}", "x", "--out", "x.csv"),
        ("evaluate", "x", "--data", "{}", "--out", "x"),
        ("datasets", "{}"),
        ("datasets", "x", "{}"),
        ("sift", "{}", "--out", "x"),
        ("review", "{}"),
        ("compare", "{}", "{}"),
    ],
)
@pytest.mark.parametrize("address", ["rtsp://u:s3cret@camera/live", "http://camera/u/s3cret/live"])
def test_no_command_repeats_the_secrets_of_an_address(
    words: tuple[str, ...],
    address: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["awry", *(word.format(address) for word in words)])
    with pytest.raises(SystemExit) as exit:
        cli.main()
    said = capsys.readouterr()
    assert exit.value.code == 2
    assert "s3cret" not in said.out + said.err
    assert "camera" in said.err
    assert list(tmp_path.iterdir()) == []


MAIN = [sys.executable, "-c", "from awry.cli.app import main; main()"]


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "utf-8"])
def test_signs_that_a_console_lacks_are_written_out(tmp_path: Path, encoding: str) -> None:
    folder = tmp_path / "駐車場 — \udce4"
    folder.mkdir()
    done = subprocess.run(
        [*MAIN, "datasets", folder],
        capture_output=True,
        env={**os.environ, "PYTHONIOENCODING": encoding},
    )
    assert done.returncode == 2
    assert b"fault of awry" not in done.stderr
    assert done.stderr.decode(encoding).startswith("awry: ")


def test_whoever_has_seen_enough_may_go() -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        for words in (("datasets",), ("datasets", "--json")):
            done = subprocess.run([*MAIN, *words], stdout=write, stderr=subprocess.PIPE, text=True)
            assert (done.returncode, done.stderr) == (141, "")
    finally:
        os.close(write)
