"""Values that come as arrays instead of files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.errors import InputError

Arrays = Mapping[str, Any] | Sequence[Any] | NDArray[Any]
"""Of each clip by name; of several clips, then called `0`, `1`, ...; or of one, called `clip`."""
Given = str | Path | Arrays
"""A file or folder, or arrays."""
ONE_CLIP = "clip"


def is_path(given: object) -> bool:
    """Whether a file or folder is meant."""
    return isinstance(given, str | Path)


def called(given: object) -> str:
    """What settings and titles call it."""
    return str(given) if is_path(given) else "arrays"


def is_one_clip(given: object) -> bool:
    """Whether it has one clip without a name, which belongs to another such clip."""
    if isinstance(given, str | Path):
        return Path(given).is_file()
    return not isinstance(given, Mapping) and not _holds_clips(given)


def named_arrays(given: Arrays, what: str) -> dict[str, NDArray[Any]]:
    """Arrays by the clip's name.

    Args:
        given: see `Arrays`.
        what: for messages, e.g. `scores`.

    Raises:
        InputError: something is no array of numbers.

    >>> named_arrays([0.5, 1.0], "scores")
    {'clip': array([0.5, 1. ])}
    >>> sorted(named_arrays([[0.5], [1.0, 2.0]], "scores"))
    ['0', '1']
    """
    if isinstance(given, Mapping):
        clips = dict(given)
    elif _holds_clips(given):
        clips = {str(number): values for number, values in enumerate(given)}
    else:
        clips = {ONE_CLIP: given}
    return {name: _numbers(values, name, what) for name, values in clips.items()}


def _holds_clips(given: Any) -> bool:
    """Whether it is a sequence of clips rather than of numbers."""
    if isinstance(given, np.ndarray):
        return False
    return len(given) > 0 and np.ndim(given[0]) > 0


def _numbers(values: Any, clip: str, what: str) -> NDArray[Any]:
    try:
        array = np.asarray(values)
    except (TypeError, ValueError) as error:
        raise InputError(f"The {what} of clip {clip} are no array: {error}.") from error
    if array.dtype.kind not in "biuf" and array.size:
        raise InputError(
            f"The {what} of clip {clip} hold {array.dtype}; expected an array of numbers."
        )
    return array
