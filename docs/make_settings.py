"""Writes the table of settings in docs/watch.md, from the model and its docstrings."""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from awry.watch.site.model import (
    Camera,
    Learning,
    Mqtt,
    Part,
    Receiver,
    Retention,
    Site,
    Tls,
    Web,
    Zone,
)
from awry.watch.site.shapes import fields_of, shape_of
from awry.watch.site.units import unit_of

PAGE = Path(__file__).with_name("watch.md")
BEGIN, END = "<!-- settings: docs/make_settings.py writes these -->\n", "<!-- end of settings -->\n"
PARTS: dict[str, type[Part]] = {
    "The site": Site,
    "A camera: `cameras: NAME:`, and what all share in `defaults:`": Camera,
    "`learn:` of a camera; `24h` and `from FOLDER` are short forms": Learning,
    "One of `zones:` of a camera": Zone,
    "`retention:`": Retention,
    "`web:`": Web,
    "`tls:` of `web`": Tls,
    "`mqtt:`": Mqtt,
    "One of `notify:` and `webhooks:`": Receiver,
}
_ENTRY = re.compile(r"^ {4}(\w+): (.*(?:\n {5,}.*)*)", re.M)


def tables() -> str:
    """All parts of the settings, one table each."""
    return "\n".join(f"### {title}\n\n{table(part)}" for title, part in PARTS.items())


def table(part: type[Part]) -> str:
    """A part's settings: key, what it may hold, default, meaning."""
    rows = ["| key | value | default | meaning |", "| -- | -- | -- | -- |"]
    meanings = dict(described(part))
    for name, field in fields_of(part).items():
        cells = (f"`{name}`", value_in_words(name, field), default_in_words(name, field))
        rows.append(f"| {' | '.join((*cells, meanings[name]))} |")
    return "\n".join(rows) + "\n"


def described(part: type[Part]) -> Iterator[tuple[str, str]]:
    """Name and meaning of each setting, from the class's docstring."""
    doc = inspect.getdoc(part) or ""
    for name, text in _ENTRY.findall(doc.partition("Attributes:")[2]):
        meaning = " ".join(text.split()).rstrip(".")
        yield name, re.sub(r"\bsee `(\w+)`", "see below", meaning).replace("None:", "without:")


def value_in_words(name: str, field: FieldInfo) -> str:
    """What a setting may hold."""
    unit = unit_of(name)
    if unit is not None:
        return unit[0]
    shape = shape_of(field.annotation)
    if shape.kind == "secret":
        return "text, `${NAME}` or `file:PATH`"
    return shape.words.replace("a mapping of keys to values", "mapping").removeprefix("a ")


def default_in_words(name: str, field: FieldInfo) -> str:
    """What a setting is where nothing is said."""
    if field.is_required():
        return "**required**"
    value: Any = field.get_default(call_default_factory=True)
    if isinstance(value, Part | SecretStr) or value in (None, (), {}):
        return "-"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    unit = unit_of(name)
    if unit is None:
        return f"`{value}`"
    return f"`{_amount(float(value) * unit[1])}`" if unit[0] == "duration" else f"`{value:g}GiB`"


def _amount(seconds: float) -> str:
    for letter, length in (("d", 86_400.0), ("h", 3600.0)):
        if seconds >= 2 * length and seconds % length == 0:
            return f"{seconds / length:g}{letter}"
    return f"{seconds / 3600:g}h" if seconds == 86_400.0 else f"{seconds:g}s"


def page() -> str:
    """The page with its tables made anew."""
    before, _, rest = PAGE.read_text("utf-8").partition(BEGIN)
    return f"{before}{BEGIN}\n{tables()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
    sys.exit(0)
