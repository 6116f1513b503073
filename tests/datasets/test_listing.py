from __future__ import annotations

from awry.datasets import known_layouts
from awry.datasets.listing import list_datasets


def test_every_layout_is_listed() -> None:
    listed = list_datasets()
    assert [layout.name for layout in listed] == [info.name for info in known_layouts()]
    assert len(listed) == len(listed.to_dict())
    first = listed.to_dict()[0]
    assert list(first) == ["name", "title", "how_to_get", "layout", "citation", "fps"]
    assert first["name"] == "ucsd"
    assert listed.cards()[0].label == "ucsd"
