"""What README, the quick start and the tutorials tell people to type does what they say.

Blocks marked `python` and `sh` are run in the page's order, on small generated footage. A fit takes
the preset `tiny` here, whatever the page says. A block is left out after `<!-- not run: WHY -->`.
"""

from __future__ import annotations

import functools
import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

import awry as library
from support import moving_square

ROOT = Path(__file__).resolve().parents[2]
PAGES = ["README.md", "docs/quickstart.md"] + [
    f"docs/tutorials/{name}.md" for name in ("own-camera", "own-scores", "archive")
]
BLOCK = re.compile(r"^(<!-- not run: [^\n]+ -->\n)?( *)```(python|sh)\n(.*?)^\2```$", re.M | re.S)
LEARNS = ("fit", "sift")
# Of the clips in whose middle the square runs: frames 15 to 29 of these are abnormal.
LABELLED = slice(15, 55)


class Block(NamedTuple):
    line: int
    kind: str
    text: str


def blocks(page: str) -> list[Block]:
    text = (ROOT / page).read_text("utf-8")
    written = []
    for match in BLOCK.finditer(text):
        skipped, indent, kind, content = match.groups()
        if skipped is None:
            line = text.count("\n", 0, match.start(4))
            written.append(Block(line, kind, re.sub(rf"^{indent}", "", content, flags=re.M)))
    return written


def commands(text: str) -> list[list[str]]:
    """The words of each command; continued lines are one, comments are left out."""
    lines = text.replace("\\\n", " ").splitlines()
    return [shlex.split(line, comments=True) for line in lines if shlex.split(line, comments=True)]


@pytest.fixture
def footage(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_video: Callable[..., Path],
    clip_images: Callable[..., np.ndarray],
) -> Path:
    """The folder in which the pages' commands are typed."""
    monkeypatch.chdir(tmp_path)
    for number, day in enumerate(("monday", "tuesday", "wednesday")):
        make_video(tmp_path / f"yard/train/{day}.mp4", moving_square(40, number))
    make_video(tmp_path / "yard/test/thursday.mp4", clip_images(900)[LABELLED])
    make_video(tmp_path / "yard/test/friday.mp4", clip_images(901)[LABELLED])
    labels = "clip,first,last\nthursday,15,29\nfriday,15,29\n"
    (tmp_path / "yard/labels.csv").write_text(labels)
    make_video(tmp_path / "evening.mp4", clip_images(902)[LABELLED])
    for number, name in enumerate(("first", "second")):
        make_video(tmp_path / f"recordings/{name}.mp4", clip_images(910 + number)[20:50])
    return tmp_path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """`awry.fit` and `awry.sift` with their smallest presets."""

    def shrunk(function: Callable[..., Any], *args: Any, **options: Any) -> Any:
        return function(*args, **{**options, "preset": "tiny"})

    for name in ("fit", "sift"):
        monkeypatch.setattr(
            library, name, functools.partial(shrunk, getattr(library, name)), raising=False
        )


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_says_can_be_typed(page: str, footage: Path, tiny: None, awry: Any) -> None:
    names: dict[str, Any] = {"__name__": "page"}
    written = blocks(page)
    assert {block.kind for block in written} == {"python", "sh"}
    for block in written:
        if block.kind == "python":
            code = "\n" * block.line + block.text
            exec(compile(code, str(ROOT / page), "exec"), names)
            continue
        for program, *words in commands(block.text):
            assert program == "awry", f"{page}:{block.line}: {program}"
            if words[0] in LEARNS:
                words += ["--preset", "tiny", "--overwrite"]
            said = awry(*words)
            assert said.code == 0, f"{page}:{block.line}: awry {' '.join(words)}\n{said.err}"


def test_a_block_is_left_out_only_with_a_reason() -> None:
    page = "docs/tutorials/archive.md"
    assert not [block for block in blocks(page) if block.text == "awry review june\n"]
    assert [block for block in blocks(page) if "--export" in block.text]


def test_commands_are_read_as_a_shell_reads_them() -> None:
    text = "awry fit daml --data yard \\\n  --out B   # minutes\n\n# only a comment\nawry doctor\n"
    expected = [["awry", "fit", "daml", "--data", "yard", "--out", "B"], ["awry", "doctor"]]
    assert commands(text) == expected
