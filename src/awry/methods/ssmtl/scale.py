"""Settings that follow from the footage: how large its objects are, how often it was filmed."""

from __future__ import annotations

from typing import Any

from awry.methods.ssmtl.config import SSMTLConfig
from awry.methods.ssmtl.teachers import detector_options
from awry.progress import Reporter
from awry.training.footage import Footage
from awry.training.scale import FootageScale, measure_scale, scale_with_tiles, seen_in
from awry.video.pictures import working_size

LEAST_CROP, MOST_CROP = 32, 64
"""Sides of crops in pixels."""
SMALL_OBJECT = 40.0
"""Objects shorter than this, in pixels of the frame, are of low resolution, as on UCSD."""


def by_scale(
    config: SSMTLConfig, footage: Footage, reporter: Reporter
) -> tuple[dict[str, Any], list[str]]:
    """What the settings leave to the footage's scale, and sentences that say what was chosen.

    Args:
        config: `grey` settled.
        footage: normal.
        reporter: shows progress.

    Raises:
        FootageError, MissingError, ConfigError, InputError: as `scale_with_tiles`.
    """
    given = (config.tiles, config.side, config.distillation_weight)
    if None not in given and config.stride and config.filter_frames:
        return {}, []
    scale, tiles = _measured(config, footage, reporter)
    settled = _settled(config, scale, tiles)
    return settled, [f"{scale.words()}. {_reasons(config, scale, settled)}"]


def _measured(
    config: SSMTLConfig, footage: Footage, reporter: Reporter
) -> tuple[FootageScale, tuple[int, int]]:
    size, grey = working_size(footage.frame_size(), config.height), bool(config.grey)
    if config.level == "frame":
        side = (config.frame_side, config.frame_side)
        return measure_scale(footage, None, reporter, size=side, grey=grey), (1, 1)
    what, options = config.detector, detector_options(config)
    return scale_with_tiles(
        footage, what, options, reporter, size=size, grey=grey, tiles=config.tiles
    )


def _settled(config: SSMTLConfig, scale: FootageScale, tiles: tuple[int, int]) -> dict[str, Any]:
    settled: dict[str, Any] = {}
    if config.tiles is None:
        settled["tiles"] = tiles
    if config.side is None:
        height = working_size(scale.frame_size, config.height)[0]
        settled["side"] = crop_side(scale.side_at(height), 2**config.pools)
    if config.distillation_weight is None:
        small = scale.object_side is not None and scale.object_side < SMALL_OBJECT
        settled["distillation_weight"] = 0.5 if small else 0.2
    if not config.stride:
        settled["stride"] = scale.stride(config.span_s, 2 * config.t)
    if not config.filter_frames:
        centred = not config.filter_causal
        frames = scale.odd_frames if centred else scale.frames
        settled["filter_frames"] = frames(config.filter_s)
    return settled


def _reasons(config: SSMTLConfig, scale: FootageScale, settled: dict[str, Any]) -> str:
    """What was chosen, in words."""
    words = []
    if "tiles" in settled and config.level != "frame":
        words.append(f"the detector sees {seen_in(settled['tiles'])}")
    if "side" in settled and config.level != "frame":
        words.append(f"crops are {settled['side']} pixels wide")
    if "stride" in settled:
        count, every = 2 * config.t + 1, settled["stride"]
        span = 2 * config.t * every / scale.fps
        what = "consecutive frames" if every == 1 else f"frames, {every} apart,"
        words.append(f"a sequence is {count} {what} over {span:.2g} s")
    if "filter_frames" in settled:
        words.append(f"maps are averaged over {settled['filter_frames']} frames")
    return f"So {', '.join(words)}." if words else ""


def crop_side(side: float | None, step: int = 8) -> int:
    """Side of the crops: half of the objects' longer side at working size, within bounds.

    Args:
        side: in pixels; None: unknown.
        step: poolings halve multiples of it to whole numbers; at most `LEAST_CROP`.

    >>> crop_side(29), crop_side(86), crop_side(200), crop_side(None)
    (32, 40, 64, 32)
    """
    wanted = 0 if side is None else step * round(side / 2 / step)
    return min(max(wanted, LEAST_CROP), MOST_CROP)
