"""Public data sets in the layouts that their makers publish, one file each.

A data set joins by one file in this package with a `LAYOUT`, and one line in `_MODULES`; or from a
package of one's own by an entry point, see `awry.extensions`.
"""

from __future__ import annotations

import importlib
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from awry.calls import checked
from awry.datasets.base import Clip, Dataset, Layout, LayoutInfo
from awry.datasets.truth import with_tracks
from awry.errors import ConfigError, DatasetError, nearest
from awry.extensions import declared, extension

__all__ = [
    "Clip",
    "Dataset",
    "Layout",
    "LayoutInfo",
    "as_dataset",
    "known_layouts",
    "open_dataset",
    "with_tracks",
]

# In the order in which they are tried: the plain folder, which asks least, comes last.
_MODULES = (
    "ucsd",
    "avenue",
    "shanghaitech",
    "umn",
    "subway",
    "ubnormal",
    "digits",
    "perspective",
    "folder",
)


_GROUP = "awry.datasets"


@cache
def _own_layouts() -> dict[str, Layout]:
    # Loaded on first use: the readers import video libraries.
    loaded: list[Layout] = [
        importlib.import_module(f"{__name__}.{module}").LAYOUT for module in _MODULES
    ]
    return {layout.info.name: layout for layout in loaded}


def _layouts() -> dict[str, Layout]:
    *named, folder = _own_layouts().items()
    return dict([*named, *_added_layouts(), folder])


def _added_layouts() -> Iterator[tuple[str, Layout]]:
    """The layouts of other packages; one that is broken is left out with a warning."""
    for name in sorted(set(declared(_GROUP)) - set(_own_layouts())):
        try:
            yield name, _added_layout(name)
        except ConfigError as error:
            warnings.warn(str(error), stacklevel=3)


def _added_layout(name: str) -> Layout:
    layout: Layout = extension(_GROUP, name, "layout", lambda loaded: _problem(loaded, name))
    return layout


def _problem(loaded: Any, name: str) -> str | None:
    if not isinstance(loaded, Layout):
        return f"it is no awry.datasets.Layout but {loaded!r}"
    if loaded.info.name != name:
        return f"its layout calls itself {loaded.info.name!r}"
    return None


def known_layouts() -> list[LayoutInfo]:
    """What can be read, in the order in which layouts are tried."""
    return [layout.info for layout in _layouts().values()]


@checked
def open_dataset(
    root: str | Path | None, *, format: str | None = None, fps: float | None = None
) -> Dataset:
    """Recognise a folder's layout and list its clips; no picture or video is decoded yet.

    Test clips get true tracks where there are any: see `awry.datasets.truth.with_tracks`.

    Args:
        root: the data set's folder; None or anything for data that are made on the spot
            (`format="digits"`, which looks there for MNIST).
        format: the layout's name, where it should not be guessed.
        fps: frames per second of picture folders, in place of the layout's own; videos know
            theirs.

    Raises:
        ConfigError: there is no layout `format`, or `fps` is not above zero.
        DatasetError: there is no such folder, it is in no known layout or not in the one named,
            or its labels cannot be read.
    """
    if fps is not None and not fps > 0:
        raise ConfigError(f"Frames per second must be above zero, not {fps}.")
    layouts = _layouts()
    if format is not None and format not in layouts:
        raise ConfigError(f"There is no data set layout '{format}': {nearest(format, layouts)}.")
    if format is not None and not layouts[format].on_disk:
        return with_tracks(layouts[format].read(Path() if root is None else Path(root), fps))
    if root is None:
        raise DatasetError("No data set folder was given; name one, or the format 'digits'.")
    root = Path(root)
    if not root.is_dir():
        what = "is a file, not a folder" if root.exists() else "does not exist"
        raise DatasetError(f"The data set {root} {what}; give the data set's folder.")
    return with_tracks(_matching(root, format).read(root, fps))


def _matching(root: Path, format: str | None) -> Layout:
    layouts = _layouts()
    tried = [layouts[format]] if format else [one for one in layouts.values() if one.on_disk]
    for layout in tried:
        if layout.recognises(root):
            return layout
    if format:
        info = tried[0].info
        raise DatasetError(f"{root} is not in the layout of {info.title}: no {info.looks_for}.")
    listed = "; ".join(f"{one.info.name}: {one.info.looks_for}" for one in tried)
    raise DatasetError(
        f"{root} is in no layout that is known. Looked for {listed}. "
        "Name the folder that holds one of these."
    )


def as_dataset(
    data: str | Path | Dataset, *, format: str | None = None, fps: float | None = None
) -> Dataset:
    """A data set that is open already, or `open_dataset` of its folder.

    Raises:
        ConfigError: format or rate are given for one that is open: it has its own.
        DatasetError: as `open_dataset`.
    """
    if not isinstance(data, Dataset):
        return open_dataset(data, format=format, fps=fps)
    if format is not None or fps is not None:
        raise ConfigError(
            "This data set is open already: give format and fps to open_dataset instead."
        )
    return data


def paths_of(*given: object) -> list[str | Path]:
    """The files and folders that are read, for `awry.output.places`: outputs must be none of them.

    >>> paths_of("bundle", None, 3)
    ['bundle']
    """
    sources = [item.root if isinstance(item, Dataset) else item for item in given]
    return [source for source in sources if isinstance(source, str | Path)]
