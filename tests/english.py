"""English words that no German sentence has, for tests of translations."""

from __future__ import annotations

import re

COMMON = frozenset({
    *("the", "is", "were", "of", "and", "not", "to", "with", "from", "this", "that", "has", "have"),
    *("are", "be", "been", "it", "its", "for", "by", "which", "where", "there", "at", "or", "no"),
    *("as", "does", "did", "can", "cannot", "would", "will", "you", "your", "on", "if", "since"),
    *("until", "than"),
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")


def english_in(text: str) -> list[str]:
    """The English words of a text, as they stand in it."""
    return [word for word in _WORD.findall(text) if word.lower() in COMMON]
