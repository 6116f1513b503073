"""Settings that follow from the footage: how large its objects are, how often it was filmed."""

from __future__ import annotations

from typing import Any

from awry.methods.mtla.config import MTLAConfig
from awry.methods.mtla.teachers import detector_options
from awry.progress import Reporter
from awry.training.footage import Footage
from awry.training.scale import FootageScale, measure_scale, scale_with_tiles, seen_in
from awry.video.pictures import working_size

HEIGHT, MOST_HEIGHT = 128, 256
LEAST_SIDE = 12.0
"""Pixels of the networks' pictures that a typical object should have along its longer side."""
STEP_SECONDS = 0.1
"""Between two frames of a sample: slower motion would drown in the flow's own noise."""


def by_scale(
    config: MTLAConfig, footage: Footage, reporter: Reporter
) -> tuple[dict[str, Any], list[str]]:
    """What the settings leave to the footage's scale, and sentences that say what was chosen.

    Args:
        config: `grey` settled.
        footage: normal.
        reporter: shows progress.

    Raises:
        FootageError, MissingError, ConfigError, InputError: as `scale_with_tiles`.
    """
    if config.height and config.stride and config.filter_frames and config.tiles is not None:
        return {}, []
    scale, tiles = _measured(config, footage, reporter)
    settled = settled_by(config, scale, tiles)
    return settled, [f"{scale.words()}. {_reasons(scale, settled)}"]


def _measured(
    config: MTLAConfig, footage: Footage, reporter: Reporter
) -> tuple[FootageScale, tuple[int, int]]:
    size, grey = working_size(footage.frame_size(), config.picture_height), bool(config.grey)
    if not config.segments:
        return measure_scale(footage, None, reporter, size=size, grey=grey), (1, 1)
    what, options = config.detector, detector_options(config)
    return scale_with_tiles(
        footage, what, options, reporter, size=size, grey=grey, tiles=config.tiles
    )


def settled_by(config: MTLAConfig, scale: FootageScale, tiles: tuple[int, int]) -> dict[str, Any]:
    """The settings that were left to the footage."""
    joined = scale.frames if config.filter_causal else scale.odd_frames
    return {
        "height": config.height or scale.height_for(LEAST_SIDE, HEIGHT, MOST_HEIGHT),
        "stride": config.stride or scale.frames(STEP_SECONDS),
        "filter_frames": config.filter_frames or joined(config.filter_s),
        "tiles": tiles if config.tiles is None else config.tiles,
    }


def _reasons(scale: FootageScale, settled: dict[str, Any]) -> str:
    """What was chosen, in words."""
    return (
        f"So the detector sees {seen_in(settled['tiles'])}, the "
        f"networks' pictures are {settled['height']} pixels high, flow is measured between frames "
        f"{settled['stride'] / scale.fps:.2g} s apart, and error maps are averaged over "
        f"{settled['filter_frames']} frames."
    )
