"""A fitted method that the rules of the contract are about, and the words of what is not kept."""

from __future__ import annotations

import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from awry.detector import Detector
from awry.errors import AwryError
from awry.fitting import FitOptions, fit_detector
from awry.frames import Frame, FrameScore
from awry.methods.base import Method
from awry.testing.footage import moving_square_data

LENGTH = 60
"""Frames of the clip that methods are asked about."""
TOLERANCE = 1e-5
"""Relative; streaming and batched scores may differ by the rounding of float32."""


class Case:
    """A method, fitted once at its preset `tiny` for all the checks that ask for it.

    Args:
        kind: the method's class; it need not be installed.
    """

    def __init__(self, kind: type[Method]) -> None:
        self.kind = kind
        self._pushed: dict[int, list[FrameScore]] = {}

    @cached_property
    def folder(self) -> Path:
        """Where its fits are kept; made at the first, removed with the case."""
        folder = Path(tempfile.mkdtemp(prefix="awry-check-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        return folder

    @cached_property
    def fitted(self) -> tuple[Detector, Path]:
        """A detector of the method, and its saved bundle."""
        detector, out = self.fit("bundle"), self.folder / "bundle"
        detector.save(out)
        return detector, out

    @property
    def detector(self) -> Detector:
        """A detector of the method."""
        return self.fitted[0]

    def pushed(self, count: int = LENGTH) -> list[FrameScore]:
        """Scores of a clip's first frames, one by one; they are computed once."""
        if count not in self._pushed:
            self._pushed[count] = pushed(self.detector, frames(count))
        return self._pushed[count]

    @cached_property
    def batched(self) -> list[FrameScore]:
        """Scores of the same clip as a whole."""
        return batched(self.detector, frames())

    def fit(self, name: str, **options: Any) -> Detector:
        """Another fit of the same footage and seed."""
        settings = FitOptions(preset="tiny", seed=3, **options)
        return fit_detector(self.kind.name, moving_square_data(), self.folder / name, settings)


def frames(count: int = LENGTH, size: tuple[int, int] = (48, 72)) -> list[Frame]:
    """A clip that the methods have not seen."""
    return list(moving_square_data(seed=5, length=count, size=size).train[0].open())


def pushed(detector: Detector, clip: Sequence[Frame]) -> list[FrameScore]:
    """Scores of a stream, frame by frame."""
    scorer = detector.scorer()
    return [score for frame in clip for score in scorer.push(frame)] + scorer.flush()


def batched(detector: Detector, clip: Sequence[Frame]) -> list[FrameScore]:
    """Scores of a whole clip."""
    return list(detector.scorer().score(iter(clip)))


def values(scores: Sequence[FrameScore]) -> NDArray[np.float64]:
    """float64 (n,), NaN where unscored."""
    return np.array([np.nan if score.score is None else score.score for score in scores])


def require(condition: bool, sentence: str) -> None:
    """AssertionError with a sentence unless something holds; also under `python -O`."""
    if not condition:
        raise AssertionError(sentence)


def require_same(one: Any, other: Any, sentence: str, rtol: float = 0, atol: float = 0) -> None:
    """AssertionError with a sentence unless two arrays are equal; NaN equals NaN."""
    try:
        np.testing.assert_allclose(one, other, rtol=rtol, atol=atol)
    except AssertionError as error:
        raise AssertionError(f"{sentence}: {' '.join(str(error).split())[:300]}") from error


@contextmanager
def refused(error: type[AwryError], word: str, what: str) -> Iterator[None]:
    """AssertionError unless the error is raised inside, with the word in its message."""
    try:
        yield
    except error as raised:
        require(word in str(raised), f"{what}: expected '{word}' in the message, found: {raised}")
    except Exception as raised:
        raise AssertionError(f"{what}: expected {error.__name__}, got {raised!r}") from raised
    else:
        raise AssertionError(f"{what} was not refused with {error.__name__}")


def require_alike(one: Sequence[FrameScore], other: Sequence[FrameScore]) -> None:
    """AssertionError unless the scores of the same frames have the same parts and maps."""
    for left, right in zip(one, other, strict=True):
        require(left.parts.keys() == right.parts.keys(), f"frame {left.index} has other parts")
        require((left.map is None) == (right.map is None), f"one map of {left.index} is missing")
        require(
            left.maps.keys() == right.maps.keys(), f"frame {left.index} has maps of other parts"
        )
