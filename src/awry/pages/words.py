"""The words of the pages in several languages: one file of gettext for each, `locale/LANGUAGE.po`.

English is what the templates and components say themselves. Another language is one more file.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path
from typing import Any

from babel.core import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from awry.serving import cookie, header

SOURCE = "en"
COOKIE = "awry_language"
_FOLDER = Path(__file__).parent / "locale"
LANGUAGES: tuple[str, ...] = (SOURCE, *sorted(one.stem for one in _FOLDER.glob("*.po")))
"""Codes of the languages that there are, English first."""


def marked(text: str) -> str:
    """A text as it is: imported as `_`, it marks what the catalogue shall hold."""
    return text


@cache
def translations(language: str) -> NullTranslations:
    """The words of a language; English for one that there is not.

    Args:
        language: one of `LANGUAGES`.
    """
    file = _FOLDER / f"{language}.po"
    if language not in LANGUAGES or not file.is_file():
        return NullTranslations()
    with file.open("rb") as text:
        catalogue = read_po(text, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    return GNUTranslations(compiled)


@cache
def entries(language: str) -> Mapping[str, Any]:
    """All words of a language for browsers: message -> translation, or its list of plural forms."""
    file = _FOLDER / f"{language}.po"
    if language not in LANGUAGES or not file.is_file():
        return {}
    with file.open("rb") as text:
        catalogue = read_po(text, locale=language)
    found: dict[str, Any] = {}
    for message in catalogue:
        if not message.id or message.fuzzy:
            continue
        if isinstance(message.id, tuple | list):
            forms = message.string
            if isinstance(forms, tuple | list) and all(forms):
                found[message.id[0]] = list(forms)
        elif message.string:
            found[str(message.id)] = str(message.string)
    return found


def name_of(language: str) -> str:
    """What a language calls itself, e.g. `Deutsch`."""
    return str(Locale.parse(language).get_language_name(language)).capitalize()


def language_of(scope: Any) -> str:
    """The language of whoever asks: as chosen on a page before, else as the browser wishes.

    Args:
        scope: of the request (ASGI).
    """
    chosen = cookie(scope, COOKIE)
    if chosen in LANGUAGES:
        return chosen
    wished = []
    for part in header(scope, b"accept-language")[:500].split(","):
        name, _, quality = part.partition(";q=")
        try:
            wished.append((-float(quality or 1), name.strip().replace("-", "_")))
        except ValueError:
            continue
    wished.sort(key=lambda one: one[0])
    return negotiate_locale([name for _, name in wished if name], LANGUAGES) or SOURCE
