from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

import pytest

from awry.installation import doctor


def test_what_is_there_and_what_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path / "nowhere"))
    examination = doctor()
    found = {thing.name: thing for thing in examination}
    assert (found["torch"].there, found["torch"].about) == (True, version("torch"))
    assert not found["$AWRY_WEIGHTS"].there
    assert found["$AWRY_WEIGHTS"].about == str(tmp_path / "nowhere")
    assert examination.to_dict()[0] == {
        "name": "python",
        "there": True,
        "about": examination.examined[0].about,
    }
    assert "$AWRY_WEIGHTS" in [card.label for card in examination.cards()]
    monkeypatch.setenv("AWRY_WEIGHTS", str(tmp_path))
    assert {thing.name: thing.there for thing in doctor()}["$AWRY_WEIGHTS"]
