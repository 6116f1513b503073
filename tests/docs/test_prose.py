"""Pages are read by people: no sentence of more than forty words, no private phrases."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(
    [ROOT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")]
    + [*(ROOT / "docs").rglob("*.md")]
)
MOST_WORDS = 40
PRIVATE = re.compile(r"sees? no pixel|that a person speaks of|\bPROTOCOL\b")


def prose(text: str) -> list[str]:
    """Paragraphs and list items, without code, tables, headings and comments."""
    text = re.sub(r"^( *)```.*?^\1```$|<!--.*?-->", "", text, flags=re.M | re.S)
    text = re.sub(r"^(\||#|!\[).*$|^    .*\|.*$", "", text, flags=re.M)
    paragraphs = re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+\.)\s)", text)
    return [" ".join(one.split()) for one in paragraphs if one.strip()]


def sentences(paragraph: str) -> list[str]:
    """What ends in a full stop, a question mark or a colon before code or a list."""
    plain = re.sub(r"`[^`]*`", "code", paragraph)
    plain = re.sub(r"\]\([^)]*\)", "]", plain)
    return re.split(r"(?<=[.?!])[\"*)]*\s+(?=[\"'*(\[A-Z0-9a-z])", plain)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_sentences_are_short_enough_to_be_read_once(page: Path) -> None:
    text = page.read_text("utf-8")
    long = [
        f"{len(sentence.split())}: {sentence}"
        for paragraph in prose(text)
        for sentence in sentences(paragraph)
        if len(sentence.split()) > MOST_WORDS
    ]
    assert not long, "\n".join(long)
    assert not PRIVATE.findall(text)


def test_the_check_finds_what_it_looks_for() -> None:
    long = " ".join(["word"] * 41)
    assert len(sentences(f"Short one. {long}. Another one.")) == 3
    assert prose("# A\n\n| a | b |\n\n```\ncode\n```\n\none\ntwo\n- three") == [
        "one two",
        "- three",
    ]
