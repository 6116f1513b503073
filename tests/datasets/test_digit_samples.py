"""The digits that move; nothing is downloaded here."""

from __future__ import annotations

from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
from torchvision.datasets import MNIST

from awry.datasets import open_dataset
from awry.datasets.digit_samples import SPRITE, digit_samples, holds_mnist
from awry.datasets.digits import make_digits
from awry.errors import ConfigError, DatasetError, MissingError
from support import write_mnist


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Downloads fail, as without a network; how often one was tried."""
    tried: list[str] = []

    def fail(self: MNIST) -> None:
        tried.append(str(self.root))
        raise URLError("no route to host")

    monkeypatch.setattr(MNIST, "download", fail)
    return tried


def test_sklearns_digits_are_enlarged() -> None:
    samples = digit_samples()
    rng = np.random.default_rng(0)
    picture = samples.drawn(rng, [4], training=True)
    assert (picture.shape, picture.dtype) == ((SPRITE, SPRITE), np.uint8)
    assert (len(samples.train[1]), len(samples.test[1])) == (1198, 599)
    assert "scikit-learn" in samples.words


def test_mnists_digits_are_shown_as_they_are(tmp_path: Path, offline: list[str]) -> None:
    samples = digit_samples("mnist", write_mnist(tmp_path))
    rng = np.random.default_rng(0)
    for digit in range(10):
        for training, base in ((True, 100), (False, 200)):
            picture = samples.drawn(rng, [digit], training=training)
            assert np.array_equal(picture, np.full((28, 28), base + digit))
    assert offline == []


def test_moving_digits_say_whose_they_are(tmp_path: Path, offline: list[str]) -> None:
    data = make_digits(2, 1, 4, digits="mnist", folder=write_mnist(tmp_path))
    assert data.notes[1] == "The digits are MNIST's."
    shown = {int(next(iter(clip.open())).image.max()) for clip in data.train}
    assert shown <= {104, 107}
    assert make_digits(1, 1, 4).notes[1].startswith("The digits are scikit-learn's")


def test_the_format_takes_mnist_where_the_folder_has_it(tmp_path: Path, offline: list[str]) -> None:
    assert not holds_mnist(tmp_path)
    assert "scikit-learn" in open_dataset(tmp_path, format="digits").notes[1]
    assert "scikit-learn" in open_dataset(None, format="digits").notes[1]
    assert holds_mnist(write_mnist(tmp_path))
    assert "MNIST" in open_dataset(tmp_path, format="digits").notes[1]
    assert offline == []


def test_what_cannot_be_had_is_said_or_replaced(tmp_path: Path, offline: list[str]) -> None:
    with pytest.raises(MissingError, match=r"could not be downloaded: .*no route to host"):
        digit_samples("mnist", tmp_path)
    assert "scikit-learn" in digit_samples("auto", tmp_path).words
    assert offline == [str(tmp_path)] * 2
    assert "MNIST" in digit_samples("auto", write_mnist(tmp_path)).words


def test_damaged_files_are_refused(tmp_path: Path, offline: list[str]) -> None:
    file = write_mnist(tmp_path) / "MNIST" / "raw" / "train-images-idx3-ubyte"
    file.write_bytes(file.read_bytes()[:-100])
    with pytest.raises(DatasetError, match=r"as MNIST: .*to download it again"):
        digit_samples("mnist", tmp_path)
    with pytest.raises(DatasetError, match=r"pictures of the digits \[0, 1, 2\]"):
        digit_samples("mnist", write_mnist(tmp_path / "other", digits=3))


@pytest.mark.parametrize(
    ("source", "folder", "said"),
    [("minst", "x", "did you mean 'mnist'"), ("mnist", None, "need a folder")],
)
def test_bad_sources_are_refused(source: str, folder: str | None, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        digit_samples(source, folder)
