"""Darknet's weights: their order, and files that are cut off or belong to another network."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from awry.errors import ConfigError
from awry.exporting.darknet.settings import Settings, read_settings
from awry.exporting.darknet.weights import read_weights
from darknet_files import conv, header, net, text_of, yolo


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A convolution with batch normalisation, then one with a bias alone."""
    cfg = tmp_path / "net.cfg"
    cfg.write_text(text_of([*net(32), *conv(2, 3), *conv(255, 1, plain=True), *yolo("0,1,2")]))
    return read_settings(cfg)


def numbers(settings: Settings) -> np.ndarray:
    return np.linspace(0.5, 2, settings.numbers, dtype="<f4")


@pytest.mark.parametrize("version", [(0, 1, 0), (0, 2, 0), (0, 2, 5), (1, 0, 0)])
def test_the_order_of_the_numbers(tmp_path: Path, settings: Settings, version) -> None:
    file, values = tmp_path / "net.weights", numbers(settings)
    file.write_bytes(header(version) + values.tobytes())
    first, second = read_weights(file, settings)
    beta, gamma, mean, variance = values[:8].astype(float).reshape(4, 2)
    scale = gamma / np.sqrt(variance + 1e-5)
    kernel = values[8 : 8 + 2 * 3 * 9].reshape(2, 3, 3, 3)
    np.testing.assert_allclose(first.bias, beta - mean * scale, rtol=1e-6)
    np.testing.assert_allclose(first.weight, kernel * scale[:, None, None, None], rtol=1e-6)
    assert (second.bias == values[62 : 62 + 255]).all()
    assert (second.weight.ravel() == values[62 + 255 :]).all()
    assert second.weight.shape == (255, 2, 1, 1)


def test_files_that_do_not_fit(tmp_path: Path, settings: Settings) -> None:
    file, whole = tmp_path / "net.weights", header() + numbers(settings).tobytes()
    bad, negative = numbers(settings), numbers(settings)
    bad[70], negative[6] = np.nan, -1
    for content, said in (
        (b"", "the file ends too early"),
        (whole[:-1], r"holds 3307 bytes of weights, and the network has 3308: it ends too early"),
        (whole + b"\0", "holds 3309 bytes .* 3308: something follows"),
        (whole[:12], "holds -8 bytes"),
        (b"PK\3\4" + whole[4:], "begins with the version 67324752"),
        (header() + bad.tobytes(), "convolution 2 of 2 has values that are not finite"),
        (header() + negative.tobytes(), "convolution 1 has a variance below zero"),
    ):
        file.write_bytes(content)
        with pytest.raises(ConfigError, match=said) as raised:
            read_weights(file, settings)
        assert "Give the .cfg and the .weights of one network" in str(raised.value)
    with pytest.raises(ConfigError, match="No such file"):
        read_weights(tmp_path / "none.weights", settings)
