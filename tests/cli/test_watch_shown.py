from __future__ import annotations

import pytest

from awry.cli.watch_shown import show_lines, show_rows


def test_lines_are_not_broken_and_steer_no_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "20")
    show_lines(["a [b] " + "x" * 60, "c\x1b[31m"])
    assert capsys.readouterr().out == "a [b] " + "x" * 60 + "\nc\\x1b[31m\n"


def test_rows(capsys: pytest.CaptureFixture[str]) -> None:
    show_rows([{"camera": "[red]door", "why": None}], "nothing")
    said = capsys.readouterr().out
    assert "[red]door" in said
    assert "None" not in said
    show_rows([], "nothing")
    assert capsys.readouterr().out == "nothing.\n"
