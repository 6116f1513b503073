"""Every error that awry raises on purpose.

    AwryError
    ├── InputError            something that was given cannot be used
    │   ├── SourceError       a file, folder, stream or camera cannot be opened or read
    │   ├── FrameError        a frame does not fit: NaN, another size, wrong dtype or shape
    │   ├── DatasetError      a folder is not in the layout that was expected, labels do not fit
    │   └── FootageError      footage is too short, too long for the cache, or empty
    ├── ConfigError           unknown method, preset or key; a value out of range
    ├── BundleError           a bundle is damaged, foreign or newer than this version
    ├── ExportError           a network cannot be exported, or answers otherwise once it is
    ├── TrainingError         fitting cannot go on (NaN in a loss, nothing to learn from)
    ├── OutOfMemoryError      a device's or the machine's memory does not suffice
    ├── WriteError            an output cannot be written (disk full, no permission)
    └── MissingError          a weight, an optional package or a codec is not there

Each message is one sentence or two: what happened, what was expected, what to do.
"""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Iterable
from functools import cache

from awry.names import shown

_LONGEST, _HEAD, _TAIL = 1500, 1000, 400


class AwryError(Exception):
    """Base of every error in this module; its message can be written anywhere.

    It has no signs that steer a terminal, and no more than 1500 of any: names and values that it
    quotes are somebody else's.
    """

    def __str__(self) -> str:
        said = shown(super().__str__())
        return said if len(said) <= _LONGEST else f"{said[:_HEAD]} ... {said[-_TAIL:]}"


class InputError(AwryError):
    """Something that was given cannot be used."""


class SourceError(InputError):
    """A file, folder, stream or camera cannot be opened or read."""


class FrameError(InputError):
    """A frame does not fit the stream or the model."""


class DatasetError(InputError):
    """A data set's folder, labels or masks are not as its makers publish them."""


class FootageError(InputError):
    """Footage is empty, too short, or too long for the cache."""


class ConfigError(AwryError):
    """An unknown method, preset or key, or a value out of range."""


class BundleError(AwryError):
    """A bundle is damaged, foreign, or written by a newer version."""


class ExportError(AwryError):
    """A network cannot be exported, or the exported one answers otherwise."""


class TrainingError(AwryError):
    """Fitting cannot go on."""


class OutOfMemoryError(AwryError):
    """A device's or the machine's memory does not suffice."""


class WriteError(AwryError):
    """An output cannot be written."""


class MissingError(AwryError):
    """A weight, an optional package or a codec is not there."""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint for an unknown name: the nearest known one, or the list of all.

    >>> nearest("damll", ["daml", "flow", "knn"])
    "did you mean 'daml'? (known: daml, flow, knn)"
    """
    names = sorted(known)
    match = difflib.get_close_matches(word, names, n=1)
    listed = f"known: {', '.join(names)}"
    return f"did you mean '{match[0]}'? ({listed})" if match else listed


@cache
def warn_once(sentence: str) -> None:
    """A warning that is given once in a process, however often it is due."""
    warnings.warn(sentence, stacklevel=3)
