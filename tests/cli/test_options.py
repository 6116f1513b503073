"""Exit codes, changes, and how errors and results are shown."""

from __future__ import annotations

import json
import warnings

import pytest
import typer

from awry.cli.options import parse_changes, print_noted, refusals, report_failures, show_result
from awry.errors import ConfigError

Captured = pytest.CaptureFixture[str]


def test_changes_are_read_as_values() -> None:
    assert parse_changes(["a=1", "b=x=y", "c=[1, 0.5]", "d=null"]) == {
        "a": 1,
        "b": "x=y",
        "c": [1, 0.5],
        "d": None,
    }
    with pytest.raises(ConfigError, match="expected KEY=VALUE"):
        parse_changes(["channels"])


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigError("No such preset."), 2, "awry: No such preset."),
        (OSError("disk"), 2, "awry: disk"),
        (EOFError(), 2, "awry: A file ended too early: nothing is in it."),
        (KeyboardInterrupt("stopped; --resume goes on"), 130, "awry: stopped; --resume goes on"),
    ],
)
def test_errors_are_one_line_and_an_exit_code(
    capsys: Captured, error: BaseException, code: int, said: str
) -> None:
    with pytest.raises(typer.Exit) as left, refusals():
        raise error
    assert left.value.exit_code == code
    assert capsys.readouterr() == ("", f"{said}\n")


def test_faults_of_the_program_are_not_hidden() -> None:
    with pytest.raises(ZeroDivisionError), refusals():
        raise ZeroDivisionError


def test_warnings_are_lines_beside_the_result(capsys: Captured) -> None:
    with refusals():
        warnings.warn("Another size.", stacklevel=1)
    assert capsys.readouterr() == ("", "awry: Another size.\n")


def test_json_is_alone_and_people_get_what_is_shown(capsys: Captured) -> None:
    metrics = {"ap": 0.5, "settings": {"notes": ["One clip."]}}
    print_noted(metrics, True, lambda _: pytest.fail("shown"))
    out, err = capsys.readouterr()
    assert (json.loads(out), err) == (metrics, "awry: One clip.\n")
    show_result(metrics, False, lambda value: print(value["ap"]))
    assert capsys.readouterr().out == "0.5\n"


def test_what_failed_is_listed_and_told_by_the_exit_code(capsys: Captured) -> None:
    report_failures([])
    with pytest.raises(typer.Exit) as left:
        report_failures(["a: lost", "b: lost"])
    assert (left.value.exit_code, capsys.readouterr().err) == (1, "awry: a: lost\nawry: b: lost\n")
