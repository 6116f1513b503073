"""Whether a file that stands somewhere was written by awry."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from awry.errors import AwryError
from awry.output.tables import EVENT_COLUMNS, REGION_COLUMNS, SCORE_COLUMNS
from awry.video.kinds import has_footage_ending
from awry.video.writer import written_by_awry

_HEAD = 1 << 16


def is_ours(path: Path, kind: str) -> bool:
    """Whether a file or folder is what awry writes as `kind`, or empty.

    Args:
        path: what stands there.
        kind: `scores`, `regions`, `events`, `comparison`, `video`, `maps`, `json`, `page`,
            `picture`, `network`, `weights` beside an `.xml`, or `frames`, cached ones.
    """
    if path.is_dir():
        return kind == "frames" and _is_cache(path)
    if not path.stat().st_size:
        return True
    with suppress(OSError, ValueError, LookupError, AwryError):
        return _KNOWN[kind](path)
    return False


def _table(columns: Sequence[str]) -> Callable[[Path], bool]:
    def known(path: Path) -> bool:
        if path.suffix == ".parquet":
            from pyarrow import parquet

            return set(columns) <= set(parquet.read_schema(path).names)
        with path.open(encoding="utf-8") as file:
            line = file.readline(_HEAD)
        if path.suffix == ".jsonl":
            return set(columns) <= set(json.loads(line))
        return line.rstrip("\r\n").split(",")[: len(columns)] == list(columns)

    return known


def _is_maps(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as archive:
            return set(archive.namelist()) == {"frames.npy", "maps.npy"}
    except zipfile.BadZipFile:
        return False


def _is_json(path: Path) -> bool:
    """Whatever awry writes as JSON says with which settings, or of which table, it is."""
    value = json.loads(path.read_text("utf-8"))
    return isinstance(value, dict) and bool({"settings", "table", "format", "labels"} & set(value))


def _names_us(path: Path) -> bool:
    with path.open("rb") as file:
        return b"awry" in file.read(_HEAD)


def _is_cache(folder: Path) -> bool:
    """Cached frames are arrays, never videos or pictures."""
    return not any(has_footage_ending(entry.name) for entry in folder.iterdir())


_KNOWN: dict[str, Callable[[Path], bool]] = {
    "scores": _table(SCORE_COLUMNS),
    "regions": _table(REGION_COLUMNS),
    "events": _table(EVENT_COLUMNS[:7]),
    "comparison": _table(("figure", "run", "file", "value")),
    "video": written_by_awry,
    "maps": _is_maps,
    "json": _is_json,
    "page": _names_us,
    "picture": _names_us,
    "network": _names_us,
    "weights": lambda path: _names_us(path.with_suffix(".xml")),
}
