from __future__ import annotations

from typing import Any

import pytest

from awry.cli.watch_demo import watch_demo


def test_it_passes_on_what_was_asked(awry: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def demo(**given: Any) -> int:
        asked.update(given)
        given["say"]("Open http://127.0.0.1:1.")
        return 3

    monkeypatch.setattr("awry.watch.demo", demo, raising=False)
    said = awry("watch", "demo", "--port", "1", "--past", "2m", "--keep")
    assert (said.code, said.out) == (3, "Open http://127.0.0.1:1.\n")
    assert (asked["port"], asked["past"], asked["keep"], asked["out"]) == (1, "2m", True, None)


def test_a_wrong_past_is_said(awry: Any) -> None:
    said = awry("watch", "demo", "--past", "soon")
    assert said.code == 2
    assert "is no duration" in said.err
    assert watch_demo.__doc__
