"""How many alarms a day cameras may have, by the site's file."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from awry.errors import AwryError
from awry.scoring.budget import Budget
from awry.watch.site.read import read_site

_DAY_S = 86_400.0


def daily_budgets(path: Path | None) -> Mapping[str, float]:
    """Camera -> alarms a day; one without a budget that counts by time has no entry.

    The file is read again where it changed. One that cannot be used gives nothing: its mistakes are
    told elsewhere.

    Args:
        path: the site's file; None: it is not known.
    """
    if path is None:
        return {}
    try:
        known = path.stat()
    except OSError:
        return {}
    return _read(path, known.st_mtime_ns, known.st_size)


@lru_cache(maxsize=2)
def _read(path: Path, _changed: int, _size: int) -> Mapping[str, float]:
    try:
        cameras = read_site(path).site.cameras
    except AwryError:
        return {}
    budgets = {name: Budget.parse(one.budget) for name, one in cameras.items() if one.budget}
    return {
        name: one.allowed(0, _DAY_S) for name, one in budgets.items() if one.allowed(0, _DAY_S) > 0
    }
