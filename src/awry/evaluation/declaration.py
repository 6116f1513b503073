"""What a scorer declares of time, as it is recorded beside its figures."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from awry.scoring.smoothing import REACH

if TYPE_CHECKING:  # measuring plain files loads no method
    from awry.methods.base import Scorer

UNKNOWN = "unknown"
SIGMA = 8.0
"""Of the protocol's own smoothing, in frames."""
WINDOW = 200
"""Of the normalisation `window_ahead`, in frames: the DAML paper's code on ShanghaiTech."""
VARIANTS: dict[str, str] = {
    "none": "normalisation none, smoothing none",
    "offline": "normalisation none, smoothing offline (Gaussian, sigma 8 frames, edges replicated)",
    "causal": "normalisation none, smoothing causal (half-Gaussian, sigma 8 frames, first score "
    "replicated)",
    "clip": "normalisation clip (per-clip min-max, looks ahead), smoothing none",
    "clip_unscored_dropped": "normalisation clip (per-clip min-max, looks ahead), smoothing none, "
    "unscored frames left out of the count (convention of the DAML paper)",
    "unscored_dropped": "normalisation none, smoothing none, unscored frames left out of the count "
    "(convention of the DAML paper's code on Avenue)",
    "window_ahead_unscored_dropped": f"normalisation window_ahead (min-max over {WINDOW} frames, "
    "the frame and those after it), smoothing none, unscored frames left out of the count "
    "(convention of the DAML paper's code on ShanghaiTech)",
    "train": "normalisation train (location and scale of the scene's calibration footage, "
    "or of training frames where nothing was held back for it), smoothing none",
}
FILTER_WINDOW, FILTER_ORDER = 31, 3
"""Of the Savitzky-Golay filter of published tables, in frames, and of its polynomial."""
PUBLISHED_VARIANTS: dict[str, str] = {
    "savgol": f"normalisation none, smoothing savgol (Savitzky-Golay of order {FILTER_ORDER} over "
    f"{FILTER_WINDOW} frames, edges replicated)",
}
"""Protocols of published tables alone, beside `VARIANTS`."""


def declared(scorer: Scorer) -> dict[str, Any]:
    """What a scorer says of itself, for `settings`.

    Returns:
        `smoothing_inside`, in words; `lookahead_frames` and `lookahead_s`, how much of the future
        a score sees (seconds None where the rate of the frames that it takes is unknown);
        `warmup_frames`; `causal`.
    """
    fps = scorer.setting.fps
    return {
        "smoothing_inside": scorer.smoothing,
        "lookahead_frames": scorer.lookahead,
        "lookahead_s": scorer.lookahead / fps if fps else (None if scorer.lookahead else 0.0),
        "warmup_frames": scorer.warmup,
        "causal": scorer.causal,
    }


def time_notes(about: Mapping[str, Any]) -> list[str]:
    """What `declared` gave, in sentences; none where nothing is smoothed nor seen ahead."""
    notes = []
    if about["smoothing_inside"] != "none":
        notes.append(f"Smoothed inside the scorer: {about['smoothing_inside']}.")
    if about["lookahead_frames"]:
        seen = future_seen(["none"], about, [])["none"]
        notes.append(f"A score sees {seen} of the future.")
    return notes


def smoothing_words(inside: str) -> str:
    """`settings.smoothing`: what ran inside the scorer; nothing is smoothed afterwards."""
    return "none" if inside == "none" else f"inside the scorer: {inside}; afterwards: none"


def variant_words(name: str, inside: str) -> str:
    """How a row's scores were normalised and smoothed, the scorer's own filters included.

    >>> variant_words("none", "mean over 5 frames")
    'normalisation none, smoothing inside the scorer (mean over 5 frames), afterwards none'
    """
    words = VARIANTS[name]
    if inside == "none":
        return words
    return words.replace("smoothing ", f"smoothing inside the scorer ({inside}), afterwards ", 1)


def future_seen(
    rows: Iterable[str], settings: Mapping[str, Any], fps: Iterable[float | None]
) -> dict[str, str]:
    """How much of the future each row's scores saw, in words.

    Args:
        rows: `none` for the scores as they are, and names of variants.
        settings: with what `declared` gave; without it nothing is known.
        fps: of the clips; the lowest known one turns frames into seconds.
    """
    if settings.get("transductive"):
        return dict.fromkeys(rows, "all of it: it learned from these frames")
    frames, seconds = settings.get("lookahead_frames"), settings.get("lookahead_s")
    if frames is None:
        return dict.fromkeys(rows, UNKNOWN)
    rates = list(fps)
    rate = min((value for value in rates if value), default=None) if all(rates) else None
    seen = {}
    for name in rows:
        if name.startswith("clip"):
            seen[name] = "the whole clip"
            continue
        more = math.ceil(REACH * SIGMA) if name == "offline" else 0
        if name.startswith("window_ahead"):
            more = WINDOW - 1
        known = seconds is not None and (rate is not None or not more)
        length = f"{seconds + (more / rate if more else 0):.3g} s" if known else None  # type: ignore[operator]
        seen[name] = _in_words(frames + more, length)
    return seen


def _in_words(frames: int, length: str | None) -> str:
    if not frames:
        return "none"
    return length or f"{frames} frame{'' if frames == 1 else 's'}"
