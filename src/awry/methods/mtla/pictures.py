"""MTLA's answers as pictures for people, as in Figs. 5 to 10."""

from __future__ import annotations

import colorsys
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.samples import Sample
from awry.video.overlay import heat_colours
from awry.video.pictures import coloured

Floats = NDArray[np.float32]
Picture = NDArray[np.uint8]

BACKGROUND_COLOUR, OTHER_COLOUR = (0, 0, 0), (200, 200, 200)
GOLDEN = 0.6180339887
"""Neighbouring classes differ by this share of the colour circle, so that no two look alike."""
LEAST_FLOW = 0.5
"""Pixels a frame that are full heat at least: a still frame is not to look as if it moved."""


@dataclass(frozen=True, slots=True)
class Compared:
    """What a branch says of one frame.

    Attributes:
        student, teacher: float32 (channels, h, w): class probabilities, or the colours of a frame
            in [0, 1], or one channel of flow magnitude in pixels a frame.
        error: float32 (h, w), where they differ, see `awry.methods.mtla.training.differences`; as
            it counts, 0 in ignored regions.
    """

    student: Floats
    teacher: Floats
    error: Floats


def drawn(
    sample: Sample, compared: Mapping[str, Compared], config: MTLAConfig
) -> dict[str, Picture]:
    """A frame, what students and teachers say of it, and their errors.

    Args:
        sample: the frame with what the teachers say.
        compared: by branch, those that there are.
        config: with `classes` settled.

    Returns:
        uint8 RGB (h, w, 3) pictures by name: `frame`; of the appearance branch `predicted
        segmentation` and `teacher segmentation` (each class in its own colour by its probability,
        background black, other classes light grey), or of predicted frames `predicted frame` and
        `frame difference` (of each colour), and `appearance error` (full heat where the class is
        wholly wrong, or the frame's largest error); of the motion branch `predicted flow`,
        `teacher flow` and `motion error`, all on one scale, the frame's largest of the three.
    """
    shown = {"frame": coloured(sample.pictures[-1].transpose(1, 2, 0))}
    if (appearance := compared.get("appearance")) is not None:
        shown |= (
            _frames(appearance) if config.appearance == "frame" else _classes(appearance, config)
        )
    if (motion := compared.get("motion")) is not None:
        maps = {
            "predicted flow": motion.student[0],
            "teacher flow": motion.teacher[0],
            "motion error": motion.error,
        }
        full = max(LEAST_FLOW, *(float(values.max()) for values in maps.values()))
        shown |= {name: heat_colours(values / full) for name, values in maps.items()}
    return shown


def _frames(compared: Compared) -> dict[str, Picture]:
    full = max(float(compared.error.max()), 1 / 255)
    return {
        "predicted frame": _frame(compared.student),
        "frame difference": _frame(np.abs(np.clip(compared.student, 0, 1) - compared.teacher)),
        "appearance error": heat_colours(compared.error / full),
    }


def _classes(compared: Compared, config: MTLAConfig) -> dict[str, Picture]:
    colours = palette(config.classes or ())
    return {
        "predicted segmentation": _mixed(compared.student, colours),
        "teacher segmentation": _mixed(compared.teacher, colours),
        "appearance error": heat_colours(compared.error),
    }


def palette(classes: tuple[int, ...]) -> NDArray[np.float32]:
    """The colour of each channel of a class map, RGB 0-255, (channels, 3).

    A class has the same colour in every picture of every detector.

    Args:
        classes: COCO's, of the channels between background and other.
    """
    hues = (colorsys.hsv_to_rgb(number * GOLDEN % 1, 0.75, 1.0) for number in classes)
    known = [tuple(255 * value for value in colour) for colour in hues]
    return np.array([BACKGROUND_COLOUR, *known, OTHER_COLOUR], np.float32)


def _mixed(chances: Floats, colours: NDArray[np.float32]) -> Picture:
    """Class probabilities (channels, h, w) as the mean of their colours."""
    mean = np.tensordot(chances, colours, (0, 0))
    return np.clip(mean + 0.5, 0, 255).astype(np.uint8)


def _frame(values: Floats) -> Picture:
    """(c, h, w) in [0, 1] as a picture."""
    steps = (np.clip(values, 0, 1) * 255 + 0.5).astype(np.uint8)
    return coloured(steps.transpose(1, 2, 0))
