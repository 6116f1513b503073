"""What `awry sift` prints."""

from __future__ import annotations

from typing import Any

import pytest

from awry.cli.sift import show_sift


def result(*events: dict[str, Any]) -> dict[str, Any]:
    known = {"frames": 120, "clips": 2, "seconds": 3.4, "run": "archive"}
    return {**known, "events": list(events), "page": "archive/report.html", "notes": ["Thin."]}


@pytest.mark.parametrize("columns", [50, 100])
def test_moments_in_order(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    where = {"source": "[red]gate", "first": 10, "last": 29, "peak": 12, "score": 0.98765}
    timed = {**where, "start_s": 0.4, "end_s": 1.16}
    show_sift(result(timed, *[{**where, "start_s": None, "end_s": None}] * 11))
    said = capsys.readouterr().out
    for words in ("[red]gate", "10-29", "0.4-1.2", "0.9877"):
        assert words in said
    assert said.count("10-29") == 10  # the page has the rest
    assert "120 frames of 2 clips ranked in 3 s: archive" in said
    assert "Look at them in archive/report.html, or mark them: awry review archive" in said


def test_nothing_stands_out(capsys: pytest.CaptureFixture[str]) -> None:
    show_sift(result())
    assert capsys.readouterr().out.startswith("nothing stands out\nThin.\n120 frames")
