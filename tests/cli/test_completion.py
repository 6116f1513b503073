"""What shells complete, and how they are told."""

from __future__ import annotations

from copy import copy
from pathlib import Path

import pytest
from typer.testing import CliRunner

from awry.cli.app import app
from awry.methods.registry import method_names


def completed(words: str) -> list[str]:
    """What bash is offered for the last word."""
    place = len(words.split(" ")) - 1
    env = {"_AWRY_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(place)}
    result = CliRunner().invoke(app, [], prog_name="awry", env=env)
    assert result.exit_code == 0, result.output
    return result.stdout.split()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("awry eva", ["evaluate"]),
        ("awry sift --scenes", ["--scenes-by"]),
        ("awry methods fl", ["flow"]),
        ("awry datasets --ful", ["--full"]),
    ],
)
def test_commands_options_and_methods_are_completed(words: str, expected: list[str]) -> None:
    assert completed(words) == expected


def test_every_installed_method_is_offered() -> None:
    assert completed("awry methods ") == method_names()


def test_the_script_is_shown_and_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # The shell's name is the option's value then, and not looked for among running processes.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".bashrc").write_text("# mine\n")
    fresh = copy(app)  # its commands are made anew, as the variable now says
    shown = CliRunner().invoke(fresh, ["--show-completion", "bash"], prog_name="awry")
    assert shown.exit_code == 0, shown.output
    assert "_AWRY_COMPLETE=complete_bash" in shown.stdout
    installed = CliRunner().invoke(fresh, ["--install-completion", "bash"], prog_name="awry")
    assert installed.exit_code == 0, installed.output
    script = tmp_path / ".bash_completions" / "awry.sh"
    assert script.read_text().strip() == shown.stdout.strip()
    assert (tmp_path / ".bashrc").read_text().startswith("# mine\n")
    assert str(script) in (tmp_path / ".bashrc").read_text()
