"""Darknet's `.cfg`: sections in the order of the layers, each with `key=value` lines."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from awry.errors import ConfigError
from awry.foreign import Position, quoted, read_text, reading
from awry.video.limits import check_pixels

PICTURE = -1
"""Stands for the network's input among a layer's sources."""
ACTIVATIONS = ("linear", "leaky")
MOST_LAYERS = 1000
MOST_VALUES = 2**30
"""Of what all layers give together, four gigabytes in float32."""
_WHOLE = re.compile(r"[+-]?[0-9]{1,9}")

Shape = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Layer:
    """One section but the first.

    Attributes:
        sources: numbers of the layers whose outputs it takes, or `PICTURE`.
        shape: (channels, height, width) of what it gives.
    """

    sources: tuple[int, ...]
    shape: Shape


@dataclass(frozen=True, slots=True)
class Convolution(Layer):
    """`[convolutional]`: square kernels, then batch normalisation or a bias, then an activation."""

    inputs: int
    size: int
    stride: int
    padding: int
    normalised: bool
    activation: str

    @property
    def kernel(self) -> tuple[int, int, int, int]:
        """The weights' shape: (filters, inputs, size, size)."""
        return self.shape[0], self.inputs, self.size, self.size

    @property
    def numbers(self) -> int:
        """How many the weights file holds for it."""
        return self.shape[0] * (4 if self.normalised else 1) + math.prod(self.kernel)


@dataclass(frozen=True, slots=True)
class MaxPool(Layer):
    """`[maxpool]`, with so many rows and columns of padding in all."""

    size: int
    stride: int
    padding: int


@dataclass(frozen=True, slots=True)
class Shortcut(Layer):
    """`[shortcut]`: the sum of two layers."""

    activation: str


@dataclass(frozen=True, slots=True)
class Route(Layer):
    """`[route]`: the channels of several layers, one behind the other."""


@dataclass(frozen=True, slots=True)
class Upsample(Layer):
    """`[upsample]`: each value repeated over a square of stride x stride."""

    stride: int


@dataclass(frozen=True, slots=True)
class Boxes(Layer):
    """`[yolo]`: boxes of one scale, by anchors in pixels of the input (width, height)."""

    anchors: tuple[tuple[float, float], ...]
    classes: int


@dataclass(frozen=True, slots=True)
class Settings:
    """A network as its `.cfg` describes it.

    Attributes:
        height, width: of the input in pixels, three channels.
        layers: in order.
    """

    height: int
    width: int
    layers: tuple[Layer, ...]

    @property
    def convolutions(self) -> tuple[Convolution, ...]:
        """The layers that have weights, in the order in which the file holds them."""
        return tuple(layer for layer in self.layers if isinstance(layer, Convolution))

    @property
    def numbers(self) -> int:
        """Float32 numbers in the weights file."""
        return sum(layer.numbers for layer in self.convolutions)


class _Section:
    """One section's values; what nobody asked for is refused at the end."""

    def __init__(self, kind: str, line: int) -> None:
        self.kind, self.line = kind, line
        self.values: dict[str, str] = {}
        self._asked: set[str] = set()

    def text(self, key: str, default: str | None = None) -> str:
        self._asked.add(key)
        if key not in self.values and default is None:
            raise ValueError(f"[{self.kind}] has no {key}")
        return self.values.get(key, default or "")

    def number(self, key: str, default: int | None = None, lowest: int = 1) -> int:
        text = self.text(key, None if default is None else str(default))
        value = _whole(text, key)
        if value < lowest:
            raise ValueError(f"{key} is {value}; expected {lowest} or more")
        return value

    def list(self, key: str) -> list[str]:
        return [part.strip() for part in self.text(key).split(",") if part.strip()]

    def finish(self, *harmless: str) -> None:
        """Refuse settings that would change what the network gives."""
        for key in self.values:
            if key not in self._asked and key not in harmless:
                raise ValueError(f"the setting '{quoted(key)}' of [{self.kind}] is not understood")


def _whole(text: str, key: str) -> int:
    if not _WHOLE.fullmatch(text):
        raise ValueError(f"{key} is '{quoted(text)}'; expected a whole number")
    return int(text)


def read_settings(file: Path) -> Settings:
    """Read a `.cfg` of YOLOv3 or its like.

    Raises:
        ConfigError: it cannot be read, or has layers or settings that awry does not know; names
            the line.
    """
    with reading(file, "a Darknet network's settings", ConfigError) as place:
        sections = list(_sections(read_text(file), place))
        place.line = None
        if not sections or sections[0].kind not in ("net", "network"):
            raise ValueError("it does not begin with [net], as Darknet's .cfg files do")
        if len(sections) > MOST_LAYERS:
            raise ValueError(f"it has {len(sections)} sections; expected {MOST_LAYERS} at most")
        place.line = sections[0].line
        height, width = sections[0].number("height"), sections[0].number("width")
        check_pixels(width, height, file.name, ConfigError)
        if sections[0].number("channels", 3) != 3:
            raise ValueError("the network does not take pictures of three colours")
        reader = _Reader((3, height, width))
        for section in sections[1:]:
            place.line = section.line
            reader.add(section)
        place.line = None
        if not any(isinstance(layer, Boxes) for layer in reader.layers):
            raise ValueError("it has no [yolo] section, so that it finds no boxes")
        return Settings(height, width, tuple(reader.layers))


def _sections(text: str, place: Position) -> Iterator[_Section]:
    section: _Section | None = None
    for number, raw in enumerate(text.split("\n"), 1):
        place.line = number
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            if section is not None:
                yield section
            section = _Section(line.strip("[] \t").lower(), number)
            continue
        key, sign, value = line.partition("=")
        if not sign or section is None:
            raise ValueError(f"'{quoted(line)}' is neither a [section] nor key=value in one")
        section.values.setdefault(key.strip(), value.strip())
    if section is not None:
        yield section


class _Reader:
    """Turns sections into layers, with the shape of what each gives."""

    def __init__(self, picture: Shape) -> None:
        self.layers: list[Layer] = []
        self._picture = picture
        self._values = 0

    def add(self, section: _Section) -> None:
        """Add a section's layer."""
        if section.kind not in _KINDS:
            known = ", ".join(f"[{kind}]" for kind in _KINDS)
            raise ValueError(f"[{quoted(section.kind)}] is not known here; known are {known}")
        layer = _KINDS[section.kind](self, section)
        if any(
            place != PICTURE and isinstance(self.layers[place], Boxes) for place in layer.sources
        ):
            raise ValueError(f"layer {len(self.layers)} takes in boxes of a [yolo] section")
        self._values += math.prod(layer.shape)
        if min(layer.shape) < 1 or self._values > MOST_VALUES:
            sizes = " x ".join(map(str, layer.shape))
            raise ValueError(
                f"layer {len(self.layers)} would give {sizes} values: none, or more than the "
                f"{MOST_VALUES} that a network may hold"
            )
        self.layers.append(layer)

    @property
    def _last(self) -> tuple[tuple[int, ...], Shape]:
        """The layer before as the only source, and its shape."""
        place = len(self.layers) - 1
        return (place,), self._shape(place)

    def _shape(self, place: int) -> Shape:
        return self._picture if place == PICTURE else self.layers[place].shape

    def _place(self, text: str, key: str) -> int:
        """The layer that a number means: from the first on, or back from this one."""
        number = _whole(text, key)
        place = number if number >= 0 else len(self.layers) + number
        if not 0 <= place < len(self.layers):
            raise ValueError(f"{key} names layer {number}, which is none before this one")
        return place

    def convolution(self, section: _Section) -> Convolution:
        sources, (channels, height, width) = self._last
        size, stride = section.number("size", 1), section.number("stride", 1)
        padding = section.number("padding", 0, lowest=0)
        if section.number("pad", 0, lowest=0):
            padding = size // 2
        filters = section.number("filters", 1)
        _check_window(size, padding, height, width)
        normalised = section.number("batch_normalize", 0, lowest=0) > 0
        activation = _activation(section, "logistic")
        section.finish("stopbackward")
        rows, columns = ((side + 2 * padding - size) // stride + 1 for side in (height, width))
        shape = (filters, rows, columns)
        return Convolution(sources, shape, channels, size, stride, padding, normalised, activation)

    def maxpool(self, section: _Section) -> MaxPool:
        sources, (channels, height, width) = self._last
        stride = section.number("stride", 1)
        size = section.number("size", stride)
        padding = section.number("padding", size - 1, lowest=0)
        _check_window(size, padding // 2, height, width)
        section.finish()
        rows, columns = ((side + padding - size) // stride + 1 for side in (height, width))
        return MaxPool(sources, (channels, rows, columns), size, stride, padding)

    def shortcut(self, section: _Section) -> Shortcut:
        (before,), shape = self._last
        source = self._place(section.text("from"), "from")
        activation = _activation(section, "linear")
        section.finish()
        if self._shape(source) != shape:
            raise ValueError(f"layer {source} gives {self._shape(source)}, the one before {shape}")
        return Shortcut((before, source), shape, activation)

    def route(self, section: _Section) -> Route:
        sources = tuple(self._place(text, "layers") for text in section.list("layers"))
        section.finish()
        if not sources:
            raise ValueError("layers names none")
        shapes = [self._shape(source) for source in sources]
        if len({shape[1:] for shape in shapes}) > 1:
            raise ValueError(
                f"layers {sources} give {shapes}, whose height and width differ; the input's sides "
                "should be multiples of 32"
            )
        return Route(sources, (sum(shape[0] for shape in shapes), *shapes[0][1:]))

    def upsample(self, section: _Section) -> Upsample:
        sources, (channels, height, width) = self._last
        stride = section.number("stride", 2)
        section.finish()
        return Upsample(sources, (channels, height * stride, width * stride), stride)

    def boxes(self, section: _Section) -> Boxes:
        sources, shape = self._last
        classes = section.number("classes", 20)
        sides = [float(text) for text in section.list("anchors")]
        if len(sides) % 2:
            raise ValueError(f"anchors are {len(sides)} numbers; expected pairs")
        anchors = list(zip(sides[::2], sides[1::2], strict=True))
        if not all(0 < side < MOST_VALUES for side in sides):
            raise ValueError("an anchor's side is no number of pixels above 0")
        if section.number("num", len(anchors)) != len(anchors):
            raise ValueError(f"num is {section.text('num')}, but there are {len(anchors)} anchors")
        mask = [_whole(text, "mask") for text in section.list("mask")]
        if not mask or not all(0 <= number < len(anchors) for number in mask):
            raise ValueError(f"mask is {mask}, but there are {len(anchors)} anchors")
        section.finish(*_OF_TRAINING)
        if shape[0] != len(mask) * (classes + 5):
            raise ValueError(
                f"the layer before gives {shape[0]} channels; expected {len(mask) * (classes + 5)} "
                f"for {len(mask)} boxes of {classes} classes"
            )
        return Boxes(sources, shape, tuple(anchors[number] for number in mask), classes)


_OF_TRAINING = ("jitter", "ignore_thresh", "truth_thresh", "thresh", "random", "max")
_KINDS: Mapping[str, Callable[[_Reader, _Section], Layer]] = {
    "convolutional": _Reader.convolution,
    "maxpool": _Reader.maxpool,
    "shortcut": _Reader.shortcut,
    "route": _Reader.route,
    "upsample": _Reader.upsample,
    "yolo": _Reader.boxes,
}


def _check_window(size: int, border: int, height: int, width: int) -> None:
    """Windows that lie in the border alone see nothing, and cost memory."""
    if border >= size or size > 2 * max(height, width) + 1:
        raise ValueError(
            f"a window of {size} with a border of {border} does not fit {width} x {height} places"
        )


def _activation(section: _Section, default: str) -> str:
    name = section.text("activation", default)
    if name not in ACTIVATIONS:
        known = " and ".join(ACTIVATIONS)
        raise ValueError(f"the activation '{quoted(name)}' is not known here; known are {known}")
    return name
