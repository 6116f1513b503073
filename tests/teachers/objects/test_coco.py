from __future__ import annotations

import pytest

from awry.errors import ConfigError
from awry.teachers.objects.coco import COCO_80, columns_of


def test_classes_are_found_by_name_in_any_order() -> None:
    labels = ["__background__", *COCO_80[::-1], "N/A"]
    assert columns_of(labels, "it").tolist() == list(range(80, 0, -1))
    old = [{"motorcycle": "motorbike", "tv": "tvmonitor"}.get(name, name) for name in COCO_80]
    assert columns_of(dict(enumerate(old)), "it").tolist() == list(range(80))
    with pytest.raises(ConfigError, match=r"does not know 79 of COCO's 80 classes \(bicycle"):
        columns_of(["person"], "it")
