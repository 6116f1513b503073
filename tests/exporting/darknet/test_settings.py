"""Darknet's settings: the published plan in numbers, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from awry.errors import ConfigError
from awry.exporting.darknet.settings import (
    Boxes,
    Convolution,
    MaxPool,
    Route,
    Shortcut,
    read_settings,
)
from darknet_files import Sections, conv, net, text_of, yolo, yolov3


def read(folder: Path, sections: Sections | str):
    file = folder / "net.cfg"
    file.write_text(sections if isinstance(sections, str) else text_of(sections))
    return read_settings(file)


def test_the_published_plan_has_as_many_numbers_as_the_published_file(tmp_path: Path) -> None:
    settings = read(tmp_path, yolov3(416, 32))
    assert len(settings.layers) == 107
    assert len(settings.convolutions) == 75
    # yolov3.weights has 248 007 048 bytes, of which 20 are its header.
    assert 4 * settings.numbers + 20 == 248_007_048
    scales = [layer.shape for layer in settings.layers if isinstance(layer, Boxes)]
    assert scales == [(255, 13, 13), (255, 26, 26), (255, 52, 52)]
    joined = [layer for layer in settings.layers if isinstance(layer, Route)]
    assert [layer.sources for layer in joined] == [(79,), (85, 61), (91,), (97, 36)]
    assert [layer.shape for layer in joined][1::2] == [(768, 26, 26), (384, 52, 52)]


def test_the_small_plan_too(tmp_path: Path) -> None:
    sections = [*net(416)]
    for filters in (16, 32, 64, 128, 256):
        sections += [*conv(filters, 3), ("maxpool", {"size": 2, "stride": 2})]
    sections += [*conv(512, 3), ("maxpool", {"size": 2, "stride": 1}), *conv(1024, 3)]
    sections += [*conv(256, 1), *conv(512, 3), *conv(255, 1, plain=True), *yolo("3,4,5")]
    sections += [("route", {"layers": "-4"}), *conv(128, 1), ("upsample", {"stride": 2})]
    sections += [("route", {"layers": "-1, 8"}), *conv(256, 3), *conv(255, 1, plain=True)]
    settings = read(tmp_path, [*sections, *yolo("0,1,2")])
    # yolov3-tiny.weights has 35 434 956 bytes.
    assert 4 * settings.numbers + 20 == 35_434_956
    assert [one.shape[1] for one in settings.layers if isinstance(one, Boxes)] == [13, 26]


def test_layers_as_darknet_reads_them(tmp_path: Path) -> None:
    sections = [
        *net(30),
        *conv(4, 3, 2),
        ("maxpool", {"size": 2, "stride": 2}),
        ("maxpool", {"size": 2, "stride": 1}),
        ("convolutional", {"filters": 4, "size": 3, "padding": 1, "activation": "linear"}),
        ("shortcut", {"from": -2, "activation": "leaky"}),
        *conv(255, 1, plain=True),
        *yolo("8, 0,1"),
    ]
    settings = read(tmp_path, sections)
    first, halved, same, own, summed, _, boxes = settings.layers
    assert isinstance(first, Convolution)
    assert (first.sources, first.shape, first.padding, first.normalised) == (
        (-1,),
        (4, 15, 15),
        1,
        True,
    )
    assert first.numbers == 4 * 4 + 4 * 3 * 9
    assert isinstance(halved, MaxPool)
    assert (halved.shape, same.shape) == ((4, 8, 8), (4, 8, 8))  # a row and a column are padded
    assert isinstance(own, Convolution)
    assert (own.padding, own.normalised, own.numbers) == (1, False, 4 + 4 * 4 * 9)
    assert isinstance(summed, Shortcut)
    assert (summed.sources, summed.activation) == ((3, 2), "leaky")
    assert isinstance(boxes, Boxes)
    assert boxes.anchors == ((90, 100), (4, 5), (8, 6))


@pytest.mark.parametrize(
    ("sections", "said"),
    [
        ("", r"it does not begin with \[net\]"),
        ("width=3\n", r"line 1: 'width=3' is neither a \[section\] nor key=value in one"),
        ("[net]\nwidth=32\n", r"line 1: \[net\] has no height"),
        (net(32), r"it has no \[yolo\] section"),
        ([*net(32), ("net", {})], r"line 9: \[net\] is not known here; known are \[convol"),
        ([*net(32), *yolo("0")], r"layer before gives 3 channels; expected 85 for 1 boxes of 80"),
        ([*net(32), *conv(3, 3), ("shortcut", {"from": -2})], "from names layer -2, which is none"),
        ([*net(32), *conv(3, 3), *conv(4, 3), ("shortcut", {"from": -2})], r"gives \(3, 32, 32\)"),
        ([*net(30), *conv(3, 3), *conv(3, 3, 4), ("route", {"layers": "-1,-2"})],
         "multiples of 32"),
        ([*net(32), ("route", {"layers": ""})], "layers names none"),
        ([*net(32), ("convolutional", {"filters": 2, "activation": "mish"})], "activation 'mish'"),
        ([*net(32), *[("convolutional", {"groups": 2, "activation": "leaky"})]], "'groups' of"),
        ([*net(32), ("upsample", {"stride": 10**9})], "whole number"),
        ([*net(32), ("upsample", {"stride": 10**6})], "more than the 1073741824"),
        ([*net(32), ("maxpool", {"size": 900})], "a window of 900 with a border of 449"),
        ([*net(32), *conv(255, 1), *yolo("0,1,9")], r"mask is \[0, 1, 9\], but there are 9"),
        ([*net(32), *conv(255, 1), *yolo("0,1,2", "1,2,3,4,nan,6")], "no number of pixels above 0"),
        ([*net(32), *conv(255, 1), *yolo("0,1,2", "1,2,3")], "are 3 numbers; expected pairs"),
        ([*net(32), *conv(255, 1), *yolo("0,1,2"), *conv(3, 3)], "takes in boxes of"),
        ([("net", {"width": 10**6, "height": 10**6})], "more than the limit"),
        ([("net", {"width": 32, "height": 32, "channels": 1})], "pictures of three colours"),
    ],
)  # fmt: skip
def test_what_is_refused(tmp_path: Path, sections: Sections | str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read(tmp_path, sections)
