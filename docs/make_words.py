"""The words of the pages: what templates, components and Python say, and what languages lack.

python docs/make_words.py           # add to src/awry/pages/locale/*.po what lacks, drop the rest
python docs/make_words.py --check   # only say what lacks, differs or is used no more
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from awry.scoring.reason_parts import PLACES, SOMETHING

sys.path.insert(0, str(Path(__file__).parent))

from spoken import spoken

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "awry"
LOCALE = SOURCE / "pages" / "locale"
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "say": None, "_say": None}
"""Functions whose first text is for the catalogue; `_` is `pages.words.marked` in Python."""
_PLACES = (
    ("pages", "watch/web", "sifting/review"),
    {".html": "jinja2.ext:babel_extract", ".js": "javascript", ".py": "python"},
)
_SPOKEN = {
    "pages": "headers.py refusals.py",
    "scoring": "budget.py calibration.py spread.py",
    "watch/checking": "tried.py trial.py",
    "watch/courier": "core.py mqtt.py notify.py webhook.py",
    "watch": "ingest keeper requests.py trainer",
    "watch/scorer": "camera_detector.py run.py watched.py",
    "watch/site": "edit.py problems.py schedule.py",
    "watch/store": "accounts.py backups.py export.py outbox.py read.py snoozes.py write.py",
    "watch/supervisor": "core.py reload.py unit.py",
    "watch/web": "access.py adding.py api.py backup_maker.py helpers.py live.py media.py "
    "passwords.py routes score_work.py",
}
"""Room -> modules and folders whose sentences reach pages: answers of the API, states, reasons."""
_OPTIONS = {
    ".html": {
        "extensions": "jinja2.ext.i18n,jinja2.ext.do",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
        "newstyle_gettext": "true",
        "silent": "false",
    },
    ".js": {"parse_template_string": True},
}
_OF_DETECTORS = re.compile(r"\{it\} |the (part|pictures?|scene) |an? [a-z ]+$")
_PLACEHOLDER = re.compile(r"%\((\w+)\)")


class Said:
    """A text of the pages.

    Args:
        many: its form for other numbers than one; empty: it has none.
        places: where it stands, relative to the source.
    """

    def __init__(self, many: str = "", places: Sequence[str] = ()) -> None:
        self.many, self.places = many, list(places)


def said() -> dict[str, Said]:
    """All texts of the pages, in English."""
    found: dict[str, Said] = {}
    for path, method in _files():
        with path.open("rb") as file:
            options = _OPTIONS.get(path.suffix, {})
            for line, text, _, _ in extract(method, file, keywords=KEYWORDS, options=options):
                one, many = text if isinstance(text, tuple) else (text, "")
                if not one:
                    continue
                entry = found.setdefault(str(one), Said())
                entry.many = entry.many or str(many or "")
                entry.places.append(f"{path.relative_to(SOURCE).as_posix()}:{line}")
    shapes = {_PLACEHOLDER.sub("%", text): text for text in found}
    for path in _speaking():
        for line, text in spoken(path):
            known = shapes.setdefault(_PLACEHOLDER.sub("%", text), text)
            place = f"{path.relative_to(SOURCE).as_posix()}:{line}"
            found.setdefault(known, Said()).places.append(place)
    return found


def lacks(catalogue: Catalog, texts: dict[str, Said]) -> list[str]:
    """Sentences on what a language lacks, has otherwise, or has for nothing."""
    known = {_key(one): one for one in catalogue if one.id}
    told = []
    for text, entry in sorted(texts.items()):
        message = known.get(text)
        if message is None or not _forms(message)[0] or not all(_forms(message)) or message.fuzzy:
            told.append(f"lacks {text!r} ({entry.places[0]})")
        elif bool(entry.many) != message.pluralizable:
            told.append(f"has another number of forms of {text!r} ({entry.places[0]})")
        else:
            wanted = _names(text) | _names(entry.many)
            for number, form in enumerate(_forms(message)):
                odd = _names(form) - wanted
                if not (entry.many and number == 0):  # the form for one may leave the number out
                    odd = _names(form) ^ wanted
                if odd:
                    told.append(f"has other placeholders in {text!r}: {', '.join(sorted(odd))}")
                    break
    unused = [text for text in sorted(known) if text not in texts and not of_detectors(text)]
    return told + [f"has {text!r}, which nothing says" for text in unused]


def of_detectors(text: str) -> bool:
    """Whether detectors may say a text, as `watch/web/why.py` takes it from their reasons."""
    return text in (*PLACES, SOMETHING) or _OF_DETECTORS.match(text) is not None


def renewed(catalogue: Catalog, texts: dict[str, Said]) -> Catalog:
    """A catalogue that holds what is said and nothing else, in alphabetical order."""
    new = Catalog(
        locale=catalogue.locale,
        project="awry",
        header_comment="",
        fuzzy=False,
    )
    known = {_key(one): one for one in catalogue if one.id}
    for text, message in known.items():
        if text not in texts and of_detectors(text):
            new.add(message.id, message.string)
    for text, entry in sorted(texts.items()):
        old = known.get(text)
        identity: Any = (text, entry.many) if entry.many else text
        fits = old is not None and old.pluralizable == bool(entry.many)
        new.add(identity, old.string if fits and old is not None else None)
    return new


def languages() -> dict[str, Catalog]:
    """The catalogues that there are, by language."""
    found = {}
    for path in sorted(LOCALE.glob("*.po")):
        with path.open("rb") as file:
            found[path.stem] = read_po(file, locale=path.stem)
    return found


def main(arguments: list[str]) -> int:
    """Check the catalogues, or renew them; 1 where something lacks."""
    texts, told = said(), []
    for language, catalogue in languages().items():
        if "--check" not in arguments:
            catalogue = renewed(catalogue, texts)
            with (LOCALE / f"{language}.po").open("wb") as file:
                write_po(file, catalogue, width=100, no_location=True, sort_output=True)
        told += [f"{language} {one}" for one in lacks(catalogue, texts)]
    for one in told:
        print(one)
    return 1 if told else 0


def _files() -> Iterator[tuple[Path, str]]:
    folders, methods = _PLACES
    for folder in folders:
        for path in sorted((SOURCE / folder).rglob("*")):
            if path.suffix in methods:
                yield path, methods[path.suffix]


def _speaking() -> Iterator[Path]:
    for room, names in _SPOKEN.items():
        for name in names.split():
            place = SOURCE / room / name
            yield from sorted(place.rglob("*.py")) if place.is_dir() else [place]


def _key(message: Message) -> str:
    return message.id[0] if isinstance(message.id, tuple | list) else str(message.id)


def _forms(message: Message) -> list[str]:
    forms = message.string
    return list(forms) if isinstance(forms, tuple | list) else [str(forms or "")]


def _names(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
