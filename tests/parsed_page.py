"""HTML as tests look at it: elements with their attributes in order, and all text."""

from __future__ import annotations

from html.parser import HTMLParser


class Parsed(HTMLParser):
    """A page or a fragment of one.

    Attributes:
        elements: name and attributes of each, in order.
        text: all that is to be read.
    """

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """An element begins."""
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        """Text comes."""
        self.text += data

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Attributes of all elements of a name that have these; `_` in a name stands for `-`."""
        names = {name.replace("_", "-"): value for name, value in wanted.items()}
        return [
            attributes
            for name, attributes in self.elements
            if name == tag and all(attributes.get(key) == one for key, one in names.items())
        ]

    def values(self, attribute: str) -> list[str]:
        """All values of an attribute, in order."""
        return [found[attribute] for _, found in self.elements if attribute in found]
