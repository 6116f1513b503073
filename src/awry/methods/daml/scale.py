"""Settings that follow from the footage: how large its objects are, how often it was filmed."""

from __future__ import annotations

from typing import Any

from awry.methods.daml.config import DAMLConfig
from awry.progress import Reporter
from awry.training.footage import Footage
from awry.training.scale import FootageScale, measure_scale

HEIGHT, MOST_HEIGHT = 128, 256
LEAST_CELLS = 2.0
"""Positions of the code that a typical object should cover along its longer side."""
BOX = 2.2
"""Side of the box that errors are averaged over, in typical objects: 9 positions on UCSD Ped2."""
USUAL_BOX = 9
STEP_SECONDS = 0.1
"""Between two frames that are kept."""
AHEAD_SECONDS = 1.2


def by_scale(
    config: DAMLConfig, footage: Footage, reporter: Reporter
) -> tuple[dict[str, Any], list[str]]:
    """What the settings leave to the footage's scale, and sentences that say what was chosen.

    Args:
        config: `grey` settled.
        footage: normal.
        reporter: shows progress.

    Raises:
        FootageError: as `measure_scale`.
    """
    if config.height and config.subsample and config.ahead and config.box:
        return {}, []
    height = config.height or HEIGHT
    size = (height, config.width or width_at(height, footage.frame_size(), config.factor))
    scale = measure_scale(footage, None, reporter, size=size, grey=bool(config.grey))
    settled = settled_by(config, scale)
    return settled, [f"{scale.words()}. {_reasons(config, scale, settled)}"]


def width_at(height: int, frame_size: tuple[int, int], factor: int) -> int:
    """Width of frames (H, W) at a height, a multiple of the pixels to a position of the code."""
    return max(1, round(height * frame_size[1] / frame_size[0] / factor)) * factor


def settled_by(config: DAMLConfig, scale: FootageScale) -> dict[str, Any]:
    """The settings that were left to the footage."""
    least = LEAST_CELLS * config.factor
    height = config.height or scale.height_for(least, HEIGHT, MOST_HEIGHT)
    height = -(-height // config.factor) * config.factor
    subsample = config.subsample or scale.frames(STEP_SECONDS)
    ahead = config.ahead or max(1, round(AHEAD_SECONDS * scale.fps / subsample))
    settled = {"height": height, "subsample": subsample, "ahead": ahead}
    settled["box"] = config.box or _box(config, scale, height)
    window = (config.inputs - 1) * config.input_stride + 1 + ahead
    return {**settled, "run_length": max(config.run_length, window)}


def _box(config: DAMLConfig, scale: FootageScale, height: int) -> int:
    """Odd, so that it has a middle, and at most half the code's height."""
    side = scale.side_at(height)
    cells = USUAL_BOX if side is None else BOX * side / config.factor
    most = height / config.factor / 2 - 0.5
    return max(0, round((min(cells, most) - 1) / 2)) * 2 + 1


def _reasons(config: DAMLConfig, scale: FootageScale, settled: dict[str, Any]) -> str:
    """What was chosen, in words."""
    every = settled["subsample"]
    kept = "every frame" if every == 1 else f"frames {every} apart"
    span = (config.inputs - 1) * config.input_stride * every / scale.fps
    return (
        f"So pictures are {settled['height']} pixels high, a prediction is made from "
        f"{config.inputs} codes of {kept} ({span:.2g} s), "
        f"{settled['ahead'] * every / scale.fps:.2g} s ahead, and errors are averaged over boxes "
        f"of {settled['box']} positions of the code."
    )
