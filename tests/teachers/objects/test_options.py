from __future__ import annotations

from typing import Any

import pytest

from awry.errors import ConfigError
from awry.teachers.objects import DetectorOptions


@pytest.mark.parametrize("options", [{"tiles": (0, 1)}, {"overlap": 1.0}])
def test_impossible_tiles_are_refused(options: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="at least one column"):
        DetectorOptions(**options)
