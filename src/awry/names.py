"""Names of files in whatever encoding they are, as text for people and for comparing.

A name on a Unix disk is bytes, not always UTF-8. Python keeps such bytes as lone surrogates, which
cannot be written to any file or console. macOS composes letters with accents otherwise than
everybody else.
"""

from __future__ import annotations

import os
import re
import unicodedata

_JOINERS = ("\u200c", "\u200d")
_ESCAPED = re.compile(r"\\x([89a-f][0-9a-f])")


def shown(name: str | os.PathLike[str]) -> str:
    """A path or sentence that can be written anywhere.

    Bytes that are no UTF-8 are escaped, and so are signs that would steer a terminal: control
    characters, line ends, and marks that turn the direction of writing.

    >>> shown("caf\\udce9.mp4"), shown("café.mp4")
    ('caf\\\\xe9.mp4', 'café.mp4')
    >>> shown("a\\x1b[31mb")
    'a\\\\x1b[31mb'
    """
    text = os.fspath(name)
    return writable(text if text.isprintable() else "".join(map(_harmless, text)))


def printable(text: str) -> str:
    """A sentence, of which each line can be shown anywhere; see `shown`."""
    return "\n".join(map(shown, text.split("\n")))


def _harmless(sign: str) -> str:
    """The sign, or its escaped form where it would steer a terminal; joiners of letters pass."""
    steering = unicodedata.category(sign) in ("Cc", "Cf", "Zl", "Zp") and sign not in _JOINERS
    return sign.encode("unicode_escape").decode() if steering else sign


def writable(text: str) -> str:
    """Text of any length without lone surrogates: what stands for bytes is escaped.

    >>> writable("caf\\udce9\\n")
    'caf\\\\xe9\\n'
    """
    try:
        text.encode()
    except UnicodeEncodeError:
        raw = text.encode("utf-8", "surrogateescape" if _is_bytes(text) else "backslashreplace")
        return raw.decode("utf-8", "backslashreplace")
    return text


def _is_bytes(text: str) -> bool:
    """Whether its lone surrogates stand for bytes, as in the names of files."""
    return all(0xDC80 <= ord(sign) <= 0xDCFF for sign in text if 0xD800 <= ord(sign) <= 0xDFFF)


def name_key(name: str) -> str:
    """What two spellings of one name have in common, for comparing names from different places.

    Composed and decomposed accents are alike, and so are a name in Latin-1 bytes, its escaped form
    and its letters.

    >>> name_key("cafe\\u0301") == name_key("caf\\u00e9") == name_key("caf\\udce9")
    True
    """
    letters = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), shown(name))
    return unicodedata.normalize("NFC", letters).strip()
