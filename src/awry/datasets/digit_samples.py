"""Handwritten digits that move: scikit-learn's, or MNIST's where torchvision has them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import cache
from io import StringIO
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from awry.errors import ConfigError, MissingError, nearest
from awry.foreign import reading

SPRITE = 28
"""Side of an object in pixels, and of MNIST's digits."""
SOURCES = ("sklearn", "mnist", "auto")
_MNIST = Path("MNIST", "raw", "train-images-idx3-ubyte")

Samples = tuple[NDArray[np.generic], NDArray[np.int64]]


@dataclass(frozen=True, slots=True)
class DigitSamples:
    """Handwritten digits in two parts.

    Attributes:
        words: what they are, a sentence.
        train: pictures (n, h, w), and which digits they are, (n,); for training clips.
        test: likewise; for test clips.
    """

    words: str
    train: Samples
    test: Samples

    def drawn(
        self, rng: np.random.Generator, allowed: Sequence[int], *, training: bool
    ) -> NDArray[np.uint8]:
        """One of the allowed digits, uint8 (SPRITE, SPRITE)."""
        pictures, digits = self.train if training else self.test
        picture = pictures[rng.choice(np.flatnonzero(np.isin(digits, allowed)))]
        if picture.shape == (SPRITE, SPRITE):
            return picture.astype(np.uint8)
        return _enlarged(picture.astype(np.float64))


def digit_samples(source: str = "sklearn", folder: str | Path | None = None) -> DigitSamples:
    """Handwritten digits of a source.

    Args:
        source: `sklearn`, 1797 digits of 8x8 pixels, enlarged; `mnist`, 70 000 of 28x28, which
            torchvision downloads where they are not in the folder; `auto`, MNIST where it is
            there or can be downloaded, else scikit-learn's.
        folder: of MNIST, as torchvision keeps it: `FOLDER/MNIST/raw/...`.

    Raises:
        ConfigError: unknown source, or MNIST without a folder.
        MissingError: MNIST is not there and cannot be downloaded.
        DatasetError: its files cannot be read.
    """
    if source not in SOURCES:
        raise ConfigError(f"Moving digits have no source '{source}': {nearest(source, SOURCES)}.")
    if source == "sklearn":
        return _of_sklearn()
    if folder is None:
        raise ConfigError(f"Digits of '{source}' need a folder that MNIST is, or will be, kept in.")
    try:
        return _of_mnist(Path(folder))
    except MissingError:
        if source == "mnist":
            raise
        return _of_sklearn()


def holds_mnist(folder: Path) -> bool:
    """Whether a folder has MNIST as torchvision keeps it; looks at names only."""
    return (folder / _MNIST).is_file()


@cache
def _of_sklearn() -> DigitSamples:
    """The first two thirds of the 1797 digits are for training, the rest for tests."""
    from sklearn.datasets import load_digits

    samples = load_digits()
    cut = 2 * len(samples.target) // 3
    return DigitSamples(
        "The digits are scikit-learn's, 8x8 pixels enlarged.",
        (samples.images[:cut], samples.target[:cut]),
        (samples.images[cut:], samples.target[cut:]),
    )


def _of_mnist(folder: Path) -> DigitSamples:
    """MNIST's own training and test part."""
    from torchvision.datasets import MNIST

    if not holds_mnist(folder):
        try:
            with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
                MNIST(folder, download=True)
        except Exception as error:  # whatever the network, the server or the disk say
            raise MissingError(
                f"MNIST is not in {folder} and could not be downloaded: {error}. Put its files "
                f"into {folder / _MNIST.parent}, or take scikit-learn's digits."
            ) from error
    with reading(folder, "MNIST", cure=f"Remove {folder / _MNIST.parent} to download it again."):
        parts = [MNIST(folder, train=part) for part in (True, False)]
        train, test = ((part.data.numpy(), part.targets.numpy()) for part in parts)
        for pictures, digits in (train, test):
            known = np.unique(digits).tolist()
            if pictures.shape != (len(digits), SPRITE, SPRITE) or known != list(range(10)):
                raise ValueError(f"{pictures.shape} pictures of the digits {known}")
        return DigitSamples("The digits are MNIST's.", train, test)


def _enlarged(small: NDArray[np.float64]) -> NDArray[np.uint8]:
    """From (8, 8) in 0..16 to uint8 (SPRITE, SPRITE)."""
    large = cv2.resize(small, (SPRITE, SPRITE), interpolation=cv2.INTER_CUBIC)
    return np.clip(np.rint(large * (255 / 16)), 0, 255).astype(np.uint8)
