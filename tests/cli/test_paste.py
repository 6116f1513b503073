"""What is printed of a pasted data set."""

from __future__ import annotations

from pathlib import Path

from awry.cli.paste import show_pasted
from awry.studies.pasting import PastedClip, PastedSet


def test_the_test_clips_and_where_they_are(capsys) -> None:
    clip = PastedClip("wider-00", "wider", "monday", 30, 28)
    show_pasted(PastedSet(Path("yard-pasted"), ("monday-0",), (clip,), ("A note.",)))
    said = " ".join(capsys.readouterr().out.split())
    for words in (
        "wider-00",
        "monday",
        "28",
        "A note.",
        "Training clips: 1; data set: yard-pasted",
    ):
        assert words in said
